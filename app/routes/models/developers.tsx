import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { changesForCallers, signatureOf } from '#app/commands/signatures.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { exampleRow } from '#app/domain/openapi.ts'
import { paths } from '#app/paths.ts'
import { endpointOf } from '#app/server/endpoint-page.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Code, CodeBlock, Definitions, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import { Time } from '#app/ui/time.tsx'
import { getModelVersion } from '#db/queries/models.ts'
import { listSeats } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'For developers · Throughline' }]

/** Revisions in the list of changes; each that brought another version is compared with the one before it. */
const CHANGES_MAX = 10

export const loader = engagementLoader(async ({ tx, engagementId, params, portal, actor, now, standing }) => {
  const { blobs, publicOrigin } = portal.deps
  const { endpoint, revisions, version } = await endpointOf(tx, engagementId, params['endpointId'])
  const served = revisions.filter(({ liveFrom }) => liveFrom !== null)
  const versions = new Map<string, Awaited<ReturnType<typeof getModelVersion>>>()
  for (const { modelVersionId } of served.slice(0, CHANGES_MAX + 1))
    if (!versions.has(modelVersionId))
      versions.set(modelVersionId, await getModelVersion(tx, engagementId, modelVersionId))
  const changes = []
  for (const [index, one] of served.slice(0, CHANGES_MAX).entries()) {
    const before = versions.get(served[index + 1]?.modelVersionId ?? '')
    const after = versions.get(one.modelVersionId)
    changes.push({
      revision: one.revision,
      liveFrom: one.liveFrom,
      byName: one.requestedByName,
      isFirst: before === undefined,
      changes: before && after ? await changesForCallers(blobs, engagementId, { before, after }) : [],
    })
  }
  return {
    engagementId,
    endpoint,
    now,
    zone: actor.timeZone,
    origin: publicOrigin,
    isOurs: isTeam(standing),
    signature: version === null ? null : await signatureOf(blobs, engagementId, version),
    changes,
    owner: (await listSeats(tx, engagementId)).find((seat) => seat.function === 'engagement_lead')?.personName ?? null,
  }
})

/** A command for a shell that sends this JSON. */
function curl(url: string, json: string): string {
  return `curl ${url} \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '${json.replaceAll("'", "'\\''")}'`
}

export default function Developers() {
  const { engagementId, endpoint, now, zone, origin, isOurs, signature, changes, owner } =
    useLoaderData<typeof loader>()
  const address = `${origin}/endpoints/${endpoint.slug}`
  const url = `${address}/predict`
  const row = signature === null ? {} : exampleRow(signature)
  const json = JSON.stringify(row)
  const split = JSON.stringify({ dataframe_split: { columns: Object.keys(row), data: [Object.values(row)] } })
  const pretty = JSON.stringify(row, null, 2)
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
        ]}
        title={`Use ${endpoint.modelName} in your program`}
        verdict="Send a row as JSON, get its answer as JSON."
        action={<LinkButton to={paths.answers(engagementId, endpoint.id)}>Try it here</LinkButton>}
      />
      {signature === null ? (
        <EmptyState title="Nothing answers here">No revision is live at this address.</EmptyState>
      ) : (
        <>
          <Section title="Call it">
            <CodeBlock label="curl">{curl(url, json)}</CodeBlock>
            <CodeBlock label="JavaScript">{`const response = await fetch(${JSON.stringify(url)}, {\n  method: 'POST',\n  headers: { authorization: \`Bearer \${process.env.TOKEN}\`, 'content-type': 'application/json' },\n  body: JSON.stringify(${pretty.replaceAll('\n', '\n  ')}),\n})\nif (!response.ok) throw new Error((await response.json()).message)\nconst { prediction } = await response.json()`}</CodeBlock>
            <CodeBlock label="Python">{`import json, os, urllib.request\n\nrow = ${pretty}\nrequest = urllib.request.Request(\n    ${JSON.stringify(url)},\n    data=json.dumps(row).encode(),\n    headers={"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"},\n)\nprediction = json.load(urllib.request.urlopen(request))["prediction"]`}</CodeBlock>
          </Section>
          <Section title="What it takes">
            <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Fields">
              <table className="w-full text-left text-sm">
                <thead>
                  <tr>
                    {['Field', 'Kind', 'Needed', 'Usual values'].map((head) => (
                      <th key={head} className="border-b border-line-strong px-2 py-1">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {signature.inputs.map((input) => (
                    <tr key={input.name}>
                      <th scope="row" className="border-b border-line px-2 py-1 font-normal">
                        <span className="whitespace-nowrap">
                          <Code>{input.name}</Code>
                        </span>
                      </th>
                      <td className="border-b border-line px-2 py-1">{input.type === 'double' ? 'number' : 'text'}</td>
                      <td className="border-b border-line px-2 py-1">{input.required ? 'yes' : 'no'}</td>
                      <td className="border-b border-line px-2 py-1 text-muted">
                        {input.min !== undefined && input.max !== undefined
                          ? `${formatNumber(input.min)} to ${formatNumber(input.max)}`
                          : (input.allowed ?? []).slice(0, 5).join(', ')}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </Section>
          <Section title="What comes back">
            <Definitions
              rows={[
                { term: '200', value: `{"prediction": number}. ${signature.outputs[0]?.description ?? ''}` },
                { term: '400', value: 'A field is wrong: "field" names it, "message" says what to do.' },
                { term: '401', value: 'The token is missing, wrong or revoked.' },
                { term: '413', value: 'More than 10,000 rows or 8 MiB in one request.' },
                { term: '503', value: 'Not reachable right now: try again after "retry-after" seconds.' },
                {
                  term: 'Headers',
                  value: 'throughline-revision says who answered; throughline-request-id names the answer.',
                },
              ]}
            />
          </Section>
        </>
      )}
      {signature === null ? null : (
        <Section title="Other ways to ask">
          <CodeBlock label="What turned out to be true, later">
            {curl(
              `${address}/labels`,
              '{"labels": [{"request_id": "<throughline-request-id of the answer>", "row": 0, "value": 1}]}',
            )}
          </CodeBlock>
          <CodeBlock label="As MLflow’s model servers are asked">
            {curl(origin + paths.invocations(endpoint.slug), split)}
          </CodeBlock>
          <CodeBlock label="Open Inference Protocol v2">{`${origin}/v2/models/${endpoint.slug}         (inputs and outputs)\n${origin}/v2/models/${endpoint.slug}/infer   (POST)`}</CodeBlock>
        </Section>
      )}
      <Section title="A deployment of your own">
        <p className="prose-width mb-3 text-muted">
          One that runs on a device or at the client says once in a while which version it runs and what it did. The
          same window again replaces what was said; after two windows without a word it counts as silent.
        </p>
        <CodeBlock label="Report one window">
          {curl(
            `${address}/heartbeats`,
            '{"deployment": "kiosk-7", "model_version": 1, "window_start": "2026-03-02T09:00:00Z", "interval_seconds": 3600, "requests": 120, "errors": 0}',
          )}
        </CodeBlock>
      </Section>
      <Section title="Who to ask">
        <Definitions
          rows={[
            { term: 'Owner', value: owner ?? 'Nobody holds the lead’s seat.' },
            {
              term: 'Token',
              value: (
                <>
                  The team makes one for each program, under{' '}
                  {isOurs ? <Link to={paths.tokens(engagementId)}>Tokens</Link> : 'Tokens'}, and can take it back at any
                  time.
                </>
              ),
            },
            { term: 'Described for programs', value: <Code>{`${address}/openapi.json`}</Code> },
          ]}
        />
      </Section>
      <Section title="What changed">
        {changes.length === 0 ? (
          <EmptyState title="Nothing was live yet">Each change of what callers would notice is listed here.</EmptyState>
        ) : (
          <ol className="grid gap-2">
            {changes.map((one) => (
              <li key={one.revision}>
                <span className="font-semibold">Revision {one.revision}</span>{' '}
                <span className="text-muted">
                  {one.liveFrom === null ? null : <Time at={one.liveFrom} now={now} zone={zone} />}, {one.byName}
                </span>
                {': '}
                {one.isFirst
                  ? 'the first.'
                  : one.changes.length === 0
                    ? 'nothing changes for callers.'
                    : one.changes.map(({ field, change }) => `${field} ${change}`).join('; ')}
              </li>
            ))}
          </ol>
        )}
        <p className="mt-3">
          <Link to={paths.monitoring(engagementId, endpoint.id)}>How it does now</Link>
        </p>
      </Section>
    </>
  )
}

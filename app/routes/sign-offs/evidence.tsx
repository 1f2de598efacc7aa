import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import { satisfies, withinNoise } from '#app/domain/verdict.ts'
import { EvidenceCards } from '#app/features/sign-offs/evidence-table.tsx'
import { paths } from '#app/paths.ts'
import { asOf } from '#app/server/as-of.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { Code, CodeBlock, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { askEvidence } from '#db/queries/evidence.ts'
import { openRecordKey } from '#db/record-key.server.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Evidence · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, url, now, actor, portal }) => {
  const { at, typed, error } = asOf(url, now)
  const items = await askEvidence(tx, engagementId, at)
  return {
    engagementId,
    code: engagement.code,
    keyId: (await openRecordKey(portal.deps.dataDir)).keyId,
    at,
    typed,
    error,
    items,
    zone: actor.timeZone,
    noiseCount: items.filter((item) => item.verdict === 'met_within_noise' && satisfies(item.content, item.verdict))
      .length,
    metCount: items.filter((item) => item.verdict !== null && satisfies(item.content, item.verdict)).length,
  }
})

export default function Evidence() {
  const { engagementId, code, keyId, at, typed, error, items, zone, metCount, noiseCount } =
    useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        title="What may I rely on, as of when?"
        verdict={
          items.length === 0
            ? 'At that time no model was live under a signed criterion.'
            : `${String(metCount)} of ${String(items.length)} signed ${items.length === 1 ? 'criterion' : 'criteria'} met${withinNoise(metCount, noiseCount)} by the model that was live.`
        }
        action={
          <>
            <LinkButton to={paths.dossierPdf(engagementId, typed)} isDocument look="primary">
              Dossier (PDF)
            </LinkButton>
            <LinkButton to={paths.dossierJson(engagementId, typed)} isDocument>
              Dossier (JSON)
            </LinkButton>
          </>
        }
      />
      <Form method="get" className="mb-6 flex flex-wrap items-end gap-3">
        <div>
          <label htmlFor="at" className="mb-1 block font-semibold">
            As of
          </label>
          <input
            id="at"
            name="at"
            type="datetime-local"
            defaultValue={typed}
            className="control"
            aria-describedby="at-zone"
            aria-invalid={error === null ? undefined : true}
          />
        </div>
        <button
          type="submit"
          className="min-h-9 cursor-pointer rounded-md border border-line-strong bg-surface px-3 font-semibold hover:bg-sunken"
        >
          Ask
        </button>
        <p id="at-zone" className="text-sm text-muted">
          {error === null ? 'UTC' : <span className="text-breach">{error}</span>} · the answer is for{' '}
          <Time at={at} zone={zone} />
        </p>
      </Form>
      {items.length === 0 ? (
        <EmptyState title="Nothing to rely on at that time">
          Evidence begins when a signed criterion and a live model meet. Try a later time, or see what is missing on the
          model’s page.
        </EmptyState>
      ) : (
        <EvidenceCards items={items} engagementId={engagementId} zone={zone} />
      )}
      <div className="mt-8">
        <Section title="Check it yourself">
          <p className="prose-width mb-3">
            A dossier holds what was agreed, measured and decided until the time above, with the chain of the record.
            Anybody can check it without us: <a href={paths.verifyScript()}>verify-dossier.mjs</a> needs Node.js and
            nothing else. The key of this portal is <Code>{keyId}</Code>; it also stands in every receipt by mail.
          </p>
          <CodeBlock label="Check a dossier or a record">
            {`node verify-dossier.mjs ${code}-dossier.json --key ${keyId}`}
          </CodeBlock>
          <ul className="grid list-disc gap-1.5 pl-5">
            <li>
              <a href={paths.recordJson(engagementId)}>The whole record (JSON)</a>
            </li>
            <li>
              <a href={`${paths.evidenceJson(engagementId)}?at=${encodeURIComponent(typed)}`}>
                The answers above (JSON)
              </a>
            </li>
          </ul>
        </Section>
      </div>
    </>
  )
}

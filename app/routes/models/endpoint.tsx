import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { DeploymentBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { CodeBlock, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { SERVED_FILES } from '#app/commands/models.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Endpoint · Throughline' }]

const EXAMPLE_BYTES_MAX = 4000

export const loader = engagementLoader(async ({ tx, engagementId, params, portal, actor }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  const deployments = (await listDeployments(tx, engagementId, { endpointId: endpoint.id })).map(
    ({ gate: _gate, ...deployment }) => deployment,
  )
  const live = deployments.find((deployment) => deployment.state === 'live')
  const files = live ? (await getModelVersion(tx, engagementId, live.modelVersionId)).files : {}
  const digest = files[SERVED_FILES.example]
  const example =
    digest === undefined ? null : new TextDecoder().decode(await portal.deps.blobs.read(engagementId, digest))
  return {
    engagementId,
    zone: actor.timeZone,
    origin: portal.deps.publicOrigin,
    endpoint,
    deployments,
    isBusy: deployments.some((deployment) => deployment.state === 'requested' || deployment.state === 'probing'),
    hasLive: live !== undefined,
    example: example !== null && example.length < EXAMPLE_BYTES_MAX ? example : null,
  }
})

export default function Endpoint() {
  const { engagementId, zone, origin, endpoint, deployments, isBusy, hasLive, example } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  useEffect(() => {
    if (!isBusy) return
    const timer = setInterval(revalidate, 1000)
    return () => {
      clearInterval(timer)
    }
  }, [isBusy, revalidate])
  const url = `${origin}${paths.invocations(endpoint.slug)}`
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Models', to: paths.models(engagementId) }]}
        title={endpoint.slug}
        verdict={
          hasLive
            ? 'A model is live at this address.'
            : isBusy
              ? 'A revision is being probed; it takes traffic when it reproduces its example.'
              : 'Nothing is live at this address.'
        }
      />
      <Section title="Ask it" aside={<>Needs a token that may ask for predictions: make one under Tokens.</>}>
        <CodeBlock label="curl">{`curl ${url} \\\n  -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -d '${example ?? '{"dataframe_split": {"columns": […], "data": [[…]]}}'}'`}</CodeBlock>
        <CodeBlock label="Open Inference Protocol v2">{`${origin}/v2/models/${endpoint.slug}         (inputs and outputs)\n${origin}/v2/models/${endpoint.slug}/infer   (POST)`}</CodeBlock>
      </Section>
      <Section title="Revisions">
        <ol className="grid gap-2">
          {deployments.map((deployment) => (
            <li key={deployment.id} className="rounded-md border border-line bg-surface px-3 py-2">
              <div className="flex flex-wrap items-center gap-x-3">
                <DeploymentBadge state={deployment.state} />
                <span className="font-semibold">Revision {deployment.revision}</span>
                <Link to={paths.modelVersion(engagementId, deployment.modelVersionId)}>
                  {deployment.modelName} v{deployment.modelVersion}
                </Link>
              </div>
              <p className="text-sm text-muted">
                deployed by {deployment.requestedByName}, <Time at={deployment.requestedAt} zone={zone} />
                {deployment.liveFrom === null ? null : (
                  <>
                    {' '}
                    · live from <Time at={deployment.liveFrom} zone={zone} />
                    {deployment.liveUntil === null ? null : (
                      <>
                        {' '}
                        until <Time at={deployment.liveUntil} zone={zone} />
                      </>
                    )}
                  </>
                )}
                {deployment.probe === null
                  ? null
                  : ` · example reproduced within ${deployment.probe.maxAbsDiff.toExponential(1)}`}
              </p>
              {deployment.failure === null ? null : <p className="text-sm text-breach">{deployment.failure}</p>}
            </li>
          ))}
        </ol>
      </Section>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { gateOf } from '#app/commands/models.ts'
import { deployRefusal } from '#app/domain/deployment.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { GateList } from '#app/features/models/gate-list.tsx'
import { DeploymentBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { Code, Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listDeployments } from '#db/queries/deployments.ts'
import { getModelVersion } from '#db/queries/models.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Model version · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, actor }) => {
  const version = await getModelVersion(tx, engagementId, toId<ModelVersionId>(params['modelVersionId']))
  return {
    engagementId,
    zone: actor.timeZone,
    version,
    gate: await gateOf(tx, engagementId, version),
    refusal: deployRefusal(standing)?.reason ?? null,
    deployments: (await listDeployments(tx, engagementId, { modelVersionId: version.id })).map(
      ({ gate: _gate, ...deployment }) => deployment,
    ),
  }
})

export default function ModelVersion() {
  const { engagementId, zone, version, gate, refusal, deployments } = useLoaderData<typeof loader>()
  const unmet = gate.filter((item) => !item.isMet)
  const isLive = deployments.some((deployment) => deployment.state === 'live')
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Models', to: paths.models(engagementId) }]}
        title={`${version.modelName} v${String(version.version)}`}
        verdict={
          isLive
            ? 'This version is live.'
            : unmet.length === 0
              ? 'Every condition for going live is met.'
              : `It may not go live: ${String(unmet.length)} ${unmet.length === 1 ? 'condition is' : 'conditions are'} unmet.`
        }
        action={
          refusal === null ? (
            <Form method="post" action={paths.deploy(engagementId, version.id)}>
              <SubmitButton disabledReason={unmet.length > 0 ? 'The gate below names what is missing.' : null}>
                Deploy
              </SubmitButton>
            </Form>
          ) : undefined
        }
      />
      <Section title="The gate">
        <GateList gate={gate} engagementId={engagementId} />
      </Section>
      <Section title="Deployments of this version">
        {deployments.length === 0 ? <p className="text-muted">None yet.</p> : null}
        <ul className="grid gap-2">
          {deployments.map((deployment) => (
            <li key={deployment.id} className="flex flex-wrap items-center gap-x-3">
              <DeploymentBadge state={deployment.state} />
              <Link to={paths.endpoint(engagementId, deployment.endpointId)}>
                {deployment.slug}, revision {deployment.revision}
              </Link>
              {deployment.failure === null ? null : <span className="text-sm text-breach">{deployment.failure}</span>}
              {deployment.probe === null ? null : (
                <span className="text-sm text-muted">
                  reproduced its stored example within {deployment.probe.maxAbsDiff.toExponential(1)} (allowed{' '}
                  {deployment.probe.tolerance})
                </span>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Where it came from">
        <Definitions
          rows={[
            {
              term: 'Run',
              value:
                version.runId === null ? (
                  version.source
                ) : (
                  <Link to={paths.run(engagementId, version.runId)}>{version.runName}</Link>
                ),
            },
            {
              term: 'Registered',
              value: (
                <>
                  <Time at={version.createdAt} zone={zone} /> by {version.userName}
                </>
              ),
            },
            ...Object.entries(version.files).map(([path, sha256]) => ({ term: path, value: <Code>{sha256}</Code> })),
          ]}
        />
      </Section>
    </>
  )
}

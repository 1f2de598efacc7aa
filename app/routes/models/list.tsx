import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { lastDayOf, REUSE_SCOPE_WORDS, reuseStanding } from '#app/domain/reuse.ts'
import { ReuseBadge } from '#app/features/reuse/reuse-badge.tsx'
import { SignOffBadge } from '#app/features/sign-off-badge.tsx'
import { DeploymentBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { EmptyState, ExportLinks, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listDeployments } from '#db/queries/deployments.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { listBorrowed } from '#db/queries/borrowing.ts'
import { mapSignatures } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Models · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, now, actor }) => {
  const versions = await listModelVersions(tx, engagementId)
  const ids = versions.map(({ id }) => id)
  const signatures = await mapSignatures(tx, engagementId, ids)
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    versions: versions.map(({ files: _files, ...version }) => ({
      ...version,
      signature: signatures.get(version.id) ?? null,
    })),
    borrowed: (await listBorrowed(tx, engagementId)).map(({ card: _card, ...model }) => ({
      ...model,
      standing: reuseStanding(model, now),
    })),
    deployments: (await listDeployments(tx, engagementId)).map(({ gate: _gate, ...deployment }) => deployment),
  }
})

export default function Models() {
  const { engagementId, now, zone, versions, borrowed, deployments } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader title="Which models are there, and which is live?" />
      <Section title="Deployments">
        {deployments.length === 0 ? (
          <EmptyState title="Nothing was deployed">
            A registered version goes live from its page, when its gate is met.
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {deployments.map((deployment) => (
              <li key={deployment.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <DeploymentBadge state={deployment.state} />
                <Link to={paths.endpoint(engagementId, deployment.endpointId)}>{deployment.slug}</Link>
                <span className="text-sm text-muted">
                  revision {deployment.revision} · {deployment.modelName} v{deployment.modelVersion} · by{' '}
                  {deployment.requestedByName}, <Time at={deployment.requestedAt} now={now} zone={zone} />
                </span>
                {deployment.failure === null ? null : <span className="text-sm text-breach">{deployment.failure}</span>}
              </li>
            ))}
          </ul>
        )}
      </Section>
      {borrowed.length === 0 ? null : (
        <Section title="Borrowed from other engagements">
          <ul className="grid gap-2">
            {borrowed.map((model) => (
              <li key={model.grantId} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <ReuseBadge standing={model.standing} />
                <Link to={paths.borrowed(engagementId, model.grantId)}>{model.slug}</Link>
                <span className="text-sm text-muted">
                  {REUSE_SCOPE_WORDS[model.scope]} · until {lastDayOf(model.expiresAt)}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section
        title="Registered versions"
        aside={
          versions.length === 0 ? undefined : (
            <ExportLinks csv={paths.modelsCsv(engagementId)} json={paths.modelsJson(engagementId)} />
          )
        }
      >
        {versions.length === 0 ? (
          <EmptyState title="No version yet">
            Register the model of a run from the run’s page, or with MLflow’s register_model.
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {versions.map((version) => (
              <li key={version.id} className="flex flex-wrap items-center gap-x-3">
                <Link to={paths.modelVersion(engagementId, version.id)} className="font-semibold">
                  {version.modelName} v{version.version}
                </Link>
                {version.signature === null ? null : <SignOffBadge state={version.signature} />}
                <span className="text-sm text-muted">
                  {version.runId === null ? (
                    version.source
                  ) : (
                    <>
                      from run <Link to={paths.run(engagementId, version.runId)}>{version.runName}</Link>
                    </>
                  )}{' '}
                  · <Time at={version.createdAt} now={now} zone={zone} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

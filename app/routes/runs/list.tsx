import type { MetaFunction } from '@remix-run/node'
import { useLoaderData } from '@remix-run/react'
import { startJobRefusal } from '#app/domain/job.ts'
import { RunTable } from '#app/features/runs/run-table.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listRunsWithVerdicts } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Runs · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, now, actor }) => ({
  engagementId,
  now,
  zone: actor.timeZone,
  mayStart: startJobRefusal(standing) === null,
  runs: await listRunsWithVerdicts(tx, engagementId),
}))

export default function Runs() {
  const { engagementId, now, zone, mayStart, runs } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        title="What was tried?"
        verdict="Every run with its verdict against what was signed. Runs on other data, or logged from outside, are kept and never compared."
        action={
          mayStart ? (
            <LinkButton to={paths.newJob(engagementId)} look="primary">
              Start a training job
            </LinkButton>
          ) : undefined
        }
      />
      <RunTable rows={runs} engagementId={engagementId} now={now} zone={zone} />
    </>
  )
}

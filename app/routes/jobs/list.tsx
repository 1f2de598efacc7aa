import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { isDeadLetter, JOB_STATE_WORDS, JOB_STATES, startJobRefusal } from '#app/domain/job.ts'
import { JobTabs } from '#app/features/jobs/job-tabs.tsx'
import { JobBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listJobs } from '#db/queries/jobs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Jobs · Throughline' }]

const DEAD = JOB_STATES.filter(isDeadLetter)

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, now, actor, url }) => {
  const isDead = url.searchParams.get('show') === 'dead'
  const jobs = await listJobs(tx, engagementId, isDead ? { states: DEAD } : {})
  return {
    engagementId,
    isDead,
    mayStart: startJobRefusal(standing, engagement.state) === null,
    jobs: jobs.map(({ payload: _payload, ...job }) => ({ ...job, now, zone: actor.timeZone })),
  }
})

type Row = Awaited<ReturnType<typeof loader>>['jobs'][number]

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'job',
    header: 'Job',
    value: (row) => row.title,
    cell: (row) => <Link to={paths.job(row.engagementId, row.id)}>{row.title}</Link>,
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => JOB_STATE_WORDS[row.state],
    cell: (row) => (
      <>
        <JobBadge state={row.state} />
        {row.state === 'running' ? (
          <span className="text-sm text-muted"> {Math.round(row.progress * 100)} %</span>
        ) : null}
        {row.reason === '' ? null : <span className="block text-sm text-muted">{row.reason}</span>}
      </>
    ),
  },
  { id: 'by', header: 'Started by', value: (row) => row.requestedByName },
  {
    id: 'at',
    header: 'When',
    value: (row) => row.requestedAt.toISOString(),
    cell: (row) => <Time at={row.requestedAt} now={row.now} zone={row.zone} />,
  },
]

export default function Jobs() {
  const { engagementId, isDead, jobs, mayStart } = useLoaderData<typeof loader>()
  const running = jobs.filter((job) => job.state === 'running' || job.state === 'queued').length
  const start = mayStart ? (
    <LinkButton to={paths.newJob(engagementId)} look="primary">
      Start a training job
    </LinkButton>
  ) : undefined
  return (
    <>
      <PageHeader
        title="What is running?"
        verdict={running === 0 ? 'Nothing right now.' : `${String(running)} running or queued.`}
        action={start}
      />
      <JobTabs engagementId={engagementId} current={isDead ? 'dead' : 'all'} />
      <DataTable
        caption="Jobs"
        rows={jobs}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={
          isDead ? (
            <EmptyState title="No dead letter">
              Jobs that failed, took too long or lost their worker for good stand here until somebody replays them.
            </EmptyState>
          ) : (
            <EmptyState title="No job yet" action={start}>
              A job trains a model in a cage on a worker and logs it as a run. What it logs was executed here, so it can
              satisfy a criterion.
            </EmptyState>
          )
        }
      />
    </>
  )
}

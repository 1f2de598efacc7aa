import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { JOB_STATE_WORDS, startJobRefusal } from '#app/domain/job.ts'
import { JobBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/data-table.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listJobs } from '#db/queries/jobs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Jobs · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, now, actor }) => ({
  engagementId,
  mayStart: startJobRefusal(standing) === null,
  jobs: (await listJobs(tx, engagementId)).map(({ payload: _payload, ...job }) => ({
    ...job,
    now,
    zone: actor.timeZone,
  })),
}))

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
  const { engagementId, jobs, mayStart } = useLoaderData<typeof loader>()
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
      <DataTable
        caption="Jobs"
        rows={jobs}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title="No job yet" action={start}>
            A job trains a model in a cage on a worker and logs it as a run. What it logs was executed here, so it can
            satisfy a criterion.
          </EmptyState>
        }
      />
    </>
  )
}

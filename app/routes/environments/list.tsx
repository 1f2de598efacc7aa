import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { ENVIRONMENT_STATE_WORDS } from '#app/domain/environment.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { JobTabs } from '#app/features/jobs/job-tabs.tsx'
import { EnvironmentBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { Time } from '#app/ui/time.tsx'
import { listEnvironmentVersions } from '#db/queries/environments.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Environments · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, now, actor }) => ({
  engagementId,
  mayMake: startJobRefusal(standing, engagement.state) === null,
  versions: (await listEnvironmentVersions(tx, engagementId)).map((row) => ({
    ...row,
    engagementId,
    now,
    zone: actor.timeZone,
  })),
}))

type Row = Awaited<ReturnType<typeof loader>>['versions'][number]

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'environment',
    header: 'Environment',
    value: (row) => `${row.environmentName} ${String(row.number).padStart(6, '0')}`,
    cell: (row) => (
      <>
        <Link to={paths.environmentVersion(row.engagementId, row.id)} className="font-semibold">
          {row.label}
        </Link>
        {row.note === '' ? null : <span className="block text-sm text-muted">{row.note}</span>}
      </>
    ),
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => ENVIRONMENT_STATE_WORDS[row.state],
    cell: (row) => (
      <>
        <EnvironmentBadge state={row.state} />
        {row.state === 'failed' ? <span className="block text-sm text-muted">{row.buildReason}</span> : null}
      </>
    ),
  },
  { id: 'packages', header: 'Packages', value: (row) => row.packageCount, isNumeric: true },
  { id: 'interpreter', header: 'Built for', value: (row) => row.interpreter, cell: (row) => row.interpreter || '–' },
  { id: 'by', header: 'Made by', value: (row) => row.createdByName },
  {
    id: 'at',
    header: 'When',
    value: (row) => row.createdAt.toISOString(),
    cell: (row) => <Time at={row.createdAt} now={row.now} zone={row.zone} />,
  },
]

export default function Environments() {
  const { engagementId, versions, mayMake } = useLoaderData<typeof loader>()
  const start = mayMake ? (
    <LinkButton to={paths.newEnvironment(engagementId)} look="primary">
      Make an environment
    </LinkButton>
  ) : undefined
  return (
    <>
      <PageHeader
        title="With which packages do jobs run?"
        verdict="A version never changes. Jobs and schedules stay on the version that they were given until somebody chooses another."
        action={start}
      />
      <JobTabs engagementId={engagementId} current="environments" />
      <DataTable
        caption="Versions of environments"
        rows={versions}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={
          <EmptyState title="Only the built-in environment" action={start}>
            Jobs run with the interpreter and its standard library, which is all that the recipes here need. An
            environment adds packages: a worker builds it from wheels that you bring, locked by their digests.
          </EmptyState>
        }
      />
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { isStaff } from '#app/domain/actor.ts'
import { EngagementBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { listEngagements } from '#db/queries/engagements.ts'

export const handle = { policy: 'signed-in', isViewable: true }
export const meta: MetaFunction = () => [{ title: 'Engagements · Throughline' }]

export const loader = pageLoader(async ({ tx, actor }) => ({
  engagements: await listEngagements(tx),
  mayOpen: isStaff(actor),
}))

const COLUMNS: readonly Column<EngagementRow>[] = [
  {
    id: 'name',
    header: 'Engagement',
    value: (row) => row.name,
    cell: (row) => <Link to={paths.engagement(row.id)}>{row.name}</Link>,
  },
  { id: 'code', header: 'Code', value: (row) => row.code },
  { id: 'client', header: 'Client', value: (row) => row.client },
  { id: 'state', header: 'State', value: (row) => row.state, cell: (row) => <EngagementBadge state={row.state} /> },
  { id: 'end', header: 'Target end', value: (row) => row.targetEnd, cell: (row) => row.targetEnd ?? '–' },
]

export default function Engagements() {
  const { engagements, mayOpen } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        title="Engagements"
        verdict="Every engagement at whose table you sit."
        action={
          mayOpen ? (
            <LinkButton to={paths.newEngagement()} look="primary">
              New engagement
            </LinkButton>
          ) : undefined
        }
      />
      <DataTable
        caption="Engagements"
        rows={engagements}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={
          <EmptyState
            title="No engagement yet"
            action={
              mayOpen ? (
                <LinkButton to={paths.newEngagement()} look="primary">
                  Open the first one
                </LinkButton>
              ) : undefined
            }
          >
            An engagement holds what a client and we agreed: the problem, the criteria of success, who signs, and the
            models that serve it.
          </EmptyState>
        }
      />
    </>
  )
}

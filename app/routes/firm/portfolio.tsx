import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import type { PortfolioRow } from '#app/domain/portfolio.ts'
import { portfolioRows } from '#app/domain/portfolio.ts'
import { durationWords } from '#app/domain/work.ts'
import { EngagementBadge } from '#app/features/state-badge.tsx'
import { paths } from '#app/paths.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { ProgressBars } from '#app/ui/lazy-chart.tsx'
import { Value } from '#app/ui/number.tsx'
import { listEngagements } from '#db/queries/engagements.ts'
import { listCriterionStandings, listEngagementFacts } from '#db/queries/portfolio.ts'

export const handle = { policy: 'executive' }
export const meta: MetaFunction = () => [{ title: 'Portfolio · Throughline' }]

export const loader = pageLoader(async ({ tx, now }) => ({
  rows: portfolioRows({
    engagements: await listEngagements(tx),
    standings: await listCriterionStandings(tx, null),
    facts: await listEngagementFacts(tx, null),
    now,
  }),
}))

const TONE_WORDS = { met: 'On track', risk: 'At risk', breach: 'Breach', unknown: 'Unknown' } as const
const TONE_ORDER = { breach: 0, risk: 1, unknown: 2, met: 3 } as const

const COLUMNS: readonly Column<PortfolioRow>[] = [
  {
    id: 'engagement',
    header: 'Engagement',
    value: (row) => row.name,
    cell: (row) => (
      <>
        <Link to={paths.engagement(row.id)}>{row.name}</Link>
        <span className="block text-sm text-muted">{row.client}</span>
      </>
    ),
  },
  { id: 'state', header: 'State', value: (row) => row.state, cell: (row) => <EngagementBadge state={row.state} /> },
  {
    id: 'status',
    header: 'Status and its rule',
    value: (row) => `${String(TONE_ORDER[row.status.tone])} ${row.status.rule}`,
    cell: (row) => (
      <>
        <Badge tone={row.status.tone}>{TONE_WORDS[row.status.tone]}</Badge>
        <span className="block min-w-48 text-sm text-muted">{row.status.rule}</span>
      </>
    ),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    value: (row) => row.outcome,
    isNumeric: true,
    cell: (row) =>
      row.outcome === null ? (
        <Value value={null} missing="Nothing measured against a signed criterion" />
      ) : (
        <>
          {Math.round(row.outcome * 100)} %
          <span className="block text-sm text-muted">
            {row.measuredCount} of {row.signedCount} measured
          </span>
        </>
      ),
  },
  {
    id: 'met',
    header: 'Met',
    value: (row) => row.satisfiedCount,
    cell: (row) => (
      <span className="whitespace-nowrap">
        {row.satisfiedCount} of {row.signedCount}
      </span>
    ),
    isNumeric: true,
  },
  {
    id: 'hours',
    header: 'Hours',
    value: (row) => row.minutes,
    isNumeric: true,
    cell: (row) => (
      <>
        <Link to={paths.work(row.id)}>{durationWords(row.minutes)}</Link>
        {row.offScopeMinutes === 0 ? null : (
          <span className="block text-sm text-risk">{durationWords(row.offScopeMinutes)} off scope</span>
        )}
      </>
    ),
  },
  { id: 'asks', header: 'Open asks', value: (row) => row.openAsks, isNumeric: true },
  { id: 'live', header: 'Live models', value: (row) => row.liveEndpoints, isNumeric: true },
]

export default function Portfolio() {
  const { rows } = useLoaderData<typeof loader>()
  const needing = rows.filter((row) => row.status.tone === 'breach' || row.status.tone === 'risk').length
  const measured = rows.filter((row) => row.outcome !== null)
  return (
    <>
      <PageHeader
        title="Which engagement needs me?"
        verdict={
          needing === 0
            ? 'None of them, by the rules.'
            : `${String(needing)} of ${String(rows.length)} by the rules that fired.`
        }
      />
      <DataTable
        caption="Portfolio"
        rows={rows}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        csv={paths.portfolioCsv()}
        empty={
          <EmptyState title="No engagement yet">
            Status, outcomes and hours appear with the first engagement.
          </EmptyState>
        }
      />
      {measured.length === 0 ? null : (
        <div className="mt-8">
          <Section
            title="Outcome: the way from baseline to target, from measured values only"
            aside="Weighted over signed criteria; unmeasured ones do not count. The numbers stand in the table above."
          >
            <ProgressBars
              title={`Outcome by engagement: ${measured.map((row) => `${row.code} ${String(Math.round((row.outcome ?? 0) * 100))} %`).join(', ')}`}
              bars={measured.map((row) => ({ label: row.code, value: (row.outcome ?? 0) * 100 }))}
              max={100}
            />
          </Section>
        </div>
      )}
    </>
  )
}

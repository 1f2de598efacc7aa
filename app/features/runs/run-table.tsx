import { Link } from '@remix-run/react'
import { metricName } from '#app/domain/metric.ts'
import type { RunState } from '#app/domain/run.ts'
import { RUN_STATE_WORDS } from '#app/domain/run.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import type { Column } from '#app/ui/data-table.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import { Time } from '#app/ui/time.tsx'
import { RunBadge } from '../state-badge.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

interface Row {
  readonly id: string
  readonly name: string
  readonly state: RunState
  readonly userName: string
  readonly isVerified: boolean
  readonly createdAt: Date
  readonly metrics: readonly { readonly key: string; readonly value: number }[]
  readonly verdicts: readonly { readonly key: string; readonly verdict: VerdictKind; readonly reason: string }[]
}

const METRICS_SHOWN = 3
const FIRST = ['roc_auc', 'recall', 'rmse', 'mae', 'accuracy']

/** Runs, newest first, with what they measured and what that means for the signed criteria. */
export function RunTable({
  rows,
  engagementId,
  now,
  zone,
}: {
  rows: readonly Row[]
  engagementId: string
  now: Date
  zone: string
}) {
  const keys = [...new Set(rows.flatMap((row) => row.metrics.map((metric) => metric.key)))]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, METRICS_SHOWN)
  const columns: readonly Column<Row>[] = [
    {
      id: 'run',
      header: 'Run',
      value: (row) => row.name,
      cell: (row) => (
        <>
          <Link to={paths.run(engagementId, row.id)}>{row.name}</Link>{' '}
          {row.isVerified ? null : <Badge tone="unknown">Logged from outside</Badge>}
        </>
      ),
    },
    {
      id: 'state',
      header: 'State',
      value: (row) => RUN_STATE_WORDS[row.state],
      cell: (row) => <RunBadge state={row.state} />,
    },
    {
      id: 'verdict',
      header: 'Verdicts',
      value: (row) => row.verdicts.map((verdict) => verdict.verdict).join(' '),
      cell: (row) => (
        <ul className="grid min-w-56 gap-1">
          {row.verdicts.map((verdict) => (
            <li key={verdict.key} title={verdict.reason}>
              <span className="font-semibold">{verdict.key}</span> <VerdictBadge verdict={verdict.verdict} />
              {verdict.verdict === 'not_comparable' ? (
                <span className="block text-sm text-muted">{verdict.reason}</span>
              ) : null}
            </li>
          ))}
        </ul>
      ),
    },
    ...keys.map((key) => ({
      id: `m-${key}`,
      header: metricName(key),
      isNumeric: true,
      value: (row: Row) => row.metrics.find((metric) => metric.key === key)?.value ?? null,
      cell: (row: Row) => {
        const metric = row.metrics.find(({ key: known }) => known === key)
        return metric === undefined ? '–' : formatNumber(metric.value)
      },
    })),
    { id: 'by', header: 'By', value: (row) => row.userName },
    {
      id: 'when',
      header: 'When',
      value: (row) => row.createdAt.toISOString(),
      cell: (row) => <Time at={row.createdAt} now={now} zone={zone} />,
    },
  ]
  return (
    <DataTable
      caption="Runs"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      csv={paths.runsCsv(engagementId)}
      empty={
        <EmptyState title="No run yet">
          Start a training job, or point an MLflow client here with a token of this engagement.
        </EmptyState>
      }
    />
  )
}

function rank(key: string): number {
  const at = FIRST.indexOf(key)
  return at < 0 ? FIRST.length : at
}

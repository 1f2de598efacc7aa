import { Link } from '@remix-run/react'
import type { Interval } from '#app/domain/metric.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { VERDICT_WORDS } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { formatNumber, Value } from '#app/ui/number.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

interface Row {
  readonly engagementId: string
  readonly runId: string
  readonly runName: string
  readonly verdict: VerdictKind
  readonly value: number | null
  readonly interval: Interval | null
  readonly rows: number | null
  readonly reason: string
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'run',
    header: 'Run',
    value: (row) => row.runName,
    cell: (row) => <Link to={paths.run(row.engagementId, row.runId)}>{row.runName}</Link>,
  },
  {
    id: 'verdict',
    header: 'Verdict',
    value: (row) => VERDICT_WORDS[row.verdict],
    cell: (row) => <VerdictBadge verdict={row.verdict} />,
  },
  {
    id: 'value',
    header: 'Value',
    value: (row) => row.value,
    cell: (row) => <Value value={row.value} missing="Not measured" />,
    isNumeric: true,
  },
  {
    id: 'interval',
    header: 'Interval',
    value: (row) => row.interval?.low ?? null,
    cell: (row) =>
      row.interval === null ? '–' : `${formatNumber(row.interval.low)} – ${formatNumber(row.interval.high)}`,
    isNumeric: true,
  },
  {
    id: 'rows',
    header: 'n',
    value: (row) => row.rows,
    cell: (row) => row.rows?.toLocaleString('en-GB') ?? '–',
    isNumeric: true,
  },
  {
    id: 'reason',
    header: 'Because',
    value: (row) => row.reason,
    cell: (row) => <span className="block min-w-64">{row.reason}</span>,
  },
]

/** Every run that was judged against a version, with the reason; runs that cannot be compared say why. */
export function VerdictTable({ rows }: { rows: readonly Row[] }) {
  return (
    <DataTable
      caption="Verdicts"
      rows={rows}
      columns={COLUMNS}
      rowKey={(row) => row.runId}
      empty={
        <EmptyState title="No run was judged yet">
          A run is judged in the moment it finishes. Start a training job, or log a run with MLflow.
        </EmptyState>
      }
    />
  )
}

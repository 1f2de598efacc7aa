import { Link } from '@remix-run/react'
import type { Leaderboard, RankedRun } from '#app/domain/leaderboard.ts'
import { VERDICT_WORDS } from '#app/domain/verdict.ts'
import { paths } from '#app/paths.ts'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

type Ranked = Leaderboard['ranked'][number]

function runColumn<Row extends RankedRun>(engagementId: string): Column<Row> {
  return {
    id: 'run',
    header: 'Run',
    value: (row) => row.runName,
    cell: (row) => <Link to={paths.run(engagementId, row.runId)}>{row.runName}</Link>,
  }
}

/** Runs that can be compared, best first, with what is known of their spread. */
export function RankedTable({ engagementId, rows }: { engagementId: string; rows: readonly Ranked[] }) {
  const columns: readonly Column<Ranked>[] = [
    { id: 'rank', header: 'Rank', value: (row) => row.rank, isNumeric: true },
    runColumn(engagementId),
    {
      id: 'value',
      header: 'Value',
      value: (row) => row.value,
      cell: (row) => formatNumber(row.value),
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
      id: 'verdict',
      header: 'Verdict',
      value: (row) => VERDICT_WORDS[row.verdict],
      cell: (row) => <VerdictBadge verdict={row.verdict} />,
    },
    {
      id: 'repeated',
      header: 'Repeated',
      value: (row) => row.repetition?.runIds.length ?? null,
      cell: (row) =>
        row.repetition === null
          ? '–'
          : `${String(row.repetition.runIds.length)} runs, mean ${formatNumber(row.repetition.mean)} (${formatNumber(row.repetition.interval.low)} – ${formatNumber(row.repetition.interval.high)})`,
    },
  ]
  return (
    <DataTable
      caption="Comparable runs"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.runId}
      empty={
        <EmptyState title="No comparable run">
          A run counts when a worker executed it here and measured it on the very data that the criterion names.
        </EmptyState>
      }
    />
  )
}

/** Runs that cannot be compared, each with the sentence why. */
export function ExcludedTable({ engagementId, rows }: { engagementId: string; rows: readonly RankedRun[] }) {
  const columns: readonly Column<RankedRun>[] = [
    runColumn(engagementId),
    { id: 'reason', header: 'Because', value: (row) => row.reason },
  ]
  return (
    <DataTable
      caption="Runs left out"
      prefix="out-"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.runId}
      empty={null}
    />
  )
}

import { Link } from '@remix-run/react'
import { durationWords } from '#app/domain/work.ts'
import { Badge } from '#app/ui/badge.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'

interface Entry {
  readonly id: string
  /** Where its own person corrects it; null for everybody else. */
  readonly correctTo: string | null
  readonly personName: string
  readonly target: string | null
  readonly startedAt: Date
  readonly minutes: number | null
  readonly note: string
}

/** Work entries; what names no criterion and no deliverable is marked off scope. */
export function WorkTable({ entries, csv, zone }: { entries: readonly Entry[]; csv: string; zone: string }) {
  const columns: readonly Column<Entry>[] = [
    {
      id: 'when',
      header: 'When',
      value: (row) => row.startedAt.toISOString(),
      cell: (row) => <Time at={row.startedAt} zone={zone} />,
    },
    { id: 'who', header: 'Who', value: (row) => row.personName },
    {
      id: 'for',
      header: 'For',
      value: (row) => row.target ?? 'Off scope',
      cell: (row) => row.target ?? <Badge tone="risk">Off scope</Badge>,
    },
    {
      id: 'note',
      header: 'What',
      value: (row) => row.note,
      cell: (row) => (
        <span className="block min-w-48">
          {row.note === '' ? '–' : row.note}{' '}
          {row.correctTo === null ? null : (
            <Link to={row.correctTo} className="underline">
              Correct<span className="sr-only"> {row.note === '' ? 'this entry' : row.note}</span>
            </Link>
          )}
        </span>
      ),
    },
    {
      id: 'time',
      header: 'Time',
      value: (row) => row.minutes,
      cell: (row) => (row.minutes === null ? 'running' : durationWords(row.minutes)),
      isNumeric: true,
    },
  ]
  return (
    <DataTable
      caption="Work entries"
      rows={entries}
      columns={columns}
      rowKey={(row) => row.id}
      csv={csv}
      empty={
        <EmptyState title="Nothing logged yet">
          One line is enough: “45m kick-off”. Time that serves a criterion names it.
        </EmptyState>
      }
    />
  )
}

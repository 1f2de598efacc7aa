import type { Drift } from '#app/domain/drift.ts'
import { Badge } from '#app/ui/badge.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { Value } from '#app/ui/number.tsx'

interface Row extends Drift {
  readonly name: string
}

const WORDS = { unknown: 'Too few rows', none: 'No shift', some: 'Some shift', large: 'Large shift' } as const
const TONE = { unknown: 'unknown', none: 'met', some: 'risk', large: 'breach' } as const

const COLUMNS: readonly Column<Row>[] = [
  { id: 'name', header: 'What', value: (row) => row.name },
  {
    id: 'verdict',
    header: 'Against the data it was measured on',
    value: (row) => WORDS[row.verdict],
    cell: (row) => <Badge tone={TONE[row.verdict]}>{WORDS[row.verdict]}</Badge>,
  },
  { id: 'psi', header: 'PSI', value: (row) => row.psi, cell: (row) => <Value value={row.psi} missing="No rows" /> },
  {
    id: 'ks',
    header: 'KS',
    value: (row) => row.ks ?? 0,
    cell: (row) => <Value value={row.ks} missing="For numbers only" />,
  },
  { id: 'rows', header: 'Rows', value: (row) => row.rows },
]

/** Inputs and scores of the live revision against the reference, largest shift first. */
export function DriftTable({ rows }: { rows: readonly Row[] }) {
  return (
    <DataTable
      caption="Drift"
      rows={[...rows].sort((a, b) => b.psi - a.psi)}
      columns={COLUMNS}
      rowKey={(row) => row.name}
      empty={
        <EmptyState title="Nothing to compare with">
          The data on which this model was measured is not stored here, so a shift cannot be told from none.
        </EmptyState>
      }
    />
  )
}

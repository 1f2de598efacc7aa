import type { ReactNode, Ref } from 'react'
import { memo } from 'react'

/** A column: what it sorts and filters by, and how it looks. */
export interface Column<Row> {
  readonly id: string
  readonly header: string
  /** Null sorts last. */
  readonly value: (row: Row) => string | number | null
  readonly cell?: (row: Row) => ReactNode
  readonly isNumeric?: boolean
}

/** A tick before each row, in the form that stands around the table. */
export interface RowChoice<Row> {
  readonly name: string
  readonly label: (row: Row) => string
  /** By the keys of the rows; also those that are not shown now. */
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (key: string, isChosen: boolean) => void
}

export interface TableRowProps<Row> {
  readonly row: Row
  readonly rowKey: string
  readonly columns: readonly Column<Row>[]
  readonly choice: Pick<RowChoice<Row>, 'label' | 'onChoose'> | undefined
  /** Null where the form knows what is ticked without the box. */
  readonly inputName: string | null
  readonly isChosen: boolean
  /** Counted from one, the heads included; for tables that show only some of their rows. */
  readonly ariaIndex?: number
  /** Counted from zero; how a row is measured. */
  readonly index?: number
  readonly measure?: Ref<HTMLTableRowElement>
}

function PlainTableRow<Row>({
  row,
  rowKey,
  columns,
  choice,
  inputName,
  isChosen,
  ariaIndex,
  index,
  measure,
}: TableRowProps<Row>) {
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={ariaIndex}
      className="border-b border-line last:border-b-0 hover:bg-sunken"
    >
      {choice === undefined ? null : (
        <td className="px-3 py-2 align-top">
          <input
            type="checkbox"
            {...(inputName === null ? {} : { name: inputName })}
            value={rowKey}
            defaultChecked={isChosen}
            onChange={(event) => choice.onChoose(rowKey, event.target.checked)}
            aria-label={choice.label(row)}
            className="mt-0.5 size-4 accent-accent"
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={`h-9 px-3 py-2 align-top ${column.isNumeric === true ? 'text-right' : ''}`}>
          {column.cell ? column.cell(row) : column.value(row)}
        </td>
      ))}
    </tr>
  )
}

/** A row, drawn anew only when something of its own changes. */
export const TableRow = memo(PlainTableRow) as typeof PlainTableRow // memo loses the type parameter

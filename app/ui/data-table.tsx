import { Link, useSearchParams } from '@remix-run/react'
import type { ReactNode } from 'react'
import { useMemo } from 'react'
import {
  columnFilteringFeature,
  createColumnHelper,
  createFilteredRowModel,
  createSortedRowModel,
  filterFns,
  globalFilteringFeature,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'

const features = tableFeatures({
  columnFilteringFeature,
  globalFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  filterFns,
  sortFns,
})

/** A column: what it sorts and filters by, and how it looks. */
export interface Column<Row> {
  readonly id: string
  readonly header: string
  /** Null sorts last. */
  readonly value: (row: Row) => string | number | null
  readonly cell?: (row: Row) => ReactNode
  readonly isNumeric?: boolean
}

/**
 * A table whose order and filter live in the URL, so that they work without JavaScript, survive the back button and can
 * be shared. `prefix` keeps two tables of one page apart.
 */
export function DataTable<Row>({
  caption,
  rows,
  columns,
  rowKey,
  empty,
  csv,
  prefix = '',
  filterLabel = 'Filter',
}: {
  caption: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  empty: ReactNode
  csv?: string
  prefix?: string
  filterLabel?: string
}) {
  const [search] = useSearchParams()
  const sortParam = `${prefix}sort`
  const filterParam = `${prefix}q`
  const [sortId = '', direction = 'asc'] = (search.get(sortParam) ?? '').split('.')
  const query = search.get(filterParam) ?? ''

  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, { row: Row }>()
    return helper.columns(
      columns.map((column) =>
        helper.accessor(({ row }) => column.value(row) ?? undefined, {
          id: column.id,
          header: column.header,
          sortUndefined: 'last',
          sortFn: column.isNumeric === true ? 'basic' : 'alphanumeric',
        }),
      ),
    )
  }, [columns])
  const data = useMemo(() => rows.map((row) => ({ row })), [rows])
  const sorting = sortId === '' ? [] : [{ id: sortId, desc: direction === 'desc' }]
  const table = useTable({
    features,
    columns: defs,
    data,
    state: { sorting, globalFilter: query },
    globalFilterFn: 'includesString',
  })

  if (rows.length === 0) return <>{empty}</>
  const shown = table.getRowModel().rows
  return (
    <div>
      {rows.length < 6 && csv === undefined ? null : (
        <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
          <form method="get" role="search" className="flex gap-2">
            {[...search].map(([name, value]) =>
              name === filterParam ? null : <input key={name} type="hidden" name={name} value={value} />,
            )}
            <input
              type="search"
              name={filterParam}
              defaultValue={query}
              aria-label={`${filterLabel}: ${caption}`}
              placeholder={filterLabel}
              className="control max-w-56"
            />
          </form>
          <p className="text-sm text-muted">
            {query === '' ? `${String(rows.length)} in all` : `${String(shown.length)} of ${String(rows.length)}`}
            {csv === undefined ? null : (
              <>
                {' · '}
                <a href={csv} download>
                  CSV
                </a>
              </>
            )}
          </p>
        </div>
      )}
      {/* A region that scrolls must be reachable by keyboard. */}
      <div
        className="relative overflow-x-auto rounded-lg border border-line bg-surface"
        tabIndex={0}
        role="region"
        aria-label={caption}
      >
        <table className="w-full border-collapse text-left">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr className="border-b border-line bg-sunken text-sm">
              {columns.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  aria-sort={column.id !== sortId ? undefined : direction === 'desc' ? 'descending' : 'ascending'}
                  className={`px-3 py-2 font-semibold whitespace-nowrap ${column.isNumeric === true ? 'text-right' : ''}`}
                >
                  <Link to={sortLink(search, sortParam, column.id)} preventScrollReset className="text-ink">
                    {column.header}
                    <span aria-hidden="true" className="text-muted">
                      {column.id !== sortId ? '' : direction === 'desc' ? ' ↓' : ' ↑'}
                    </span>
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ original: { row } }) => (
              <tr key={rowKey(row)} className="border-b border-line last:border-b-0 hover:bg-sunken">
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={`h-9 px-3 py-2 align-top ${column.isNumeric === true ? 'text-right' : ''}`}
                  >
                    {column.cell ? column.cell(row) : column.value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 ? <p className="p-4 text-muted">Nothing fits “{query}”.</p> : null}
      </div>
    </div>
  )
}

function sortLink(search: URLSearchParams, param: string, id: string): string {
  const next = new URLSearchParams(search)
  next.set(param, search.get(param) === `${id}.asc` ? `${id}.desc` : `${id}.asc`)
  return `?${next.toString()}`
}

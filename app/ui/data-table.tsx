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

/** For rows that the server chose and ordered: they are shown as they come. */
export interface ServerOrder {
  /** Where the head of a column leads; null where the server does not order by it. */
  readonly href: (columnId: string) => string | null
  readonly sorted: { readonly id: string; readonly isAscending: boolean } | null
}

/** A tick before each row, in the form that stands around the table. */
export interface RowChoice<Row> {
  readonly name: string
  readonly label: (row: Row) => string
}

const PAGE_ROWS = 50

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
  order,
  choice,
}: {
  caption: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  rowKey: (row: Row) => string
  empty: ReactNode
  csv?: string
  prefix?: string
  filterLabel?: string
  order?: ServerOrder
  choice?: RowChoice<Row>
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
  const sorted = order ? order.sorted : sortId === '' ? null : { id: sortId, isAscending: direction !== 'desc' }
  const sorting = order || sorted === null ? [] : [{ id: sorted.id, desc: !sorted.isAscending }]
  const table = useTable({
    features,
    columns: defs,
    data,
    state: { sorting, globalFilter: order ? '' : query },
    globalFilterFn: 'includesString',
  })

  if (rows.length === 0) return <>{empty}</>
  const fitting = table.getRowModel().rows
  const pageParam = `${prefix}page`
  const pageCount = order ? 1 : Math.max(1, Math.ceil(fitting.length / PAGE_ROWS))
  const page = Math.min(pageCount, Math.max(1, Math.trunc(Number(search.get(pageParam) ?? 1)) || 1))
  const shown = pageCount === 1 ? fitting : fitting.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS)
  return (
    <div>
      {order !== undefined || (rows.length < 6 && csv === undefined) ? null : (
        <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
          <form method="get" role="search" className="flex gap-2">
            {[...search].map(([name, value]) =>
              name === filterParam || name === pageParam ? null : (
                <input key={name} type="hidden" name={name} value={value} />
              ),
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
            {query === '' ? `${String(rows.length)} in all` : `${String(fitting.length)} of ${String(rows.length)}`}
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
              {choice === undefined ? null : (
                <th scope="col" className="w-8 px-3 py-2">
                  <span className="sr-only">Choose</span>
                </th>
              )}
              {columns.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  aria-sort={column.id !== sorted?.id ? undefined : sorted.isAscending ? 'ascending' : 'descending'}
                  className={`px-3 py-2 font-semibold whitespace-nowrap ${column.isNumeric === true ? 'text-right' : ''}`}
                >
                  <Head
                    to={
                      order ? order.href(column.id) : sortLink(search, { sort: sortParam, page: pageParam }, column.id)
                    }
                    label={column.header}
                    mark={column.id !== sorted?.id ? '' : sorted.isAscending ? ' ↑' : ' ↓'}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ original: { row } }) => (
              <tr key={rowKey(row)} className="border-b border-line last:border-b-0 hover:bg-sunken">
                {choice === undefined ? null : (
                  <td className="px-3 py-2 align-top">
                    <input
                      type="checkbox"
                      name={choice.name}
                      value={rowKey(row)}
                      aria-label={choice.label(row)}
                      className="mt-0.5 size-4 accent-accent"
                    />
                  </td>
                )}
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
      {pageCount === 1 ? null : (
        <nav aria-label={`Pages of ${caption}`} className="mt-2 flex items-center gap-3 text-sm text-muted">
          {page === 1 ? null : <Link to={pageLink(search, pageParam, page - 1)}>Previous</Link>}
          <span>
            Page {page} of {pageCount}
          </span>
          {page === pageCount ? null : <Link to={pageLink(search, pageParam, page + 1)}>Next</Link>}
        </nav>
      )}
    </div>
  )
}

function Head({ to, label, mark }: { to: string | null; label: string; mark: string }) {
  if (to === null) return <>{label}</>
  return (
    <Link to={to} preventScrollReset className="text-ink">
      {label}
      <span aria-hidden="true" className="text-muted">
        {mark}
      </span>
    </Link>
  )
}

function sortLink(search: URLSearchParams, param: { sort: string; page: string }, id: string): string {
  const next = new URLSearchParams(search)
  next.set(param.sort, search.get(param.sort) === `${id}.asc` ? `${id}.desc` : `${id}.asc`)
  next.delete(param.page)
  return `?${next.toString()}`
}

function pageLink(search: URLSearchParams, param: string, page: number): string {
  const next = new URLSearchParams(search)
  next.set(param, String(page))
  return `?${next.toString()}`
}

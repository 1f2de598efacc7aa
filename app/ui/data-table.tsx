import { Link, useSearchParams } from '@remix-run/react'
import type { ReactNode, Ref, RefObject } from 'react'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
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
import type { Column, RowChoice } from './table-rows.tsx'
import { TableRow } from './table-rows.tsx'
import { useIsBrowser } from './use-is-browser.ts'
import { VirtualRows } from './virtual-rows.tsx'

const features = tableFeatures({
  columnFilteringFeature,
  globalFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  filterFns,
  sortFns,
})

/** For rows that the server chose and ordered: they are shown as they come. */
export interface ServerOrder {
  /** Where the head of a column leads; null where the server does not order by it. */
  readonly href: (columnId: string) => string | null
  readonly sorted: { readonly id: string; readonly isAscending: boolean } | null
}

/** For more rows than a page holds: they come as one scrolls, and those in sight are drawn. */
export interface Scrolling {
  readonly hasMore: boolean
  readonly load: () => void
  /** How many rows there are in all; null when nobody counted so far. */
  readonly total: number | null
}

const PAGE_ROWS = 50
/** From so many rows on, rows that come later may make it long. */
const VIRTUAL_ROWS_MIN = 100
/** The widths of the columns are those that so many rows give them. */
const MEASURED_ROWS = 100

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
  scrolling,
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
  scrolling?: Scrolling
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

  const isBrowser = useIsBrowser()
  const isVirtual = isBrowser && scrolling !== undefined && (scrolling.hasMore || rows.length > VIRTUAL_ROWS_MIN)
  const tableRef = useRef<HTMLTableElement>(null)
  const widths = useSteadyWidths(tableRef, columns.map(({ id }) => id).join('\n'), isVirtual)
  const inputName = isBrowser ? null : (choice?.name ?? null)
  useTicksBeforeLife(tableRef, choice)
  const { label, onChoose } = choice ?? {}
  // The same for every tick, so that one tick draws one row.
  const rowChoice = useMemo(() => (label && onChoose ? { label, onChoose } : undefined), [label, onChoose])

  if (rows.length === 0) return <>{empty}</>
  const fitting = table.getRowModel().rows
  const pageParam = `${prefix}page`
  const pageCount = order ? 1 : Math.max(1, Math.ceil(fitting.length / PAGE_ROWS))
  const page = Math.min(pageCount, Math.max(1, Math.trunc(Number(search.get(pageParam) ?? 1)) || 1))
  const shown = isVirtual
    ? fitting.slice(0, MEASURED_ROWS)
    : pageCount === 1
      ? fitting
      : fitting.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS)
  const keyOf = (one: (typeof fitting)[number] | undefined) => (one ? rowKey(one.original.row) : '')
  const rowOf = (one: (typeof fitting)[number] | undefined, index: number, measure?: Ref<HTMLTableRowElement>) =>
    one === undefined ? null : (
      <TableRow
        key={keyOf(one)}
        row={one.original.row}
        rowKey={keyOf(one)}
        columns={columns}
        choice={rowChoice}
        inputName={inputName}
        isChosen={choice?.chosen.has(keyOf(one)) ?? false}
        {...(scrolling ? { ariaIndex: index + 2 } : {})}
        {...(measure ? { index, measure } : {})}
      />
    )
  return (
    <div>
      {/* What is ticked is sent also when its row is not in the page. */}
      {choice === undefined || !isBrowser
        ? null
        : [...choice.chosen].map((key) => <input key={key} type="hidden" name={choice.name} value={key} />)}
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
        <table
          ref={tableRef}
          className={`w-full border-collapse text-left ${widths === null ? '' : 'table-fixed wrap-anywhere'}`}
          aria-rowcount={scrolling ? (scrolling.total === null ? -1 : scrolling.total + 1) : undefined}
        >
          <caption className="sr-only">{caption}</caption>
          {widths === null ? null : (
            <colgroup>
              {widths.map((width, at) => (
                <col key={at} style={{ width }} />
              ))}
            </colgroup>
          )}
          <thead>
            <tr className="border-b border-line bg-sunken text-sm" aria-rowindex={scrolling ? 1 : undefined}>
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
          {isVirtual && widths !== null ? (
            <VirtualRows
              count={fitting.length}
              columnCount={widths.length}
              keyAt={(index) => keyOf(fitting[index])}
              onNearEnd={scrolling.load}
            >
              {(index, measure) => rowOf(fitting[index], index, measure)}
            </VirtualRows>
          ) : (
            <tbody>{shown.map((one, index) => rowOf(one, index))}</tbody>
          )}
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

/**
 * The widths that the columns have with the first rows, so that they stay when others come into sight. Null until they are
 * known, and where they are not needed.
 */
function useSteadyWidths(table: RefObject<HTMLTableElement>, columns: string, isNeeded: boolean) {
  const [known, setKnown] = useState<{ readonly columns: string; readonly widths: readonly number[] } | null>(null)
  const isKnown = known?.columns === columns
  useLayoutEffect(() => {
    if (!isNeeded || isKnown || table.current === null) return
    const heads = [...table.current.querySelectorAll('thead th')]
    // What the browser made of the rows is known only when it has made it.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setKnown({ columns, widths: heads.map((head) => Math.ceil(head.getBoundingClientRect().width)) })
  }, [table, columns, isNeeded, isKnown])
  return isNeeded && isKnown ? known.widths : null
}

/** Boxes that were ticked before the page came to life are ticked. */
function useTicksBeforeLife<Row>(table: RefObject<HTMLTableElement>, choice: RowChoice<Row> | undefined): void {
  useEffect(() => {
    for (const box of table.current?.querySelectorAll<HTMLInputElement>('tbody input[type=checkbox]:checked') ?? [])
      choice?.onChoose(box.value, true)
    // Once: later ticks tell themselves.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
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

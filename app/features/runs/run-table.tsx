import { Link } from '@remix-run/react'
import { useMemo } from 'react'
import type { RunTableRow as Row } from '#app/domain/run-rows.ts'
import { RUN_STATE_WORDS } from '#app/domain/run.ts'
import { paths } from '#app/paths.ts'
import { Badge } from '#app/ui/badge.tsx'
import type { Scrolling } from '#app/ui/data-table.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { EmptyState } from '#app/ui/layout.tsx'
import { formatNumber } from '#app/ui/number.tsx'
import type { Column, RowChoice } from '#app/ui/table-rows.tsx'
import { Time } from '#app/ui/time.tsx'
import { RunBadge } from '../state-badge.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'
import { columnName } from './run-filter.tsx'

const METRICS_SHOWN = 3
/** The usual columns are those that so many rows have; more that come later change nothing. */
const ROWS_LOOKED_AT = 100
const FIRST = ['roc_auc', 'recall', 'rmse', 'mae', 'accuracy']

/** What the server orders runs by, by the id of the column; metrics and parameters by their own names. */
const ORDERED: Readonly<Record<string, string>> = {
  run: 'attributes.run_name',
  state: 'attributes.status',
  by: 'attributes.user_id',
  when: 'attributes.start_time',
}

/** Runs in the server's order, with what they measured and what that means for the signed criteria. */
export function RunTable({
  rows,
  engagementId,
  now,
  zone,
  columns: picked,
  isFiltered,
  order,
  orderHref,
  chosen,
  onChoose,
  scrolling,
}: {
  rows: readonly Row[]
  engagementId: string
  now: Date
  zone: string
  /** `metrics.…` and `params.…`; the usual ones when none were chosen. */
  columns: readonly string[]
  isFiltered: boolean
  /** As in MLflow: `metrics.roc_auc DESC`. */
  order: string
  orderHref: (order: string) => string
  chosen: ReadonlySet<string>
  onChoose: (id: string, isChosen: boolean) => void
  scrolling: Scrolling
}) {
  const keys = (picked.length > 0 ? picked : usualKeys(rows.slice(0, ROWS_LOOKED_AT))).join('\n')
  const columns = useMemo(
    () => columnsOf({ keys: keys.split('\n').filter((key) => key !== ''), engagementId, now, zone }),
    [keys, engagementId, now, zone],
  )
  const choice: RowChoice<Row> = useMemo(
    () => ({ name: 'run', label: choiceLabel, chosen, onChoose }),
    [chosen, onChoose],
  )
  const [orderedBy = '', direction = 'ASC'] = order.split(/ (?=ASC$|DESC$)/)
  const termOf = (id: string) => ORDERED[id] ?? (/^(metrics|params)\./.test(id) ? quoted(id) : null)
  const sortedId = columns.find(({ id }) => termOf(id) === orderedBy)?.id
  return (
    <DataTable
      caption="Runs"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      order={{
        href(id) {
          const term = termOf(id)
          if (term === null) return null
          const isTurned = sortedId === id && direction === 'DESC'
          return orderHref(`${term} ${isTurned ? 'ASC' : 'DESC'}`)
        },
        sorted: sortedId === undefined ? null : { id: sortedId, isAscending: direction === 'ASC' },
      }}
      choice={choice}
      scrolling={scrolling}
      empty={
        isFiltered ? (
          <EmptyState title="No run fits">Another filter may find more.</EmptyState>
        ) : (
          <EmptyState title="No run yet">
            Start a training job, or point an MLflow client here with a token of this engagement.
          </EmptyState>
        )
      }
    />
  )
}

const choiceLabel = (row: Row) => `Choose ${row.name} to compare`

function columnsOf(about: { keys: readonly string[]; engagementId: string; now: Date; zone: string }): Column<Row>[] {
  return [
    {
      id: 'run',
      header: 'Run',
      value: (row) => row.name,
      cell: (row) => (
        <>
          <Link to={paths.run(about.engagementId, row.id)}>{row.name}</Link>{' '}
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
    ...about.keys.map((key) => ({
      id: key,
      header: columnName(key),
      isNumeric: key.startsWith('metrics.'),
      value: (row: Row) => valueOf(row, key),
      cell: (row: Row) => {
        const value = valueOf(row, key)
        return value === null ? '–' : typeof value === 'number' ? formatNumber(value) : value
      },
    })),
    { id: 'by', header: 'By', value: (row) => row.userName },
    {
      id: 'when',
      header: 'When',
      value: (row) => row.createdAt.toISOString(),
      cell: (row) => <Time at={row.createdAt} now={about.now} zone={about.zone} />,
    },
  ]
}

function valueOf(row: Row, column: string): string | number | null {
  const list = column.startsWith('metrics.') ? row.metrics : row.params
  const key = column.replace(/^(metrics|params)\./, '')
  return list.find((entry) => entry.key === key)?.value ?? null
}

function usualKeys(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => row.metrics.map((metric) => metric.key)))]
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, METRICS_SHOWN)
    .map((key) => `metrics.${key}`)
}

function rank(key: string): number {
  const at = FIRST.indexOf(key)
  return at < 0 ? FIRST.length : at
}

/** A name with other signs than a plain one is quoted, as MLflow's grammar wants it. */
function quoted(column: string): string {
  const [, entity = '', key = ''] = /^(metrics|params)\.(.*)$/.exec(column) ?? []
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? column : `${entity}."${key.replaceAll('"', '')}"`
}

import { and, eq, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import type { LifecycleStage } from '#app/domain/run.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'
import type { RunRow } from './runs.ts'
import { toRunRow } from './runs.ts'
import type { Searchable, Term } from './search.ts'
import { behind, conditionsOf, orderingOf, positionOf, termsOf } from './search.ts'

export interface RunSearch {
  readonly engagementId: EngagementId
  /** Empty: every experiment of the engagement. */
  readonly experimentIds: readonly number[]
  readonly stages: readonly LifecycleStage[]
  readonly filter: readonly Clause[]
  readonly order: readonly Order[]
  readonly limit: number
  /** The position of the last run of the page before. */
  readonly after?: readonly (string | null)[]
}

const LATEST = 'm.step desc, m.timestamp desc, m.value desc'
/** Of several datasets' values of a metric the newest is the run's, as in MLflow, which keeps one. */
const IS_NEWEST = sql`not exists (select 1 from latest_metrics o where o.run_id = m.run_id and o.key = m.key
  and (o.step, o.timestamp, o.value, o.dataset_name, o.dataset_digest, o.model_id)
    > (m.step, m.timestamp, m.value, m.dataset_name, m.dataset_digest, m.model_id))`

const SEARCHABLE: Searchable = {
  attributes: {
    run_id: { by: sql`${runs.id}`, type: 'text' },
    run_name: { by: sql`${runs.name}`, type: 'text' },
    status: { by: sql`case ${runs.state} when 'lost' then 'FAILED' else upper(${runs.state}) end`, type: 'text' },
    user_id: { by: sql`${runs.userName}`, type: 'text' },
    start_time: { by: sql`${runs.startTime}`, type: 'bigint' },
    end_time: { by: sql`${runs.endTime}`, type: 'bigint' },
    experiment_id: { by: sql`${runs.experimentId}::text`, type: 'text' },
    artifact_uri: {
      by: sql`('mlflow-artifacts:/' || ${runs.experimentId} || '/' || ${runs.id} || '/artifacts')`,
      type: 'text',
    },
  },
  having: {
    metric: (key, passes) =>
      sql`exists (select 1 from latest_metrics m where m.run_id = ${runs.id} and m.experiment_id = ${runs.experimentId} and m.key = ${key} and ${passes(sql`m.value`)} and ${IS_NEWEST})`,
    param: (key, passes) =>
      sql`exists (select 1 from run_params p where p.engagement_id = ${runs.engagementId} and p.run_id = ${runs.id} and p.key = ${key} and ${passes(sql`p.value`, sql`p.value_start`)})`,
    tag: (key, passes) =>
      sql`exists (select 1 from run_tags t where t.engagement_id = ${runs.engagementId} and t.run_id = ${runs.id} and t.key = ${key} and ${passes(sql`t.value`, sql`t.value_start`)})`,
    dataset: (key, passes) =>
      sql`exists (select 1 from run_inputs i join dataset_versions v on v.id = i.dataset_version_id join datasets d on d.id = v.dataset_id
        where i.run_id = ${runs.id} and ${passes(key === 'name' ? sql`d.name` : key === 'digest' ? sql`v.digest` : sql`i.context`)})`,
  },
  value: {
    metric: (key) =>
      sql`(select m.value from latest_metrics m where m.run_id = ${runs.id} and m.key = ${key} order by ${sql.raw(LATEST)} limit 1)`,
    param: (key) => sql`(select p.value from run_params p where p.run_id = ${runs.id} and p.key = ${key})`,
    tag: (key) => sql`(select t.value from run_tags t where t.run_id = ${runs.id} and t.key = ${key})`,
  },
  id: sql`${runs.id}`,
  idType: 'text',
}

/** A run that we start has a starting time; null comes from nowhere. */
const NEWEST_FIRST: readonly Term[] = [
  { by: sql`${runs.startTime}`, isAscending: false, type: 'bigint', isAlwaysThere: true },
]

/** How many values a position in this order has. */
export function runPositionLength(order: readonly Order[]): number {
  return termsOf(SEARCHABLE, order, NEWEST_FIRST).length
}

export interface FoundRun {
  readonly run: RunRow
  readonly position: readonly (string | null)[]
}

/** Runs that fit, in the order asked for, then newest first, then by id; each with its position for the next page. */
export async function searchRuns(tx: Tx, search: RunSearch): Promise<FoundRun[]> {
  const [first] = search.order
  if (first?.entity === 'metric' && search.experimentIds.length === 1 && (search.after?.[0] ?? '0') === '0') {
    const ranked = await searchByMetric(tx, search, first)
    if (ranked.length === search.limit) return ranked
  }
  const terms = termsOf(SEARCHABLE, search.order, NEWEST_FIRST)
  const rows = await tx
    .select({ run: runs, position: positionOf(terms) })
    .from(runs)
    .where(and(...scopeOf(search), search.after === undefined ? undefined : behind(terms, search.after)))
    .orderBy(orderingOf(terms))
    .limit(search.limit)
  return rows.map(({ run, position }) => ({ run: toRunRow(run), position }))
}

/**
 * The same for an order that begins with a metric, read from the index of its values: runs that have a number there. Where
 * they fill the page, those without one come later.
 */
async function searchByMetric(tx: Tx, search: RunSearch, { key, isAscending }: Order): Promise<FoundRun[]> {
  const terms: Term[] = [
    { by: sql`0::int`, isAscending: true, type: 'int', isAlwaysThere: true },
    { by: sql`m.value`, isAscending, type: 'float8', isAlwaysThere: true },
    ...termsOf(SEARCHABLE, search.order.slice(1), NEWEST_FIRST),
  ]
  const from = search.after?.[1]
  const sign = sql.raw(isAscending ? '>=' : '<=')
  const rows = await tx
    .select({ run: runs, position: positionOf(terms) })
    .from(sql`latest_metrics m`)
    .innerJoin(runs, sql`${runs.id} = m.run_id`)
    .where(
      and(
        sql`m.experiment_id = ${search.experimentIds[0]} and m.key = ${key} and m.value <> 'NaN'::float8`,
        IS_NEWEST,
        from === undefined ? undefined : sql`m.value ${sign} ${from}::float8`,
        ...scopeOf(search),
        search.after === undefined ? undefined : behind(terms, search.after),
      ),
    )
    .orderBy(orderingOf(terms))
    .limit(search.limit)
  return rows.map(({ run, position }) => ({ run: toRunRow(run), position }))
}

/** How many runs fit; `limit` for as many or more. */
export async function countRuns(
  tx: Tx,
  search: Omit<RunSearch, 'order' | 'limit' | 'after'>,
  limit: number,
): Promise<number> {
  const fitting = tx
    .select({ one: sql`1` })
    .from(runs)
    .where(and(...scopeOf(search)))
    .limit(limit)
  const [row] = await tx.execute<{ count: number }>(sql`select count(*)::int as count from (${fitting}) fitting`)
  return row?.count ?? 0
}

/** Names that a table of runs may have as columns, at most. */
const KEYS_MAX = 2000

/** Which metrics and parameters the runs have that fit, by name. */
export async function listFittingKeys(
  tx: Tx,
  search: Omit<RunSearch, 'order' | 'limit' | 'after'>,
): Promise<{ readonly metrics: string[]; readonly params: string[] }> {
  const fitting = tx
    .select({ id: runs.id })
    .from(runs)
    .where(and(...scopeOf(search)))
  const named = async (table: SQL) => {
    const rows = await tx.execute<{ key: string }>(
      sql`select distinct key from ${table} where run_id in (${fitting}) order by key limit ${KEYS_MAX}`,
    )
    return [...rows].map(({ key }) => key)
  }
  return { metrics: await named(sql`latest_metrics`), params: await named(sql`run_params`) }
}

function scopeOf(search: Pick<RunSearch, 'engagementId' | 'experimentIds' | 'stages' | 'filter'>): (SQL | undefined)[] {
  const [only, ...others] = search.experimentIds
  return [
    eq(runs.engagementId, search.engagementId),
    // One experiment by `=`, so that its index gives the order.
    only === undefined
      ? undefined
      : others.length === 0
        ? eq(runs.experimentId, only)
        : sql`${runs.experimentId} = any(${sql.param([...search.experimentIds])}::bigint[])`,
    search.stages.length === 1
      ? sql`${runs.lifecycleStage} = ${search.stages[0]}`
      : sql`${runs.lifecycleStage} = any(${sql.param([...search.stages])}::text[])`,
    ...conditionsOf(SEARCHABLE, search.filter),
  ]
}

import { and, eq, sql } from 'drizzle-orm'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import type { LoggedModelStatus } from '#app/domain/logged-model.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import type { LifecycleStage } from '#app/domain/run.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import { loggedModelParams, loggedModels, loggedModelTags } from '../schema/logged-models.ts'
import type { Tx } from '../types.ts'
import type { KeyValue } from './runs.ts'
import type { Searchable, Term } from './search.ts'
import { behind, conditionsOf, epochMs, orderingOf, positionOf, termsOf } from './search.ts'

export interface LoggedModelRow {
  readonly id: string
  readonly experimentId: number
  readonly sourceRunId: RunId | null
  readonly name: string
  readonly modelType: string
  readonly status: LoggedModelStatus
  readonly lifecycleStage: LifecycleStage
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface LoggedModelDetail {
  readonly model: LoggedModelRow
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  /** Last point of each metric that named the model, with the run that logged it. */
  readonly metrics: readonly (MetricPoint & { readonly runId: string })[]
}

const columns = {
  id: loggedModels.id,
  experimentId: loggedModels.experimentId,
  sourceRunId: loggedModels.sourceRunId,
  name: loggedModels.name,
  modelType: loggedModels.modelType,
  status: loggedModels.status,
  lifecycleStage: loggedModels.lifecycleStage,
  createdAt: loggedModels.createdAt,
  updatedAt: loggedModels.updatedAt,
}

type Raw = Omit<LoggedModelRow, 'sourceRunId'> & { readonly sourceRunId: string | null }
const toRow = (raw: Raw): LoggedModelRow => ({
  ...raw,
  sourceRunId: raw.sourceRunId === null ? null : toRunId(raw.sourceRunId),
})

const isOf = (engagementId: EngagementId, id: string) =>
  and(eq(loggedModels.engagementId, engagementId), eq(loggedModels.id, id), eq(loggedModels.lifecycleStage, 'active'))

const missing = (id: string) => new AppError('not_found', `Logged model with ID '${id.slice(0, 100)}' not found.`)

/** @throws AppError `not_found`, also when it was deleted */
export async function getLoggedModel(tx: Tx, engagementId: EngagementId, id: string): Promise<LoggedModelRow> {
  const [row] = await tx.select(columns).from(loggedModels).where(isOf(engagementId, id))
  if (!row) throw missing(id)
  return toRow(row)
}

/** As getLoggedModel, and holds it. */
export async function lockLoggedModel(tx: Tx, engagementId: EngagementId, id: string): Promise<LoggedModelRow> {
  const [row] = await tx.select(columns).from(loggedModels).where(isOf(engagementId, id)).for('update')
  if (!row) throw missing(id)
  return toRow(row)
}

/** The newest model of a run by its name; null when it logged none of this name. */
export async function findLoggedModelOfRun(
  tx: Tx,
  engagementId: EngagementId,
  runId: RunId,
  name: string,
): Promise<LoggedModelRow | null> {
  const [row] = await tx
    .select(columns)
    .from(loggedModels)
    .where(
      and(
        eq(loggedModels.engagementId, engagementId),
        eq(loggedModels.sourceRunId, runId),
        eq(loggedModels.name, name),
        eq(loggedModels.lifecycleStage, 'active'),
      ),
    )
    .orderBy(sql`${loggedModels.createdAt} desc`)
    .limit(1)
  return row ? toRow(row) : null
}

export async function insertLoggedModel(
  tx: Tx,
  row: {
    readonly id: string
    readonly engagementId: EngagementId
    readonly experimentId: number
    readonly sourceRunId: RunId | null
    readonly name: string
    readonly modelType: string
    readonly at: Date
  },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(loggedModels).values({ ...values, status: 'PENDING', createdAt: at, updatedAt: at })
}

export async function saveLoggedModel(
  tx: Tx,
  id: string,
  change: { readonly status?: LoggedModelStatus; readonly lifecycleStage?: LifecycleStage; readonly at: Date },
): Promise<void> {
  const { at, ...values } = change
  await tx
    .update(loggedModels)
    .set({ ...values, updatedAt: at })
    .where(eq(loggedModels.id, id))
}

/** Add parameters; one that exists keeps its value. @returns false when a stored value differs from the one given */
export async function insertLoggedModelParams(
  tx: Tx,
  model: { readonly engagementId: EngagementId; readonly id: string },
  params: readonly KeyValue[],
): Promise<boolean> {
  if (params.length === 0) return true
  await tx
    .insert(loggedModelParams)
    .values(params.map((param) => ({ engagementId: model.engagementId, modelId: model.id, ...param })))
    .onConflictDoNothing()
  const stored = await tx
    .select({ key: loggedModelParams.key, value: loggedModelParams.value })
    .from(loggedModelParams)
    .where(eq(loggedModelParams.modelId, model.id))
  const values = new Map(stored.map((param) => [param.key, param.value]))
  return params.every((param) => values.get(param.key) === param.value)
}

export async function saveLoggedModelTags(
  tx: Tx,
  model: { readonly engagementId: EngagementId; readonly id: string },
  tags: readonly KeyValue[],
): Promise<void> {
  if (tags.length === 0) return
  await tx
    .insert(loggedModelTags)
    .values(tags.map((tag) => ({ engagementId: model.engagementId, modelId: model.id, ...tag })))
    .onConflictDoUpdate({
      target: [loggedModelTags.modelId, loggedModelTags.key],
      set: { value: sql`excluded.value` },
    })
}

/** @returns false when there was no such tag */
export async function removeLoggedModelTag(tx: Tx, modelId: string, key: string): Promise<boolean> {
  const rows = await tx
    .delete(loggedModelTags)
    .where(and(eq(loggedModelTags.modelId, modelId), eq(loggedModelTags.key, key)))
    .returning({ key: loggedModelTags.key })
  return rows.length === 1
}

/** Parameters, tags and metrics of models, in one round trip, in the order of the models. */
export async function loadLoggedModelDetails(tx: Tx, models: readonly LoggedModelRow[]): Promise<LoggedModelDetail[]> {
  if (models.length === 0) return []
  const ids = sql.param(models.map((model) => model.id))
  const answered = await tx.execute<{
    id: string
    params: [string, string][] | null
    tags: [string, string][] | null
    metrics: [string, string, string, number, number, string, string][] | null
  }>(sql`
    select wanted.id,
      (select json_agg(json_build_array(p.key, p.value) order by p.key) from logged_model_params p where p.model_id = wanted.id) as params,
      (select json_agg(json_build_array(t.key, t.value) order by t.key) from logged_model_tags t where t.model_id = wanted.id) as tags,
      (select json_agg(json_build_array(m.run_id, m.key, m.value::text, m.step, m.timestamp, m.dataset_name, m.dataset_digest)
        order by m.key, m.run_id) from latest_metrics m where m.model_id = wanted.id and m.model_id <> '') as metrics
    from unnest(${ids}::text[]) as wanted(id)`)
  const byId = new Map([...answered].map((answer) => [answer.id, answer]))
  const pairs = (list: [string, string][] | null | undefined) => (list ?? []).map(([key, value]) => ({ key, value }))
  return models.map((model) => {
    const answer = byId.get(model.id)
    return {
      model,
      params: pairs(answer?.params),
      tags: pairs(answer?.tags),
      metrics: (answer?.metrics ?? []).map(([runId, key, value, step, timestamp, datasetName, datasetDigest]) => ({
        runId,
        key,
        value: Number(value),
        step,
        timestamp,
        datasetName,
        datasetDigest,
        modelId: model.id,
      })),
    }
  })
}

interface OnDataset {
  readonly name: string
  /** Null: any version of it. */
  readonly digest: string | null
}

function latestOf(key: string, datasets: readonly OnDataset[]) {
  const isOn = datasets.map(({ name, digest }) =>
    digest === null ? sql`m.dataset_name = ${name}` : sql`(m.dataset_name = ${name} and m.dataset_digest = ${digest})`,
  )
  const scope = isOn.length === 0 ? sql`` : sql` and (${sql.join(isOn, sql` or `)})`
  return sql`from latest_metrics m where m.model_id = ${loggedModels.id} and m.model_id <> '' and m.key = ${key}${scope}`
}

/** Metrics count only on one of the datasets, where any are named. */
const searchable = (datasets: readonly OnDataset[]): Searchable => ({
  attributes: {
    name: { by: sql`${loggedModels.name}`, type: 'text' },
    model_id: { by: sql`${loggedModels.id}`, type: 'text' },
    model_type: { by: sql`${loggedModels.modelType}`, type: 'text' },
    status: { by: sql`${loggedModels.status}`, type: 'text' },
    source_run_id: { by: sql`${loggedModels.sourceRunId}`, type: 'text' },
    creation_timestamp: { by: epochMs(loggedModels.createdAt), type: 'bigint' },
    last_updated_timestamp: { by: epochMs(loggedModels.updatedAt), type: 'bigint' },
  },
  having: {
    metric: (key, passes) => sql`exists (select 1 ${latestOf(key, datasets)} and ${passes(sql`m.value`)})`,
    param: (key, passes) =>
      sql`exists (select 1 from logged_model_params p where p.model_id = ${loggedModels.id} and p.key = ${key} and ${passes(sql`p.value`)})`,
    tag: (key, passes) =>
      sql`exists (select 1 from logged_model_tags t where t.model_id = ${loggedModels.id} and t.key = ${key} and ${passes(sql`t.value`)})`,
  },
  value: {
    metric: (key) => sql`(select m.value ${latestOf(key, datasets)} order by m.timestamp desc, m.step desc limit 1)`,
    param: (key) =>
      sql`(select p.value from logged_model_params p where p.model_id = ${loggedModels.id} and p.key = ${key})`,
    tag: (key) =>
      sql`(select t.value from logged_model_tags t where t.model_id = ${loggedModels.id} and t.key = ${key})`,
  },
  id: sql`${loggedModels.id}`,
  idType: 'text',
})

const NEWEST_FIRST: readonly Term[] = [
  { by: epochMs(loggedModels.createdAt), isAscending: false, type: 'bigint', isAlwaysThere: true },
]

/** How many values a position in this order has. */
export function loggedModelPositionLength(order: readonly Order[]): number {
  return termsOf(searchable([]), order, NEWEST_FIRST).length
}

/** Logged models of experiments that fit, newest first unless asked otherwise; each with its position for the next page. */
export async function searchLoggedModels(
  tx: Tx,
  engagementId: EngagementId,
  search: {
    readonly experimentIds: readonly number[]
    readonly filter: readonly Clause[]
    readonly datasets: readonly OnDataset[]
    readonly order: readonly Order[]
    readonly limit: number
    readonly after?: readonly (string | null)[]
  },
): Promise<{ readonly row: LoggedModelRow; readonly position: readonly (string | null)[] }[]> {
  const of = searchable(search.datasets)
  const terms = termsOf(of, search.order, NEWEST_FIRST)
  const rows = await tx
    .select({ ...columns, position: positionOf(terms) })
    .from(loggedModels)
    .where(
      and(
        eq(loggedModels.engagementId, engagementId),
        eq(loggedModels.lifecycleStage, 'active'),
        sql`${loggedModels.experimentId} = any(${sql.param([...search.experimentIds])}::bigint[])`,
        ...conditionsOf(of, search.filter),
        search.after === undefined ? undefined : behind(terms, search.after),
      ),
    )
    .orderBy(orderingOf(terms))
    .limit(search.limit)
  return rows.map(({ position, ...row }) => ({ row: toRow(row), position }))
}

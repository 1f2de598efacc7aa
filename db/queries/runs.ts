import { and, desc, eq, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, JobId, PersonId, RunId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import type { LifecycleStage, RunState } from '#app/domain/run.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import type { DatasetRole } from '#app/domain/verdict.ts'
import { runInputs, runParams, runs, runTags } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

export interface RunRow {
  readonly id: RunId
  readonly engagementId: EngagementId
  readonly experimentId: number
  readonly name: string
  readonly userName: string
  readonly state: RunState
  readonly lifecycleStage: LifecycleStage
  readonly startTime: number | null
  readonly endTime: number | null
  readonly jobId: JobId | null
  readonly isVerified: boolean
  readonly createdAt: Date
}

type Raw = typeof runs.$inferSelect
const toRow = (raw: Raw): RunRow => ({
  id: toRunId(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  experimentId: raw.experimentId,
  name: raw.name,
  userName: raw.userName,
  state: raw.state,
  lifecycleStage: raw.lifecycleStage,
  startTime: raw.startTime,
  endTime: raw.endTime,
  jobId: raw.jobId === null ? null : toId<JobId>(raw.jobId),
  isVerified: raw.isVerified,
  createdAt: raw.createdAt,
})

/** @throws AppError `not_found` */
export async function getRun(tx: Tx, engagementId: EngagementId, id: RunId): Promise<RunRow> {
  const [row] = await tx
    .select()
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), eq(runs.id, id)))
  return toRow(found(row, `Run with id=${id}`))
}

/** As getRun, and holds it: one writer at a time. */
export async function lockRun(tx: Tx, engagementId: EngagementId, id: RunId): Promise<RunRow> {
  const [row] = await tx
    .select()
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), eq(runs.id, id)))
    .for('update')
  return toRow(found(row, `Run with id=${id}`))
}

export async function insertRun(
  tx: Tx,
  row: {
    readonly id: RunId
    readonly engagementId: EngagementId
    readonly experimentId: number
    readonly name: string
    readonly userName: string
    readonly startTime: number | null
    readonly startedBy: PersonId | null
    readonly jobId: JobId | null
    readonly isVerified: boolean
    readonly at: Date
  },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(runs).values({ ...values, state: 'running', createdAt: at })
}

export async function saveRun(
  tx: Tx,
  id: RunId,
  change: {
    readonly state?: RunState
    readonly endTime?: number | null
    readonly name?: string
    readonly endedAt?: Date | null
  },
): Promise<void> {
  if (Object.keys(change).length > 0) await tx.update(runs).set(change).where(eq(runs.id, id))
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/**
 * Add parameters; a parameter that exists keeps its value.
 * @returns the first whose stored value differs from the one given, or null
 */
export async function insertParams(
  tx: Tx,
  run: { readonly engagementId: EngagementId; readonly id: RunId },
  params: readonly KeyValue[],
): Promise<{ readonly key: string; readonly stored: string; readonly given: string } | null> {
  if (params.length === 0) return null
  const keys = sql.param(params.map((param) => param.key))
  const values = sql.param(params.map((param) => param.value))
  await tx.execute(sql`insert into run_params (engagement_id, run_id, key, value)
    select ${run.engagementId}, ${run.id}, k, v from unnest(${keys}::text[], ${values}::text[]) as given(k, v) order by k
    on conflict do nothing`)
  const [differing] = await tx.execute<{ key: string; stored: string; given: string }>(sql`
    select p.key, p.value as stored, given.v as given from run_params p
    join unnest(${keys}::text[], ${values}::text[]) as given(k, v) on p.key = given.k
    where p.run_id = ${run.id} and p.value is distinct from given.v limit 1`)
  return differing ?? null
}

/** Set tags; the last value counts. Keys must be distinct. */
export async function saveTags(
  tx: Tx,
  run: { readonly engagementId: EngagementId; readonly id: RunId },
  tags: readonly KeyValue[],
): Promise<void> {
  if (tags.length === 0) return
  await tx
    .insert(runTags)
    .values(tags.map((tag) => ({ engagementId: run.engagementId, runId: run.id, ...tag })))
    .onConflictDoUpdate({ target: [runTags.runId, runTags.key], set: { value: sql`excluded.value` } })
}

export async function insertRunInput(
  tx: Tx,
  row: {
    readonly engagementId: EngagementId
    readonly runId: RunId
    readonly datasetVersionId: string
    readonly role: DatasetRole
    readonly context: string
  },
): Promise<void> {
  await tx.insert(runInputs).values(row).onConflictDoNothing()
}

export interface RunMetric {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly timestamp: number
  readonly datasetName: string
  readonly datasetDigest: string
}

export interface RunInput {
  readonly datasetVersionId: string
  readonly name: string
  readonly digest: string
  readonly role: DatasetRole
  readonly context: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
}

export interface RunDetail {
  readonly run: RunRow
  /** Last point of each key and dataset. */
  readonly metrics: readonly RunMetric[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
  readonly inputs: readonly RunInput[]
}

/** Everything that is shown of runs, in one round trip, in the order of the ids. */
export async function loadRunDetails(tx: Tx, rows: readonly RunRow[]): Promise<RunDetail[]> {
  if (rows.length === 0) return []
  const ids = sql.param(rows.map((row) => row.id))
  // Values travel as text: JSON has no NaN and no infinity.
  const answered = await tx.execute<{
    id: string
    metrics: { key: string; value: string; step: number; timestamp: number; name: string; digest: string }[]
    params: KeyValue[]
    tags: KeyValue[]
    inputs: RunInput[]
  }>(sql`
    select wanted.id,
      coalesce((select json_agg(json_build_object('key', m.key, 'value', m.value::text, 'step', m.step, 'timestamp', m.timestamp,
        'name', m.dataset_name, 'digest', m.dataset_digest) order by m.key, m.step desc, m.timestamp desc)
        from latest_metrics m where m.run_id = wanted.id), '[]'::json) as metrics,
      coalesce((select json_agg(json_build_object('key', p.key, 'value', p.value) order by p.key)
        from run_params p where p.run_id = wanted.id), '[]'::json) as params,
      coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
        from run_tags t where t.run_id = wanted.id), '[]'::json) as tags,
      coalesce((select json_agg(json_build_object('datasetVersionId', v.id, 'name', d.name, 'digest', v.digest, 'role', i.role,
        'context', i.context, 'sourceType', v.mlflow_source_type, 'source', v.mlflow_source, 'schema', v.mlflow_schema,
        'profile', v.mlflow_profile) order by d.name, i.role)
        from run_inputs i join dataset_versions v on v.id = i.dataset_version_id join datasets d on d.id = v.dataset_id
        where i.run_id = wanted.id), '[]'::json) as inputs
    from unnest(${ids}::text[]) as wanted(id)`)
  const byId = new Map([...answered].map((answer) => [answer.id, answer]))
  return rows.map((run) => {
    const answer = byId.get(run.id)
    return {
      run,
      metrics: (answer?.metrics ?? []).map((metric) => ({
        key: metric.key,
        value: Number(metric.value),
        step: metric.step,
        timestamp: metric.timestamp,
        datasetName: metric.name,
        datasetDigest: metric.digest,
      })),
      params: answer?.params ?? [],
      tags: answer?.tags ?? [],
      inputs: answer?.inputs ?? [],
    }
  })
}

export interface RunSearch {
  readonly engagementId: EngagementId
  /** Empty: every experiment of the engagement. */
  readonly experimentIds: readonly number[]
  readonly stages: readonly LifecycleStage[]
  readonly filter: readonly Clause[]
  readonly order: readonly Order[]
  readonly limit: number
  readonly offset: number
}

/** Runs that fit, in the order asked for, then newest first. */
export async function searchRuns(tx: Tx, search: RunSearch): Promise<RunRow[]> {
  const rows = await tx
    .select()
    .from(runs)
    .where(
      and(
        eq(runs.engagementId, search.engagementId),
        search.experimentIds.length === 0
          ? undefined
          : sql`${runs.experimentId} = any(${sql.param([...search.experimentIds])}::bigint[])`,
        sql`${runs.lifecycleStage} = any(${sql.param([...search.stages])}::text[])`,
        ...search.filter.map(condition),
      ),
    )
    .orderBy(...search.order.map(ordering), desc(runs.startTime), desc(runs.id))
    .limit(search.limit)
    .offset(search.offset)
  return rows.map(toRow)
}

function condition({ entity, key, comparator, value }: Clause): SQL {
  const compared = comparisonOf(comparator, value)
  switch (entity) {
    case 'metric':
      return sql`exists (select 1 from latest_metrics m where m.run_id = ${runs.id} and m.key = ${key} and m.value ${compared})`
    case 'param':
      return sql`exists (select 1 from run_params p where p.run_id = ${runs.id} and p.key = ${key} and p.value ${compared})`
    case 'tag':
      return comparator === '!=' || comparator === 'NOT IN'
        ? sql`not exists (select 1 from run_tags t where t.run_id = ${runs.id} and t.key = ${key} and not (t.value ${compared}))`
        : sql`exists (select 1 from run_tags t where t.run_id = ${runs.id} and t.key = ${key} and t.value ${compared})`
    case 'attribute':
      return sql`${attributeColumn(key)} ${compared}`
    default:
      return entity satisfies never
  }
}

function comparisonOf(comparator: Clause['comparator'], value: Clause['value']): SQL {
  if (comparator === 'IN') return sql`= any(${sql.param(value)}::text[])`
  if (comparator === 'NOT IN') return sql`<> all(${sql.param(value)}::text[])`
  return sql`${sql.raw(comparator)} ${typeof value === 'number' ? sql`${value}::float8` : value}`
}

/** Attributes that filters and orders may name; the caller has refused all others. */
const ATTRIBUTES = {
  run_id: sql`${runs.id}`,
  run_name: sql`${runs.name}`,
  status: sql`case ${runs.state} when 'lost' then 'FAILED' else upper(${runs.state}) end`,
  user_id: sql`${runs.userName}`,
  start_time: sql`${runs.startTime}`,
  end_time: sql`${runs.endTime}`,
  artifact_uri: sql`('mlflow-artifacts:/' || ${runs.experimentId} || '/' || ${runs.id} || '/artifacts')`,
} as const

/** Which attributes are numbers; all others are text. */
export const RUN_ATTRIBUTES: Readonly<Record<keyof typeof ATTRIBUTES, 'text' | 'number'>> = {
  run_id: 'text',
  run_name: 'text',
  status: 'text',
  user_id: 'text',
  start_time: 'number',
  end_time: 'number',
  artifact_uri: 'text',
}

function attributeColumn(key: string): SQL {
  return Object.entries(ATTRIBUTES).find(([name]) => name === key)?.[1] ?? sql`null::text`
}

function ordering({ entity, key, isAscending }: Order): SQL {
  const direction = sql.raw(isAscending ? 'asc' : 'desc')
  switch (entity) {
    case 'metric':
      return sql`(select nullif(m.value, 'NaN'::float8) from latest_metrics m where m.run_id = ${runs.id} and m.key = ${key} order by m.step desc limit 1) ${direction} nulls last`
    case 'param':
      return sql`(select p.value from ${runParams} p where p.run_id = ${runs.id} and p.key = ${key}) ${direction} nulls last`
    case 'tag':
      return sql`(select t.value from ${runTags} t where t.run_id = ${runs.id} and t.key = ${key}) ${direction} nulls last`
    case 'attribute':
      return sql`${attributeColumn(key)} ${direction} nulls last`
    default:
      return entity satisfies never
  }
}

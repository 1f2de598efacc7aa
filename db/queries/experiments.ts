import { and, asc, eq, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { LifecycleStage } from '#app/domain/run.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import { experiments, experimentTags } from '../schema/runs.ts'
import type { Tx } from '../types.ts'
import type { Searchable, Term } from './search.ts'
import { behind, conditionsOf, epochMs, orderingOf, positionOf, termsOf } from './search.ts'

export interface ExperimentRow {
  readonly id: number
  readonly name: string
  readonly lifecycleStage: LifecycleStage
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}

const columns = {
  id: experiments.id,
  name: experiments.name,
  lifecycleStage: experiments.lifecycleStage,
  createdAt: experiments.createdAt,
  updatedAt: experiments.updatedAt,
  tags: sql<{ key: string; value: string }[]>`coalesce((
    select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
    from ${experimentTags} t where t.experiment_id = ${experiments.id}), '[]'::json)`,
}

export async function findExperiment(tx: Tx, engagementId: EngagementId, id: number): Promise<ExperimentRow | null> {
  const [row] = await tx
    .select(columns)
    .from(experiments)
    .where(and(eq(experiments.engagementId, engagementId), eq(experiments.id, id)))
  return row ?? null
}

export async function findExperimentByName(
  tx: Tx,
  engagementId: EngagementId,
  name: string,
): Promise<ExperimentRow | null> {
  const [row] = await tx
    .select(columns)
    .from(experiments)
    .where(and(eq(experiments.engagementId, engagementId), eq(experiments.name, name)))
  return row ?? null
}

/** @returns the new experiment's id; null when the name is taken */
export async function insertExperiment(
  tx: Tx,
  row: {
    engagementId: EngagementId
    name: string
    tags: readonly { readonly key: string; readonly value: string }[]
    at: Date
  },
): Promise<number | null> {
  const [made] = await tx
    .insert(experiments)
    .values({ engagementId: row.engagementId, name: row.name, createdAt: row.at, updatedAt: row.at })
    .onConflictDoNothing({ target: [experiments.engagementId, experiments.name] })
    .returning({ id: experiments.id })
  if (!made) return null
  if (row.tags.length > 0)
    await tx
      .insert(experimentTags)
      .values(row.tags.map((tag) => ({ engagementId: row.engagementId, experimentId: made.id, ...tag })))
      .onConflictDoNothing()
  return made.id
}

const SEARCHABLE: Searchable = {
  attributes: {
    name: { by: sql`${experiments.name}`, type: 'text' },
    experiment_id: { by: sql`${experiments.id}`, type: 'bigint' },
    creation_time: { by: epochMs(experiments.createdAt), type: 'bigint' },
    last_update_time: { by: epochMs(experiments.updatedAt), type: 'bigint' },
  },
  having: {
    tag: (key, passes) =>
      sql`exists (select 1 from experiment_tags t where t.experiment_id = ${experiments.id} and t.key = ${key} and ${passes(sql`t.value`)})`,
  },
  value: {
    tag: (key) =>
      sql`(select t.value from experiment_tags t where t.experiment_id = ${experiments.id} and t.key = ${key})`,
  },
  id: sql`${experiments.id}`,
  idType: 'bigint',
}

const NEWEST_FIRST: readonly Term[] = [
  { by: epochMs(experiments.createdAt), isAscending: false, type: 'bigint', isAlwaysThere: true },
]

/** How many values a position in this order has. */
export function experimentPositionLength(order: readonly Order[]): number {
  return termsOf(SEARCHABLE, order, NEWEST_FIRST).length
}

/** Experiments that fit, in the order asked for, then newest first; each with its position for the next page. */
export async function searchExperiments(
  tx: Tx,
  engagementId: EngagementId,
  search: {
    readonly stages: readonly LifecycleStage[]
    readonly filter: readonly Clause[]
    readonly order: readonly Order[]
    readonly limit: number
    readonly after?: readonly (string | null)[]
  },
): Promise<{ readonly row: ExperimentRow; readonly position: readonly (string | null)[] }[]> {
  const terms = termsOf(SEARCHABLE, search.order, NEWEST_FIRST)
  const rows = await tx
    .select({ ...columns, position: positionOf(terms) })
    .from(experiments)
    .where(
      and(
        eq(experiments.engagementId, engagementId),
        sql`${experiments.lifecycleStage} = any(${sql.param([...search.stages])}::text[])`,
        ...conditionsOf(SEARCHABLE, search.filter),
        search.after === undefined ? undefined : behind(terms, search.after),
      ),
    )
    .orderBy(orderingOf(terms))
    .limit(search.limit)
  return rows.map(({ position, ...row }) => ({ row, position }))
}

/** Hold an experiment. @throws AppError `not_found` */
export async function lockExperiment(tx: Tx, engagementId: EngagementId, id: number): Promise<ExperimentRow> {
  await tx
    .select({ id: experiments.id })
    .from(experiments)
    .where(and(eq(experiments.engagementId, engagementId), eq(experiments.id, id)))
    .for('update')
  return found(await findExperiment(tx, engagementId, id), `The experiment ${String(id)}`)
}

export async function saveExperiment(
  tx: Tx,
  id: number,
  change: { readonly name?: string; readonly lifecycleStage?: LifecycleStage; readonly at: Date },
): Promise<void> {
  const { at, ...values } = change
  await tx
    .update(experiments)
    .set({ ...values, updatedAt: at })
    .where(eq(experiments.id, id))
}

/** Set a tag; the last value counts. */
export async function saveExperimentTag(
  tx: Tx,
  row: {
    readonly engagementId: EngagementId
    readonly experimentId: number
    readonly key: string
    readonly value: string
  },
): Promise<void> {
  await tx
    .insert(experimentTags)
    .values(row)
    .onConflictDoUpdate({
      target: [experimentTags.experimentId, experimentTags.key],
      set: { value: sql`excluded.value` },
    })
}

/** @returns false when there was no such tag */
export async function removeExperimentTag(tx: Tx, experimentId: number, key: string): Promise<boolean> {
  const rows = await tx
    .delete(experimentTags)
    .where(and(eq(experimentTags.experimentId, experimentId), eq(experimentTags.key, key)))
    .returning({ key: experimentTags.key })
  return rows.length === 1
}

/** Datasets that runs of these experiments used, each once. */
export async function listExperimentDatasets(
  tx: Tx,
  engagementId: EngagementId,
  experimentIds: readonly number[],
  limit: number,
): Promise<{ experimentId: number; name: string; digest: string; context: string }[]> {
  const rows = await tx.execute<{ experiment_id: string; name: string; digest: string; context: string }>(sql`
    select distinct r.experiment_id::text, d.name, v.digest, i.context
    from runs r join run_inputs i on i.run_id = r.id
    join dataset_versions v on v.id = i.dataset_version_id join datasets d on d.id = v.dataset_id
    where r.engagement_id = ${engagementId} and r.experiment_id = any(${sql.param([...experimentIds])}::bigint[])
    order by 1, 2, 3, 4 limit ${limit}`)
  return [...rows].map((row) => ({ ...row, experimentId: Number(row.experiment_id) }))
}

/** Names and ids, by name, for choosing. */
export async function listExperimentNames(tx: Tx, engagementId: EngagementId): Promise<{ id: number; name: string }[]> {
  return tx
    .select({ id: experiments.id, name: experiments.name })
    .from(experiments)
    .where(eq(experiments.engagementId, engagementId))
    .orderBy(asc(experiments.name))
    .limit(1000)
}

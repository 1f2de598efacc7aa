import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import type { LifecycleStage } from '#app/domain/run.ts'
import { experiments, experimentTags } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

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

/** Experiments of an engagement, newest first, after an id. @param page.like an exact name or LIKE pattern */
export async function listExperiments(
  tx: Tx,
  engagementId: EngagementId,
  page: {
    readonly stages: readonly LifecycleStage[]
    readonly name?: { readonly comparator: '=' | '!=' | 'LIKE' | 'ILIKE'; readonly value: string }
    readonly belowId?: number
    readonly limit: number
  },
): Promise<ExperimentRow[]> {
  return tx
    .select(columns)
    .from(experiments)
    .where(
      and(
        eq(experiments.engagementId, engagementId),
        sql`${experiments.lifecycleStage} = any(${sql.param([...page.stages])}::text[])`,
        page.name === undefined
          ? undefined
          : sql`${experiments.name} ${sql.raw(page.name.comparator)} ${page.name.value}`,
        page.belowId === undefined ? undefined : sql`${experiments.id} < ${page.belowId}`,
      ),
    )
    .orderBy(desc(experiments.id))
    .limit(page.limit)
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

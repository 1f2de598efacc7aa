import { and, eq, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, JobId, PersonId, RunId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import type { LifecycleStage, RunState } from '#app/domain/run.ts'
import type { DatasetRole } from '#app/domain/verdict.ts'
import { jobs } from '../schema/jobs.ts'
import { runModels } from '../schema/logged-models.ts'
import { runInputs, runs, runTags } from '../schema/runs.ts'
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
  readonly endedAt: Date | null
  readonly jobId: JobId | null
  readonly isVerified: boolean
  /** The file of past results that it was read from; null for a run that was logged. */
  readonly importId: string | null
  readonly createdAt: Date
}

export const toRunRow = (raw: typeof runs.$inferSelect): RunRow => ({
  id: toRunId(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  experimentId: raw.experimentId,
  name: raw.name,
  userName: raw.userName,
  state: raw.state,
  lifecycleStage: raw.lifecycleStage,
  startTime: raw.startTime,
  endTime: raw.endTime,
  endedAt: raw.endedAt,
  jobId: raw.jobId === null ? null : toId<JobId>(raw.jobId),
  isVerified: raw.isVerified,
  importId: raw.importId,
  createdAt: raw.createdAt,
})

/** @throws AppError `not_found` */
export async function getRun(tx: Tx, engagementId: EngagementId, id: RunId): Promise<RunRow> {
  const [row] = await tx
    .select()
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), eq(runs.id, id)))
  return toRunRow(found(row, `Run with id=${id}`))
}

/** Those of some ids that are runs of the engagement. */
export async function listKnownRunIds(tx: Tx, engagementId: EngagementId, ids: readonly string[]): Promise<Set<RunId>> {
  const rows = await tx
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), sql`${runs.id} = any(${sql.param([...ids])}::text[])`))
  return new Set(rows.map(({ id }) => toRunId(id)))
}

/** Who started a run, or asked for the job that did; null when nobody is known. */
export async function findRunAuthor(tx: Tx, engagementId: EngagementId, id: RunId): Promise<PersonId | null> {
  const [row] = await tx
    .select({ authorId: sql<string | null>`coalesce(${jobs.requestedBy}, ${runs.startedBy})` })
    .from(runs)
    .leftJoin(jobs, eq(jobs.id, runs.jobId))
    .where(and(eq(runs.engagementId, engagementId), eq(runs.id, id)))
  return row?.authorId ? toId<PersonId>(row.authorId) : null
}

/** As getRun, and holds it: nobody writes to it or judges it meanwhile. */
export async function lockRun(tx: Tx, engagementId: EngagementId, id: RunId): Promise<RunRow> {
  await tx.execute(sql`select app.hold_run(${id}, true)`)
  const [row] = await tx
    .select()
    .from(runs)
    .where(and(eq(runs.engagementId, engagementId), eq(runs.id, id)))
    .for('no key update')
  return toRunRow(found(row, `Run with id=${id}`))
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
    readonly importId?: string
    readonly at: Date
  },
): Promise<RunRow> {
  const { at, ...values } = row
  const [made] = await tx
    .insert(runs)
    .values({ ...values, state: 'running', createdAt: at })
    .returning()
  return toRunRow(found(made, 'The run'))
}

/** Delete or restore every run of an experiment. @returns those that changed */
export async function saveStageOfRuns(tx: Tx, experimentId: number, stage: LifecycleStage): Promise<RunId[]> {
  const rows = await tx
    .update(runs)
    .set({ lifecycleStage: stage })
    .where(and(eq(runs.experimentId, experimentId), sql`${runs.lifecycleStage} <> ${stage}`))
    .returning({ id: runs.id })
  return rows.map((row) => toRunId(row.id))
}

export async function saveRun(
  tx: Tx,
  id: RunId,
  change: {
    readonly state?: RunState
    readonly endTime?: number | null
    readonly name?: string
    readonly lifecycleStage?: LifecycleStage
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

/** What one tag of a run says; null without it. */
export async function findRunTag(tx: Tx, runId: RunId, key: string): Promise<string | null> {
  const [row] = await tx
    .select({ value: runTags.value })
    .from(runTags)
    .where(and(eq(runTags.runId, runId), eq(runTags.key, key)))
  return row?.value ?? null
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

/** @returns false when there was no such tag */
export async function removeTag(tx: Tx, runId: RunId, key: string): Promise<boolean> {
  const rows = await tx
    .delete(runTags)
    .where(and(eq(runTags.runId, runId), eq(runTags.key, key)))
    .returning({ key: runTags.key })
  return rows.length === 1
}

/** Note which logged models a run used or made. */
export async function saveRunModels(
  tx: Tx,
  rows: readonly {
    readonly engagementId: EngagementId
    readonly runId: RunId
    readonly modelId: string
    readonly direction: 'input' | 'output'
    readonly step: number
  }[],
): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insert(runModels)
    .values([...rows])
    .onConflictDoUpdate({
      target: [runModels.runId, runModels.modelId, runModels.direction],
      set: { step: sql`excluded.step` },
    })
}

export async function insertRunInput(
  tx: Tx,
  row: {
    readonly engagementId: EngagementId
    readonly runId: RunId
    readonly datasetVersionId: string
    readonly role: DatasetRole
    readonly context: string
    readonly tags: readonly KeyValue[]
  },
): Promise<void> {
  await tx.insert(runInputs).values(row).onConflictDoNothing()
}

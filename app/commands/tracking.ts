import type { Actor } from '#app/domain/actor.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { Refusal } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import type { LifecycleStage, RunState } from '#app/domain/run.ts'
import { isEnded, LIMITS } from '#app/domain/run.ts'
import { newRunId } from '#db/new-id.ts'
import { recordEvent } from '#db/queries/events.ts'
import { findRequesterName } from '#db/queries/jobs.ts'
import { appendMetrics } from '#db/queries/metrics.ts'
import type { RunDetail } from '#db/queries/run-details.ts'
import type { KeyValue, RunRow } from '#db/queries/runs.ts'
import { insertParams, insertRun, lockRun, removeTag, saveRun, saveTags } from '#db/queries/runs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import { logToOpenRun, startRunIn } from '#db/queries/tracking-calls.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import {
  DEFAULT_EXPERIMENT,
  ensureActive,
  isExperimentId,
  resolveExperiment,
  trackedEngagement,
  trackedScope,
} from './experiments.ts'
import { judgeRuns } from './judging.ts'

/** Where MLflow keeps the name of a run, beside the run itself. */
export const RUN_NAME_TAG = 'mlflow.runName'

interface NewRun {
  readonly experimentId: string
  readonly name: string
  readonly userName: string
  readonly startTime: number | null
  readonly tags: readonly KeyValue[]
}

/** Start a run. One that a job starts is verified: what it logs was executed here. */
export async function startRun(ctx: CommandContext, input: NewRun): Promise<RunDetail> {
  const started = await startPersonsRun(ctx, input)
  if (started) return started
  return transact(ctx, async (tx) => {
    const experiment = await resolveExperiment(tx, ctx.actor, input.experimentId, ctx.now)
    ensureActive(experiment)
    const id = newRunId()
    const engagementId = trackedEngagement(ctx.actor)
    const requester = ctx.actor.kind === 'job' ? await findRequesterName(tx, ctx.actor.jobId) : null
    const run = await insertRun(tx, {
      id,
      engagementId,
      experimentId: experiment.id,
      name: input.name,
      userName: requester ?? (ctx.actor.kind === 'job' ? ctx.actor.name : input.userName),
      startTime: input.startTime ?? ctx.now.getTime(),
      startedBy: ctx.actor.kind === 'person' ? ctx.actor.personId : null,
      jobId: ctx.actor.kind === 'job' ? ctx.actor.jobId : null,
      isVerified: ctx.actor.kind === 'job',
      at: ctx.now,
    })
    const tags = distinctByKey(input.tags)
    await saveTags(tx, { engagementId, id }, tags)
    return { run, metrics: [], params: [], tags, inputs: [], models: [] }
  })
}

/** As startRun, in one round trip, for a person and an experiment that is there; null for anything else. */
async function startPersonsRun(ctx: CommandContext, input: NewRun): Promise<RunDetail | null> {
  const { actor, now } = ctx
  if (actor.kind !== 'person' || !isExperimentId(input.experimentId)) return null
  const run = {
    id: newRunId(),
    name: input.name,
    userName: input.userName,
    startTime: input.startTime ?? now.getTime(),
  }
  const tags = distinctByKey(input.tags)
  const experimentId = await startRunIn(
    ctx.database,
    trackedScope(actor),
    { id: Number(input.experimentId), name: DEFAULT_EXPERIMENT.name },
    { ...run, at: now, tags },
  )
  if (experimentId === null) return null
  const engagementId = trackedEngagement(actor)
  const fresh = { state: 'running', lifecycleStage: 'active', endTime: null, endedAt: null } as const
  const persons = { jobId: null, isVerified: false, importId: null } as const
  return {
    run: { ...run, engagementId, experimentId, ...fresh, ...persons, createdAt: now },
    metrics: [],
    params: [],
    tags,
    inputs: [],
    models: [],
  }
}

/**
 * Why an actor may not write to a run. A job writes to its own runs, and nobody else does: what a verified run says is
 * what was executed. What was read from a file stays as it was read.
 */
export function writeRefusal(
  run: Pick<RunRow, 'jobId' | 'lifecycleStage' | 'importId' | 'id'>,
  actor: Actor,
): Refusal | null {
  if (run.lifecycleStage !== 'active')
    return { reason: `The run ${run.id} must be in the 'active' state. Current state is deleted.` }
  if (run.importId !== null)
    return { reason: `The run ${run.id} was read from a file of past results; it stays as it was read.` }
  const isOwn = run.jobId === null ? actor.kind === 'person' : actor.kind === 'job' && actor.jobId === run.jobId
  return isOwn
    ? null
    : {
        reason: `The run ${run.id} was executed by a worker here; only its own job writes to it, so that it stays evidence.`,
      }
}

export interface Batch {
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

/**
 * Log metrics, parameters and tags: all of them or none. The same batch again changes nothing. A run that had ended is
 * judged again.
 * @throws AppError `invalid` when a parameter would change, `refused` when the run is not the actor's to write
 */
export async function logBatch(ctx: CommandContext, runId: RunId, batch: Batch): Promise<void> {
  const [params, tags] = [distinctByKey(batch.params), distinctByKey(batch.tags)]
  const name = (tags.find((tag) => tag.key === RUN_NAME_TAG)?.value ?? '').slice(0, LIMITS.keyLengthMax)
  const jobId = ctx.actor.kind === 'job' ? ctx.actor.jobId : null
  const given = { metrics: batch.metrics, params, tags, name }
  if (await logToOpenRun(ctx.database, trackedScope(ctx.actor), { runId, jobId }, given)) return
  await changeRun(ctx, runId, async (tx, run) => {
    await appendMetrics(tx, run, batch.metrics)
    const differing = await insertParams(tx, run, params)
    if (differing)
      throw new AppError(
        'invalid',
        `Changing param values is not allowed. Param with key='${differing.key}' was already logged with value='${differing.stored}' for run ID='${runId}'. Attempted logging new value '${differing.given}'.`,
      )
    await saveTags(tx, run, tags)
    if (name !== '') await saveRun(tx, run.id, { name })
  })
}

/** @throws AppError `not_found` when the run has no such tag */
export async function deleteTag(ctx: CommandContext, runId: RunId, key: string): Promise<void> {
  await changeRun(ctx, runId, async (tx, run) => {
    if (!(await removeTag(tx, run.id, key)))
      throw new AppError('not_found', `No tag with name: ${key.slice(0, 100)} in run with id ${run.id}`)
  })
}

/**
 * Delete or restore a run, in MLflow's sense: it is hidden, and satisfies nothing while it is. What was said of it
 * before stays readable. Both again change nothing.
 */
export async function moveRun(ctx: CommandContext, runId: RunId, stage: LifecycleStage): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const run = await lockRun(tx, engagementId, runId)
    if (ctx.actor.kind === 'job') ensure(writeRefusal({ ...run, lifecycleStage: 'active' }, ctx.actor))
    if (run.lifecycleStage === stage) return
    await saveRun(tx, run.id, { lifecycleStage: stage })
    await judgeRuns(tx, ctx.actor, { engagementId, runIds: [run.id], now: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: stage === 'deleted' ? 'run.deleted' : 'run.restored',
      engagementId,
      subjectId: run.id,
      summary: `${ctx.actor.name} ${stage === 'deleted' ? 'deleted' : 'restored'} the run ${run.name}.`,
      at: ctx.now,
    })
  })
}

/** Change a run's state, end or name; a run that finishes is judged in the same transaction. */
export async function updateRun(
  ctx: CommandContext,
  runId: RunId,
  change: { state?: RunState; endTime?: number; name?: string },
): Promise<RunRow> {
  return changeRun(ctx, runId, async (tx, run) => {
    if (change.name !== undefined) await saveTags(tx, run, [{ key: RUN_NAME_TAG, value: change.name }])
    const state = change.state ?? run.state
    const endsNow = isEnded(state) && !isEnded(run.state)
    await saveRun(tx, run.id, {
      ...(change.name === undefined ? {} : { name: change.name }),
      // Said again, an end stays when it was.
      ...(change.state === undefined || change.state === run.state
        ? {}
        : { state, endedAt: isEnded(state) ? ctx.now : null }),
      ...(change.endTime === undefined ? (endsNow ? { endTime: ctx.now.getTime() } : {}) : { endTime: change.endTime }),
    })
    if (endsNow) {
      await enqueue(tx, 'compact_metrics', { runId: run.id }, { key: `compact:${run.id}` })
      await recordEvent(tx, ctx.actor, {
        kind: 'run.ended',
        engagementId: run.engagementId,
        subjectId: run.id,
        summary: `The run ${change.name ?? run.name} ${state}.`,
        at: ctx.now,
      })
    }
  })
}

/** @throws AppError `invalid` for a deleted run, as MLflow has it; `refused` for one that is not the actor's to write */
export function ensureWritable(run: RunRow, actor: Actor): void {
  const refusal = writeRefusal(run, actor)
  if (refusal && run.lifecycleStage !== 'active') throw new AppError('invalid', refusal.reason)
  ensure(refusal)
}

/** Hold a run, check the right to write, do the work, and judge it when it has ended. */
export async function changeRun(
  ctx: CommandContext,
  runId: RunId,
  work: (tx: Tx, run: RunRow) => Promise<void>,
): Promise<RunRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const before = await lockRun(tx, engagementId, runId)
    ensureWritable(before, ctx.actor)
    await work(tx, before)
    const after = await lockRun(tx, engagementId, runId)
    if (isEnded(after.state)) await judgeRuns(tx, ctx.actor, { engagementId, runIds: [runId], now: ctx.now })
    return after
  })
}

/** The last of several with one key counts. */
function distinctByKey(pairs: readonly KeyValue[]): KeyValue[] {
  return [...new Map(pairs.map((pair) => [pair.key, pair])).values()]
}

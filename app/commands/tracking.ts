import type { Actor } from '#app/domain/actor.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { Refusal } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { RunState } from '#app/domain/run.ts'
import { isEnded, LIMITS } from '#app/domain/run.ts'
import type { DatasetRole } from '#app/domain/verdict.ts'
import { newId, newRunId } from '#db/new-id.ts'
import { saveArtifact } from '#db/queries/artifacts.ts'
import { ensureDatasetVersion } from '#db/queries/datasets.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { ExperimentRow } from '#db/queries/experiments.ts'
import { findExperiment, findExperimentByName, insertExperiment } from '#db/queries/experiments.ts'
import type { MetricPoint } from '#db/queries/metrics.ts'
import { appendMetrics } from '#db/queries/metrics.ts'
import type { KeyValue, RunRow } from '#db/queries/runs.ts'
import { insertParams, insertRun, insertRunInput, lockRun, saveRun, saveTags } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { judgeRuns } from './judging.ts'

const DEFAULT_EXPERIMENT = { id: '0', name: 'Default' } as const

/** The engagement that a token or job works in. @throws AppError `forbidden` for an actor without one */
export function trackedEngagement(actor: Actor): EngagementId {
  if (actor.onlyEngagementId === null) throw new AppError('forbidden', 'Use a token of one engagement here.')
  return actor.onlyEngagementId
}

/**
 * The experiment of an id as clients send it; `0` is the engagement's default one, made when it is first used.
 * @throws AppError `not_found`
 */
export async function resolveExperiment(tx: Tx, actor: Actor, id: string, now: Date): Promise<ExperimentRow> {
  const engagementId = trackedEngagement(actor)
  const missing = `No Experiment with id=${id} exists`
  if (id === DEFAULT_EXPERIMENT.id) {
    await insertExperiment(tx, { engagementId, name: DEFAULT_EXPERIMENT.name, tags: [], at: now })
    return found(await findExperimentByName(tx, engagementId, DEFAULT_EXPERIMENT.name), 'The default experiment')
  }
  const experiment = /^\d{1,15}$/.test(id) ? await findExperiment(tx, engagementId, Number(id)) : null
  if (!experiment) throw new AppError('not_found', missing)
  return experiment
}

/** @throws AppError `conflict` when the engagement has an experiment of this name */
export async function createExperiment(
  ctx: CommandContext,
  input: { name: string; tags: readonly KeyValue[] },
): Promise<number> {
  return transact(ctx, async (tx) => {
    const id = await insertExperiment(tx, { engagementId: trackedEngagement(ctx.actor), ...input, at: ctx.now })
    if (id === null) throw new AppError('conflict', `Experiment '${input.name}' already exists.`)
    return id
  })
}

/** Start a run. One that a job starts is verified: what it logs was executed here. */
export async function startRun(
  ctx: CommandContext,
  input: { experimentId: string; name: string; userName: string; startTime: number | null; tags: readonly KeyValue[] },
): Promise<RunId> {
  return transact(ctx, async (tx) => {
    const experiment = await resolveExperiment(tx, ctx.actor, input.experimentId, ctx.now)
    if (experiment.lifecycleStage !== 'active')
      throw new AppError('invalid', `The experiment ${String(experiment.id)} must be in the 'active' state.`)
    const id = newRunId()
    const engagementId = trackedEngagement(ctx.actor)
    await insertRun(tx, {
      id,
      engagementId,
      experimentId: experiment.id,
      name: input.name,
      userName: ctx.actor.kind === 'job' ? 'throughline' : input.userName,
      startTime: input.startTime ?? ctx.now.getTime(),
      startedBy: ctx.actor.kind === 'person' ? ctx.actor.personId : null,
      jobId: ctx.actor.kind === 'job' ? ctx.actor.jobId : null,
      isVerified: ctx.actor.kind === 'job',
      at: ctx.now,
    })
    await saveTags(tx, { engagementId, id }, distinctByKey(input.tags))
    return id
  })
}

/**
 * Why an actor may not write to a run. A job writes to its own runs, and nobody else does: what a verified run says is
 * what was executed.
 */
export function writeRefusal(run: Pick<RunRow, 'jobId' | 'lifecycleStage' | 'id'>, actor: Actor): Refusal | null {
  if (run.lifecycleStage !== 'active')
    return { reason: `The run ${run.id} must be in the 'active' state. Current state is deleted.` }
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
  await changeRun(ctx, runId, async (tx, run) => {
    await appendMetrics(tx, run, batch.metrics)
    const differing = await insertParams(tx, run, distinctByKey(batch.params))
    if (differing)
      throw new AppError(
        'invalid',
        `Changing param values is not allowed. Param with key='${differing.key}' was already logged with value='${differing.stored}' for run ID='${runId}'. Attempted logging new value '${differing.given}'.`,
      )
    await saveTags(tx, run, distinctByKey(batch.tags))
  })
}

export interface LoggedInput {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
  /** Tag `mlflow.data.context`. */
  readonly context: string
}

/** Say which data a run used. A dataset that the engagement does not know is kept as external, by its digest. */
export async function logInputs(ctx: CommandContext, runId: RunId, inputs: readonly LoggedInput[]): Promise<void> {
  await changeRun(ctx, runId, async (tx, run) => {
    for (const input of inputs) {
      const datasetVersionId = await ensureDatasetVersion(tx, {
        id: newId(),
        engagementId: run.engagementId,
        name: input.name,
        description: '',
        licence: '',
        digest: input.digest,
        sha256: null,
        source: 'external',
        sourceNote: input.source.slice(0, 500),
        profile: { rows: null, columns: [], positives: null },
        mlflow: { sourceType: input.sourceType, source: input.source, schema: input.schema, profile: input.profile },
        at: ctx.now,
      })
      await insertRunInput(tx, {
        engagementId: run.engagementId,
        runId: run.id,
        datasetVersionId,
        role: roleOfContext(input.context),
        context: input.context,
      })
    }
  })
}

function roleOfContext(context: string): DatasetRole {
  const word = context.toLowerCase()
  if (/^train/.test(word)) return 'training'
  if (/^val/.test(word)) return 'validation'
  return /^(test|eval|holdout)/.test(word) ? 'testing' : 'other'
}

/** Change a run's state, end or name; a run that finishes is judged in the same transaction. */
export async function updateRun(
  ctx: CommandContext,
  runId: RunId,
  change: { state?: RunState; endTime?: number; name?: string },
): Promise<RunRow> {
  return changeRun(ctx, runId, async (tx, run) => {
    const state = change.state ?? run.state
    const endsNow = isEnded(state) && !isEnded(run.state)
    await saveRun(tx, run.id, {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.state === undefined ? {} : { state, endedAt: isEnded(state) ? ctx.now : null }),
      ...(change.endTime === undefined ? (endsNow ? { endTime: ctx.now.getTime() } : {}) : { endTime: change.endTime }),
    })
    if (endsNow)
      await recordEvent(tx, ctx.actor, {
        kind: 'run.ended',
        engagementId: run.engagementId,
        subjectId: run.id,
        summary: `The run ${change.name ?? run.name} ${state}.`,
        at: ctx.now,
      })
  })
}

/** Name a stored blob as a file of a run. */
export async function addArtifact(
  ctx: CommandContext,
  runId: RunId,
  file: { path: string; sha256: string; sizeBytes: number },
): Promise<void> {
  await changeRun(ctx, runId, (tx, run) =>
    saveArtifact(tx, { ...file, engagementId: run.engagementId, runId: run.id, at: ctx.now }),
  )
}

/** Fail early, before bytes are taken, when the actor may not write to the run. */
export async function ensureWritable(ctx: CommandContext, runId: RunId): Promise<void> {
  await changeRun(ctx, runId, () => Promise.resolve())
}

/** Hold a run, check the right to write, do the work, and judge it when it has ended. */
async function changeRun(
  ctx: CommandContext,
  runId: RunId,
  work: (tx: Tx, run: RunRow) => Promise<void>,
): Promise<RunRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const before = await lockRun(tx, engagementId, runId)
    ensure(writeRefusal(before, ctx.actor))
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

/** @throws AppError `invalid` for names that MLflow refuses: empty, absolute, with `..`, too long */
export function ensureKey(key: string, what: string): void {
  if (key === '' || key.length > LIMITS.keyLengthMax)
    throw new AppError(
      'invalid',
      `Invalid ${what} name: it has between 1 and ${String(LIMITS.keyLengthMax)} characters.`,
    )
  const isPath =
    key.startsWith('/') || key.includes('//') || key.split('/').some((part) => part === '.' || part === '..')
  if (isPath || !/^[\p{L}\p{N}_./\-: +@%#=~(),'&]+$/u.test(key))
    throw new AppError(
      'invalid',
      `Invalid ${what} name: '${key.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colons(:) and slashes (/), and must be a simple path.`,
    )
}

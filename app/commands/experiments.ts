import { AppError } from '#app/domain/errors.ts'
import type { Actor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { LifecycleStage } from '#app/domain/run.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { ExperimentRow } from '#db/queries/experiments.ts'
import {
  findExperiment,
  findExperimentByName,
  insertExperiment,
  lockExperiment,
  removeExperimentTag,
  saveExperiment,
  saveExperimentTag,
} from '#db/queries/experiments.ts'
import type { KeyValue } from '#db/queries/runs.ts'
import { saveStageOfRuns } from '#db/queries/runs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Scope, Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { scopeOf, transact } from './context.ts'
import { judgeRuns } from './judging.ts'

/** Its name is the engagement's own; MLflow clients say its id where they name no experiment. */
export const DEFAULT_EXPERIMENT = { id: '0', name: 'Default' } as const
/** Runs that are judged at once when their experiment is deleted or restored; of more, the rest a moment later. */
const JUDGED_AT_ONCE_MAX = 500

/** The engagement that a token or job works in. @throws AppError `forbidden` for an actor without one */
export function trackedEngagement(actor: Actor): EngagementId {
  if (actor.onlyEngagementId === null) throw new AppError('forbidden', 'Use a token of one engagement here.')
  return actor.onlyEngagementId
}

/** What such an actor's calls may see. @throws AppError `forbidden` for an actor without an engagement */
export function trackedScope(actor: Actor): Scope {
  return { ...scopeOf(actor), engagementId: trackedEngagement(actor) }
}

/**
 * The experiment of an id as clients send it; `0` is the engagement's default one, made when it is first used.
 * @throws AppError `not_found`
 */
export async function resolveExperiment(tx: Tx, actor: Actor, id: string, now: Date): Promise<ExperimentRow> {
  const engagementId = trackedEngagement(actor)
  if (id === DEFAULT_EXPERIMENT.id) {
    const known = await findExperimentByName(tx, engagementId, DEFAULT_EXPERIMENT.name)
    if (known) return known
    await insertExperiment(tx, { engagementId, name: DEFAULT_EXPERIMENT.name, tags: [], at: now })
    return found(await findExperimentByName(tx, engagementId, DEFAULT_EXPERIMENT.name), 'The default experiment')
  }
  const experiment = isExperimentId(id) ? await findExperiment(tx, engagementId, Number(id)) : null
  if (!experiment) throw new AppError('not_found', `No Experiment with id=${id.slice(0, 100)} exists`)
  return experiment
}

export function isExperimentId(text: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(text)
}

/** A path to a file names an experiment, too. @throws AppError `not_found` when what it names is not of that experiment */
export function ensureOfExperiment(owner: { readonly experimentId: number }, experimentId: number): void {
  if (owner.experimentId !== experimentId)
    throw new AppError('not_found', `Nothing of experiment ${String(experimentId)} is there.`)
}

/** @throws AppError `invalid` when the experiment was deleted */
export function ensureActive(experiment: ExperimentRow): void {
  if (experiment.lifecycleStage !== 'active')
    throw new AppError('invalid', `The experiment ${String(experiment.id)} must be in the 'active' state.`)
}

const taken = (name: string, stage: LifecycleStage) =>
  new AppError(
    'conflict',
    stage === 'active'
      ? `Experiment '${name.slice(0, 200)}' already exists.`
      : `Experiment '${name.slice(0, 200)}' already exists in deleted state. Restore it, or choose another name.`,
  )

/** @throws AppError `conflict` when the engagement has an experiment of this name */
export async function createExperiment(
  ctx: CommandContext,
  input: { name: string; tags: readonly KeyValue[] },
): Promise<number> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const id = await insertExperiment(tx, { engagementId, ...input, at: ctx.now })
    if (id !== null) return id
    throw taken(input.name, (await findExperimentByName(tx, engagementId, input.name))?.lifecycleStage ?? 'active')
  })
}

/** @throws AppError `conflict` when the name is taken, `invalid` when the experiment was deleted */
export async function renameExperiment(ctx: CommandContext, id: string, name: string): Promise<void> {
  await changeExperiment(ctx, id, async (tx, experiment) => {
    ensureActive(experiment)
    const namesake = await findExperimentByName(tx, trackedEngagement(ctx.actor), name)
    if (namesake && namesake.id !== experiment.id) throw taken(name, namesake.lifecycleStage)
    await saveExperiment(tx, experiment.id, { name, at: ctx.now })
  })
}

/** @throws AppError `invalid` when the experiment was deleted */
export async function setExperimentTag(ctx: CommandContext, id: string, tag: KeyValue): Promise<void> {
  await changeExperiment(ctx, id, async (tx, experiment) => {
    ensureActive(experiment)
    const engagementId = trackedEngagement(ctx.actor)
    await saveExperimentTag(tx, { engagementId, experimentId: experiment.id, ...tag })
    await saveExperiment(tx, experiment.id, { at: ctx.now })
  })
}

/** @throws AppError `not_found` when there is no such tag */
export async function deleteExperimentTag(ctx: CommandContext, id: string, key: string): Promise<void> {
  await changeExperiment(ctx, id, async (tx, experiment) => {
    ensureActive(experiment)
    if (!(await removeExperimentTag(tx, experiment.id, key)))
      throw new AppError('not_found', `No tag with name: ${key.slice(0, 100)} in experiment with id ${id}`)
  })
}

/**
 * Delete or restore an experiment and its runs. A deleted run satisfies no criterion; what was said of it before stays
 * readable.
 * @throws AppError `not_found` when it is there already: MLflow looks for the one to delete among those that are active
 */
export async function moveExperiment(ctx: CommandContext, id: string, stage: LifecycleStage): Promise<void> {
  await changeExperiment(ctx, id, async (tx, experiment) => {
    const engagementId = trackedEngagement(ctx.actor)
    if (experiment.lifecycleStage === stage)
      throw new AppError(
        'not_found',
        stage === 'deleted'
          ? `No Experiment with id=${id} exists`
          : `No deleted Experiment with id=${id} exists; only a deleted one is restored.`,
      )
    await saveExperiment(tx, experiment.id, { lifecycleStage: stage, at: ctx.now })
    const runIds: RunId[] = await saveStageOfRuns(tx, experiment.id, stage)
    await judgeRuns(tx, ctx.actor, { engagementId, runIds: runIds.slice(0, JUDGED_AT_ONCE_MAX), now: ctx.now })
    if (runIds.length > JUDGED_AT_ONCE_MAX)
      await enqueue(tx, 'judge_engagement', { engagementId }, { key: `judge:${engagementId}` })
    await recordEvent(tx, ctx.actor, {
      kind: stage === 'deleted' ? 'experiment.deleted' : 'experiment.restored',
      engagementId,
      subjectId: String(experiment.id),
      summary: `${ctx.actor.name} ${stage === 'deleted' ? 'deleted' : 'restored'} the experiment ${experiment.name} with ${String(runIds.length)} runs.`,
      at: ctx.now,
    })
  })
}

async function changeExperiment(
  ctx: CommandContext,
  id: string,
  work: (tx: Tx, experiment: ExperimentRow) => Promise<void>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const { id: number } = await resolveExperiment(tx, ctx.actor, id, ctx.now)
    await work(tx, await lockExperiment(tx, trackedEngagement(ctx.actor), number))
  })
}

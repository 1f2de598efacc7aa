import { AppError, ensure } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import type { LoggedModelStatus } from '#app/domain/logged-model.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { newLoggedModelId } from '#db/new-id.ts'
import { saveModelFile } from '#db/queries/artifacts.ts'
import type { LoggedModelRow } from '#db/queries/logged-models.ts'
import {
  getLoggedModel,
  insertLoggedModel,
  insertLoggedModelParams,
  lockLoggedModel,
  removeLoggedModelTag,
  saveLoggedModel,
  saveLoggedModelTags,
} from '#db/queries/logged-models.ts'
import type { KeyValue } from '#db/queries/runs.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureActive, ensureOfExperiment, resolveExperiment, trackedEngagement } from './experiments.ts'
import { keepBlob } from './storage.ts'
import { ensureWritable, writeRefusal } from './tracking.ts'

/** Begin a logged model: its files come next, then it is said to be ready. */
export async function createLoggedModel(
  ctx: CommandContext,
  input: {
    readonly experimentId: string
    readonly name: string
    readonly modelType: string
    readonly sourceRunId: RunId | null
    readonly params: readonly KeyValue[]
    readonly tags: readonly KeyValue[]
  },
): Promise<LoggedModelRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const experiment = await resolveExperiment(tx, ctx.actor, input.experimentId, ctx.now)
    ensureActive(experiment)
    if (input.sourceRunId !== null) ensureWritable(await getRun(tx, engagementId, input.sourceRunId), ctx.actor)
    const id = newLoggedModelId()
    await insertLoggedModel(tx, {
      id,
      engagementId,
      experimentId: experiment.id,
      sourceRunId: input.sourceRunId,
      name: input.name,
      modelType: input.modelType,
      at: ctx.now,
    })
    await insertLoggedModelParams(tx, { engagementId, id }, input.params)
    await saveLoggedModelTags(tx, { engagementId, id }, input.tags)
    return getLoggedModel(tx, engagementId, id)
  })
}

/** Say how a model's logging ended. */
export async function finishLoggedModel(
  ctx: CommandContext,
  id: string,
  status: LoggedModelStatus,
): Promise<LoggedModelRow> {
  return changeModel(ctx, id, (tx, model) => saveLoggedModel(tx, model.id, { status, at: ctx.now }))
}

/** Hide a model. Versions that were registered from it keep their files. */
export async function deleteLoggedModel(ctx: CommandContext, id: string): Promise<void> {
  await transact(ctx, async (tx) => {
    const model = await lockLoggedModel(tx, trackedEngagement(ctx.actor), id)
    await ensureModelWritable(tx, ctx, model)
    await saveLoggedModel(tx, model.id, { lifecycleStage: 'deleted', at: ctx.now })
  })
}

/** @throws AppError `invalid` when a parameter would change */
export async function logModelParams(ctx: CommandContext, id: string, params: readonly KeyValue[]): Promise<void> {
  await changeModel(ctx, id, async (tx, model) => {
    const isSame = await insertLoggedModelParams(
      tx,
      { engagementId: trackedEngagement(ctx.actor), id: model.id },
      params,
    )
    if (!isSame) throw new AppError('invalid', 'Changing param values is not allowed.')
  })
}

export async function setModelTags(
  ctx: CommandContext,
  id: string,
  tags: readonly KeyValue[],
): Promise<LoggedModelRow> {
  return changeModel(ctx, id, async (tx, model) => {
    const distinct = [...new Map(tags.map((tag) => [tag.key, tag])).values()]
    await saveLoggedModelTags(tx, { engagementId: trackedEngagement(ctx.actor), id: model.id }, distinct)
  })
}

/** @throws AppError `not_found` when the model has no such tag */
export async function deleteLoggedModelTag(ctx: CommandContext, id: string, key: string): Promise<void> {
  await changeModel(ctx, id, async (tx, model) => {
    if (!(await removeLoggedModelTag(tx, model.id, key)))
      throw new AppError('not_found', `No tag with key '${key.slice(0, 100)}' found for model with ID '${id}'.`)
  })
}

/** Publish bytes as a file of a logged model. */
export async function addModelFile(
  ctx: CommandContext,
  id: string,
  file: { readonly path: string; readonly blob: StagedBlob; readonly experimentId: number },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const model = await getLoggedModel(tx, engagementId, id)
    ensureOfExperiment(model, file.experimentId)
    await ensureModelWritable(tx, ctx, model)
    const { sha256, sizeBytes } = file.blob
    await keepBlob(tx, { engagementId, blob: file.blob, at: ctx.now })
    await saveModelFile(tx, { path: file.path, sha256, sizeBytes, engagementId, modelId: model.id, at: ctx.now })
  })
}

/** @throws AppError `refused` when the run that logs the model is not the actor's to write */
export async function ensureModelWritable(tx: Tx, ctx: CommandContext, model: LoggedModelRow): Promise<void> {
  if (model.sourceRunId === null) return
  const run = await getRun(tx, trackedEngagement(ctx.actor), model.sourceRunId)
  ensure(writeRefusal({ ...run, lifecycleStage: 'active' }, ctx.actor))
}

async function changeModel(
  ctx: CommandContext,
  id: string,
  work: (tx: Tx, model: LoggedModelRow) => Promise<void>,
): Promise<LoggedModelRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const model = await lockLoggedModel(tx, engagementId, id)
    await ensureModelWritable(tx, ctx, model)
    await work(tx, model)
    return getLoggedModel(tx, engagementId, id)
  })
}

import type { Actor } from '#app/domain/actor.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EventKind } from '#app/domain/event.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { ModelStage } from '#app/domain/registry.ts'
import { newId } from '#db/new-id.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { ModelRow, ModelVersionRow } from '#db/queries/models.ts'
import { findModel, findModelVersion, insertModel, listModelVersions, lockModel } from '#db/queries/models.ts'
import {
  countLiveDeployments,
  insertMove,
  removeModelTag,
  removeVersionTag,
  saveModel,
  saveModelTags,
  saveModelVersion,
  saveVersionTags,
} from '#db/queries/registry.ts'
import type { KeyValue } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { trackedEngagement } from './experiments.ts'

const missing = (name: string) =>
  new AppError('not_found', `Registered Model with name=${name.slice(0, 300)} not found`)

/** @throws AppError `not_found` in MLflow's words */
export async function getModelByName(tx: Tx, engagementId: EngagementId, name: string): Promise<ModelRow> {
  const model = await findModel(tx, engagementId, name)
  if (!model) throw missing(name)
  return model
}

/** @throws AppError `not_found` in MLflow's words */
export async function getVersionByNumber(
  tx: Tx,
  engagementId: EngagementId,
  of: { readonly name: string; readonly version: number },
): Promise<ModelVersionRow> {
  const version = await findModelVersion(tx, engagementId, of)
  if (!version)
    throw new AppError(
      'not_found',
      `Model Version (name=${of.name.slice(0, 300)}, version=${String(of.version)}) not found`,
    )
  return version
}

/** @throws AppError `conflict` when the name is taken */
export async function createModel(
  ctx: CommandContext,
  input: { name: string; description: string; tags: readonly KeyValue[] },
): Promise<ModelRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const { name, description } = input
    const isNew = await insertModel(tx, { id: newId(), engagementId, name, description, at: ctx.now })
    if (!isNew) throw taken(name)
    const model = await getModelByName(tx, engagementId, name)
    await saveModelTags(tx, { engagementId, modelId: model.id }, distinct(input.tags))
    return getModelByName(tx, engagementId, name)
  })
}

const taken = (name: string) =>
  new AppError('conflict', `Registered Model (name=${name.slice(0, 300)}) already exists.`)

/** @throws AppError `conflict` when the new name is taken */
export async function renameModel(ctx: CommandContext, name: string, newName: string): Promise<ModelRow> {
  return changeModel(ctx, name, async (tx, model) => {
    if (newName === name) return newName
    if (await findModel(tx, trackedEngagement(ctx.actor), newName)) throw taken(newName)
    await saveModel(tx, model.id, { name: newName, at: ctx.now })
    await note(tx, ctx, 'model.renamed', { id: model.id, summary: `renamed the model ${name} to ${newName}.` })
    return newName
  })
}

export async function describeModel(ctx: CommandContext, name: string, description: string): Promise<ModelRow> {
  return changeModel(ctx, name, async (tx, model) => {
    await saveModel(tx, model.id, { description, at: ctx.now })
    return name
  })
}

/** @throws AppError `refused` while a version of it is live */
export async function deleteModel(ctx: CommandContext, name: string): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const model = await lockedModel(tx, engagementId, name)
    if ((await countLiveDeployments(tx, { modelId: model.id })) > 0)
      throw new AppError('refused', `A version of ${name} is live. Retire its deployment before you delete the model.`)
    await saveModel(tx, model.id, { deletedAt: ctx.now, at: ctx.now })
    await note(tx, ctx, 'model.deleted', { id: model.id, summary: `deleted the model ${name}.` })
  })
}

export async function setModelTag(ctx: CommandContext, name: string, tag: KeyValue): Promise<void> {
  await changeModel(ctx, name, async (tx, model) => {
    await saveModelTags(tx, { engagementId: trackedEngagement(ctx.actor), modelId: model.id }, [tag])
    return name
  })
}

export async function deleteModelTag(ctx: CommandContext, name: string, key: string): Promise<void> {
  await changeModel(ctx, name, async (tx, model) => {
    await removeModelTag(tx, model.id, key)
    return name
  })
}

/** Point an alias to a version; `null` takes it away. The move is recorded, so that any day can be asked for. */
export async function moveAlias(
  ctx: CommandContext,
  input: { readonly name: string; readonly alias: string; readonly version: number | null },
): Promise<void> {
  await changeModel(ctx, input.name, async (tx, model) => {
    const engagementId = trackedEngagement(ctx.actor)
    if (input.version !== null) await getVersionByNumber(tx, engagementId, { name: input.name, version: input.version })
    const fromVersion = model.aliases.find((held) => held.alias === input.alias)?.version ?? null
    if (fromVersion === input.version) return input.name
    await insertMove(
      tx,
      ctx.actor,
      { engagementId, modelId: model.id },
      { kind: 'alias', name: input.alias, fromVersion, toVersion: input.version, at: ctx.now },
    )
    const where = input.version === null ? 'nowhere' : `version ${String(input.version)}`
    await note(tx, ctx, 'model.alias_moved', {
      id: model.id,
      summary: `moved the alias “${input.alias}” of ${input.name} from ${fromVersion === null ? 'nowhere' : `version ${String(fromVersion)}`} to ${where}.`,
    })
    return input.name
  })
}

interface OfVersion {
  readonly name: string
  readonly version: number
}

export async function describeVersion(
  ctx: CommandContext,
  of: OfVersion,
  description: string,
): Promise<ModelVersionRow> {
  return changeVersion(ctx, of, async (tx, version) => {
    await saveModelVersion(tx, version.id, { description, at: ctx.now })
    if (version.description === description) return
    await note(tx, ctx, 'model_version.described', {
      id: version.id,
      summary: `described ${of.name} version ${String(of.version)}.`,
      detail: { description },
    })
  })
}

export async function setVersionTag(ctx: CommandContext, of: OfVersion, tag: KeyValue): Promise<void> {
  await changeVersion(ctx, of, (tx, version) =>
    saveVersionTags(tx, { engagementId: trackedEngagement(ctx.actor), modelVersionId: version.id }, [tag]),
  )
}

export async function deleteVersionTag(ctx: CommandContext, of: OfVersion, key: string): Promise<void> {
  await changeVersion(ctx, of, (tx, version) => removeVersionTag(tx, version.id, key))
}

/** Move a version to one of MLflow's stages; others in it go to the archive when asked. */
export async function stageVersion(
  ctx: CommandContext,
  of: OfVersion,
  input: { readonly stage: ModelStage; readonly archiveExisting: boolean },
): Promise<ModelVersionRow> {
  if (input.archiveExisting && input.stage !== 'Production' && input.stage !== 'Staging')
    throw new AppError(
      'invalid',
      `Model version transition cannot archive existing model versions because '${input.stage}' is not an Active stage. Valid stages are Staging, Production.`,
    )
  return changeVersion(ctx, of, async (tx, version) => {
    const engagementId = trackedEngagement(ctx.actor)
    const place = { engagementId, modelId: version.modelId }
    if (input.archiveExisting) {
      const others = await listModelVersions(tx, engagementId, { modelName: of.name, limit: 1000 })
      for (const other of others.filter((row) => row.stage === input.stage && row.id !== version.id)) {
        await saveModelVersion(tx, other.id, { stage: 'Archived', at: ctx.now })
        await insertMove(tx, ctx.actor, place, {
          kind: 'stage',
          name: 'Archived',
          fromVersion: null,
          toVersion: other.version,
          at: ctx.now,
        })
      }
    }
    if (version.stage === input.stage) return
    await saveModelVersion(tx, version.id, { stage: input.stage, at: ctx.now })
    await insertMove(tx, ctx.actor, place, {
      kind: 'stage',
      name: input.stage,
      fromVersion: null,
      toVersion: version.version,
      at: ctx.now,
    })
    await note(tx, ctx, 'model_version.staged', {
      id: version.id,
      summary: `moved ${of.name} version ${String(of.version)} from stage ${version.stage} to ${input.stage}.`,
    })
  })
}

/** Hide a version; its number is not given again. @throws AppError `refused` while it is live */
export async function deleteVersion(ctx: CommandContext, of: OfVersion): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const model = await lockedModel(tx, engagementId, of.name)
    const version = await getVersionByNumber(tx, engagementId, of)
    const name = `${of.name} version ${String(of.version)}`
    if ((await countLiveDeployments(tx, { modelVersionId: version.id })) > 0)
      throw new AppError('refused', `${name} is live. Retire its deployment before you delete it.`)
    for (const alias of version.aliases)
      await insertMove(
        tx,
        ctx.actor,
        { engagementId, modelId: model.id },
        { kind: 'alias', name: alias, fromVersion: of.version, toVersion: null, at: ctx.now },
      )
    await saveModelVersion(tx, version.id, { deletedAt: ctx.now, at: ctx.now })
    await note(tx, ctx, 'model_version.deleted', { id: version.id, summary: `deleted ${name}.` })
  })
}

/** Hold a model, change it, and read it again under the name that `work` returns. */
async function changeModel(
  ctx: CommandContext,
  name: string,
  work: (tx: Tx, model: ModelRow) => Promise<string>,
): Promise<ModelRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    const model = await lockedModel(tx, engagementId, name)
    return getModelByName(tx, engagementId, await work(tx, model))
  })
}

async function changeVersion(
  ctx: CommandContext,
  of: OfVersion,
  work: (tx: Tx, version: ModelVersionRow) => Promise<void>,
): Promise<ModelVersionRow> {
  return transact(ctx, async (tx) => {
    const engagementId = trackedEngagement(ctx.actor)
    await lockedModel(tx, engagementId, of.name)
    await work(tx, await getVersionByNumber(tx, engagementId, of))
    return getVersionByNumber(tx, engagementId, of)
  })
}

async function lockedModel(tx: Tx, engagementId: EngagementId, name: string): Promise<ModelRow> {
  await getModelByName(tx, engagementId, name)
  await lockModel(tx, engagementId, name)
  return getModelByName(tx, engagementId, name)
}

async function note(
  tx: Tx,
  ctx: CommandContext<Actor>,
  kind: EventKind,
  about: { readonly id: string; readonly summary: string; readonly detail?: Readonly<Record<string, string>> },
): Promise<void> {
  await recordEvent(tx, ctx.actor, {
    kind,
    engagementId: trackedEngagement(ctx.actor),
    subjectId: about.id,
    summary: `${ctx.actor.name} ${about.summary}`.slice(0, 2000),
    ...(about.detail === undefined ? {} : { detail: about.detail }),
    at: ctx.now,
  })
}

function distinct(tags: readonly KeyValue[]): KeyValue[] {
  return [...new Map(tags.map((tag) => [tag.key, tag])).values()]
}

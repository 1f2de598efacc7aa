import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import {
  createModel,
  deleteModel,
  deleteModelTag,
  describeModel,
  getModelByName,
  getVersionByNumber,
  moveAlias,
  renameModel,
  setModelTag,
} from '#app/commands/registry.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { checkedAlias, parseStage } from '#app/domain/registry.ts'
import { MODEL_GRAMMAR, readFilter, readOrder } from '#app/domain/search-grammar.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { modelPositionLength, searchModelNames } from '#db/queries/registry.ts'
import type { Tx } from '#db/types.ts'
import { endpoint } from '../endpoint.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { int64, RegistryTag, text, unlessEmpty } from '../wire.ts'
import { latestByStage, wireModel, wireModelVersion } from '../wire-registry.ts'

const NAME_LENGTH_MAX = 256
const DESCRIPTION_LENGTH_MAX = 5000
const MODELS_MAX = 1000

export const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX && !/[/:]/.test(value),
  `it has between 1 and ${String(NAME_LENGTH_MAX)} characters, and neither '/' nor ':'`,
)
export const described = text.nullish().transform((value) => (value ?? '').slice(0, DESCRIPTION_LENGTH_MAX))

async function withVersions(tx: Tx, engagementId: EngagementId, of: string) {
  const model = await getModelByName(tx, engagementId, of)
  return wireModel(model, await listModelVersions(tx, engagementId, { modelName: model.name, limit: 1000 }))
}

const answer = (ctx: Parameters<typeof transact>[0], of: string) =>
  transact(ctx, async (tx) => ({ registered_model: await withVersions(tx, trackedEngagement(ctx.actor), of) }))

export const create = endpoint(
  z.object({ name, description: described, tags: z.array(RegistryTag).max(100).nullish() }),
  async (ctx, input) => {
    const tags = input.tags ?? []
    for (const tag of tags) ensureKey(tag.key, 'tag')
    const model = await createModel(ctx, { name: input.name, description: input.description, tags })
    return { registered_model: wireModel(model) }
  },
)

const OfModel = z.object({ name: text })

export const get = endpoint(OfModel, (ctx, input) => answer(ctx, input.name))

export const rename = endpoint(OfModel.extend({ new_name: name }), async (ctx, input) => {
  await renameModel(ctx, input.name, input.new_name)
  return answer(ctx, input.new_name)
})

export const update = endpoint(OfModel.extend({ description: described }), async (ctx, input) => {
  await describeModel(ctx, input.name, input.description)
  return answer(ctx, input.name)
})

export const remove = endpoint(OfModel, async (ctx, input) => {
  await deleteModel(ctx, input.name)
  return {}
})

export const setTag = endpoint(RegistryTag.extend({ name: text }), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  await setModelTag(ctx, input.name, { key: input.key, value: input.value })
  return {}
})

export const deleteTag = endpoint(OfModel.extend({ key: text }), async (ctx, input) => {
  await deleteModelTag(ctx, input.name, input.key)
  return {}
})

export const Search = z.object({
  filter: text.nullish(),
  max_results: int64.nullish(),
  order_by: z.array(text).max(20).nullish(),
  page_token: text.nullish(),
})

export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, 100, MODELS_MAX)
  const filter = readFilter(MODEL_GRAMMAR, input.filter ?? '')
  const order = readOrder(MODEL_GRAMMAR, input.order_by ?? [])
  const question = ['registered-models', input.filter ?? '', input.order_by ?? []]
  const after = positionIn(question, input.page_token, modelPositionLength(order))
  const engagementId = trackedEngagement(ctx.actor)
  return transact(ctx, async (tx) => {
    const found = await searchModelNames(tx, engagementId, {
      filter,
      order,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = found.slice(0, limit)
    const models = []
    for (const row of page) models.push(await withVersions(tx, engagementId, row.name))
    const last = page.at(-1)
    return {
      ...unlessEmpty('registered_models', models),
      ...(found.length > limit && last ? { next_page_token: pageTokenOf(question, last.position) } : {}),
    }
  })
})

/** The newest version of each stage, or of those asked for. */
export const getLatestVersions = endpoint(
  OfModel.extend({ stages: z.array(text).max(10).nullish() }),
  async (ctx, input) => {
    const stages = (input.stages ?? []).map(parseStage)
    const engagementId = trackedEngagement(ctx.actor)
    const versions = await transact(ctx, async (tx) => {
      const model = await getModelByName(tx, engagementId, input.name)
      return listModelVersions(tx, engagementId, { modelName: model.name, limit: 1000 })
    })
    const latest = latestByStage(versions).filter((row) => stages.length === 0 || stages.includes(row.stage))
    return unlessEmpty('model_versions', latest.map(wireModelVersion))
  },
)

const OfAlias = OfModel.extend({ alias: text.transform(checkedAlias) })

export const setAlias = endpoint(
  OfAlias.extend({ version: z.union([text, z.number()]).transform(versionNumber) }),
  async (ctx, input) => {
    await moveAlias(ctx, { name: input.name, alias: input.alias, version: input.version })
    return {}
  },
)

export const deleteAlias = endpoint(OfAlias, async (ctx, input) => {
  await moveAlias(ctx, { name: input.name, alias: input.alias, version: null })
  return {}
})

export const getByAlias = endpoint(OfAlias, async (ctx, input) => {
  const engagementId = trackedEngagement(ctx.actor)
  return transact(ctx, async (tx) => {
    const model = await getModelByName(tx, engagementId, input.name)
    const held = model.aliases.find(({ alias }) => alias === input.alias)
    // MLflow says 400 here, not 404, and clients tell the two apart.
    if (!held) throw new AppError('invalid', `Registered model alias ${input.alias} not found.`)
    const version = await getVersionByNumber(tx, engagementId, { name: input.name, version: held.version })
    return { model_version: wireModelVersion(version) }
  })
})

/** @throws AppError `invalid` for anything but a version's number */
export function versionNumber(said: string | number): number {
  const text = String(said)
  if (!/^\d{1,9}$/.test(text))
    throw new AppError('invalid', `Parameter 'version' must be an integer, got '${text.slice(0, 50)}'.`)
  return Number(text)
}

import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import type { CommandContext } from '#app/commands/context.ts'
import { resolveExperiment, trackedEngagement } from '#app/commands/experiments.ts'
import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finishLoggedModel,
  logModelParams,
  setModelTags,
} from '#app/commands/logged-models.ts'
import { AppError, found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { loggedModelId } from '#app/domain/logged-model.ts'
import { LIMITS } from '#app/domain/run.ts'
import { LOGGED_MODEL_GRAMMAR, readFilter, readOrder } from '#app/domain/search-grammar.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import { listModelFiles } from '#db/queries/artifacts.ts'
import type { LoggedModelRow } from '#db/queries/logged-models.ts'
import {
  getLoggedModel,
  loadLoggedModelDetails,
  loggedModelPositionLength,
  searchLoggedModels,
} from '#db/queries/logged-models.ts'
import { endpoint } from '../endpoint.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { int64, ModelStatus, modelUri, Param, Tag, text, unlessEmpty, wireFiles, wireLoggedModel } from '../wire.ts'

const NAME_LENGTH_MAX = 500
const RESULTS_MAX = 1000

const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX && !/[/:.%"']/.test(value),
  `Invalid model name: it has between 1 and ${String(NAME_LENGTH_MAX)} characters, and none of / : . % " '`,
)

const Create = z.object({
  experiment_id: text.default('0'),
  name: name.nullish(),
  model_type: text.nullish(),
  source_run_id: text.nullish(),
  params: z.array(Param).max(LIMITS.entitiesPerBatchMax).nullish(),
  tags: z.array(Tag).max(LIMITS.tagsPerBatchMax).nullish(),
})

export const create = endpoint(Create, async (ctx, input) => {
  for (const tag of input.tags ?? []) ensureKey(tag.key, 'tag')
  for (const param of input.params ?? []) ensureKey(param.key, 'param')
  const said = input.source_run_id
  const model = await createLoggedModel(ctx, {
    experimentId: input.experiment_id,
    name: input.name ?? `model-${String(ctx.now.getTime() % 1_000_000)}`,
    modelType: (input.model_type ?? '').slice(0, LIMITS.keyLengthMax),
    sourceRunId: said === null || said === undefined || said === '' ? null : toRunId(said.slice(0, 100)),
    params: distinct(input.params ?? []),
    tags: distinct(input.tags ?? []),
  })
  return wired(ctx, model)
})

const OfModel = z.object({ model_id: text.transform(loggedModelId) })

export const get = endpoint(OfModel, async (ctx, input) =>
  wired(ctx, await transact(ctx, (tx) => getLoggedModel(tx, trackedEngagement(ctx.actor), input.model_id))),
)

export const finalize = endpoint(OfModel.extend({ status: ModelStatus }), async (ctx, input) =>
  wired(ctx, await finishLoggedModel(ctx, input.model_id, input.status)),
)

export const remove = endpoint(OfModel, async (ctx, input) => {
  await deleteLoggedModel(ctx, input.model_id)
  return {}
})

export const setTags = endpoint(
  OfModel.extend({ tags: z.array(Tag).max(LIMITS.tagsPerBatchMax).nullish() }),
  async (ctx, input) => {
    for (const tag of input.tags ?? []) ensureKey(tag.key, 'tag')
    return wired(ctx, await setModelTags(ctx, input.model_id, input.tags ?? []))
  },
)

export const deleteTag = endpoint(OfModel.extend({ tag_key: text }), async (ctx, input) => {
  await deleteLoggedModelTag(ctx, input.model_id, input.tag_key)
  return {}
})

export const logParams = endpoint(
  OfModel.extend({ params: z.array(Param).max(LIMITS.entitiesPerBatchMax).nullish() }),
  async (ctx, input) => {
    for (const param of input.params ?? []) ensureKey(param.key, 'param')
    await logModelParams(ctx, input.model_id, distinct(input.params ?? []))
    return {}
  },
)

const Search = z.object({
  experiment_ids: z.array(text).max(1000).nullish(),
  filter: text.nullish(),
  datasets: z
    .array(z.object({ dataset_name: text, dataset_digest: text.nullish() }))
    .max(20)
    .nullish(),
  max_results: int64.nullish(),
  order_by: z
    .array(
      z.object({
        field_name: text,
        ascending: z.boolean().default(true),
        dataset_name: text.nullish(),
        dataset_digest: text.nullish(),
      }),
    )
    .max(20)
    .nullish(),
  page_token: text.nullish(),
})

export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, 100, RESULTS_MAX)
  const filter = readFilter(LOGGED_MODEL_GRAMMAR, input.filter ?? '')
  const asked = input.order_by ?? []
  const order = readOrder(
    LOGGED_MODEL_GRAMMAR,
    asked.map((item) => `${item.field_name} ${item.ascending ? 'ASC' : 'DESC'}`),
  )
  const datasets = (input.datasets ?? []).map((dataset) => ({
    name: dataset.dataset_name,
    digest: dataset.dataset_digest ?? null,
  }))
  const question = ['models', input.experiment_ids ?? [], input.filter ?? '', asked, datasets]
  const after = positionIn(question, input.page_token, loggedModelPositionLength(order))
  if ((input.experiment_ids ?? []).length === 0)
    throw new AppError('invalid', "Missing value for required parameter 'experiment_ids'.")
  const { details, next } = await transact(ctx, async (tx) => {
    const experimentIds: number[] = []
    for (const id of input.experiment_ids ?? [])
      experimentIds.push((await resolveExperiment(tx, ctx.actor, id, ctx.now)).id)
    const found = await searchLoggedModels(tx, trackedEngagement(ctx.actor), {
      experimentIds,
      filter,
      datasets,
      order,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = found.slice(0, limit)
    const details = await loadLoggedModelDetails(
      tx,
      page.map(({ row }) => row),
    )
    return { details, next: found.length > limit ? (page.at(-1)?.position ?? null) : null }
  })
  return {
    ...unlessEmpty('models', details.map(wireLoggedModel)),
    ...(next === null ? {} : { next_page_token: pageTokenOf(question, next) }),
  }
})

/** The folder of a logged model's files, as the page of models asks for it. */
export const listFiles = endpoint(OfModel.extend({ artifact_directory_path: text.nullish() }), async (ctx, input) => {
  const folder = (input.artifact_directory_path ?? '').replace(/\/$/, '')
  if (folder.split('/').includes('..')) throw new AppError('invalid', 'Invalid path')
  return transact(ctx, async (tx) => {
    const model = await getLoggedModel(tx, trackedEngagement(ctx.actor), input.model_id)
    const files = await listModelFiles(tx, model.id, folder)
    return {
      root_uri: modelUri(model),
      ...unlessEmpty('files', wireFiles(files, folder, folder === '' ? '' : `${folder}/`)),
    }
  })
})

async function wired(ctx: CommandContext, model: LoggedModelRow) {
  const [detail] = await transact(ctx, (tx) => loadLoggedModelDetails(tx, [model]))
  return { model: wireLoggedModel(found(detail, 'This model')) }
}

function distinct<T extends { readonly key: string }>(pairs: readonly T[]): T[] {
  return [...new Map(pairs.map((pair) => [pair.key, pair])).values()]
}

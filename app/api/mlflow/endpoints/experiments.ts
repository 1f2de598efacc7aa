import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import {
  createExperiment,
  deleteExperimentTag,
  moveExperiment,
  renameExperiment,
  resolveExperiment,
  setExperimentTag,
  trackedEngagement,
} from '#app/commands/experiments.ts'
import { AppError } from '#app/domain/errors.ts'
import { LIMITS } from '#app/domain/run.ts'
import { EXPERIMENT_GRAMMAR, readFilter, readOrder } from '#app/domain/search-grammar.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import {
  experimentPositionLength,
  findExperimentByName,
  listExperimentDatasets,
  searchExperiments,
} from '#db/queries/experiments.ts'
import { endpoint } from '../endpoint.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { int64, stagesOf, Tag, text, unlessEmpty, ViewType, wireExperiment } from '../wire.ts'

const NAME_LENGTH_MAX = 500
const DATASETS_MAX = 1000

const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX,
  `it has between 1 and ${String(NAME_LENGTH_MAX)} characters`,
)
const experimentId = z.union([text, z.number()]).transform(String)

export const create = endpoint(z.object({ name, tags: z.array(Tag).max(100).nullish() }), async (ctx, input) => {
  const tags = input.tags ?? []
  for (const tag of tags) ensureKey(tag.key, 'tag')
  return { experiment_id: String(await createExperiment(ctx, { name: input.name, tags })) }
})

export const get = endpoint(z.object({ experiment_id: experimentId }), async (ctx, input) => {
  const row = await transact(ctx, (tx) => resolveExperiment(tx, ctx.actor, input.experiment_id, ctx.now))
  return { experiment: wireExperiment(row) }
})

export const getByName = endpoint(z.object({ experiment_name: text }), async (ctx, input) => {
  const row = await transact(ctx, (tx) => findExperimentByName(tx, trackedEngagement(ctx.actor), input.experiment_name))
  if (!row)
    throw new AppError('not_found', `Could not find experiment with name '${input.experiment_name.slice(0, 500)}'`)
  return { experiment: wireExperiment(row) }
})

const Search = z.object({
  max_results: int64.nullish(),
  page_token: text.nullish(),
  filter: text.nullish(),
  order_by: z.array(text).max(20).nullish(),
  view_type: ViewType,
})

export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, 1000, LIMITS.searchResultsMax)
  const filter = readFilter(EXPERIMENT_GRAMMAR, input.filter ?? '')
  const order = readOrder(EXPERIMENT_GRAMMAR, input.order_by ?? [])
  const question = ['experiments', input.filter ?? '', input.order_by ?? [], input.view_type]
  const after = positionIn(question, input.page_token, experimentPositionLength(order))
  const found = await transact(ctx, (tx) =>
    searchExperiments(tx, trackedEngagement(ctx.actor), {
      stages: stagesOf(input.view_type),
      filter,
      order,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    }),
  )
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    ...unlessEmpty(
      'experiments',
      page.map(({ row }) => wireExperiment(row)),
    ),
    ...(found.length > limit && last ? { next_page_token: pageTokenOf(question, last.position) } : {}),
  }
})

export const update = endpoint(
  z.object({ experiment_id: experimentId, new_name: name.nullish() }),
  async (ctx, input) => {
    if (input.new_name === null || input.new_name === undefined) return {}
    await renameExperiment(ctx, input.experiment_id, input.new_name)
    return {}
  },
)

const OfExperiment = z.object({ experiment_id: experimentId })

export const remove = endpoint(OfExperiment, async (ctx, input) => {
  await moveExperiment(ctx, input.experiment_id, 'deleted')
  return {}
})

export const restore = endpoint(OfExperiment, async (ctx, input) => {
  await moveExperiment(ctx, input.experiment_id, 'active')
  return {}
})

export const setTag = endpoint(Tag.extend({ experiment_id: experimentId }), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  await setExperimentTag(ctx, input.experiment_id, { key: input.key, value: input.value })
  return {}
})

export const deleteTag = endpoint(z.object({ experiment_id: experimentId, key: text }), async (ctx, input) => {
  await deleteExperimentTag(ctx, input.experiment_id, input.key)
  return {}
})

export const searchDatasets = endpoint(
  z.object({ experiment_ids: z.array(experimentId).min(1).max(20) }),
  async (ctx, input) => {
    const rows = await transact(ctx, async (tx) => {
      const ids: number[] = []
      for (const id of input.experiment_ids) ids.push((await resolveExperiment(tx, ctx.actor, id, ctx.now)).id)
      return listExperimentDatasets(tx, trackedEngagement(ctx.actor), ids, DATASETS_MAX)
    })
    return unlessEmpty(
      'dataset_summaries',
      rows.map((row) => ({
        experiment_id: String(row.experimentId),
        name: row.name,
        digest: row.digest,
        ...(row.context === '' ? {} : { context: row.context }),
      })),
    )
  },
)

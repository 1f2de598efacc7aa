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
import { ExperimentTag, int64, stagesOf, text, unlessEmpty, ViewType, wireExperiment } from '../wire.ts'
import { numbersOf } from './experiment-ids.ts'

const NAME_LENGTH_MAX = 500
const DATASETS_MAX = 1000

const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX,
  `it has between 1 and ${String(NAME_LENGTH_MAX)} characters`,
)
const experimentId = z.union([text, z.number()]).transform(String)

const Create = z.object({
  name,
  // Files are kept where the portal keeps them; where a client would have them is checked, and not followed.
  artifact_location: text.nullish(),
  tags: z.array(ExperimentTag).max(100).nullish(),
})

export const create = endpoint(Create, async (ctx, input) => {
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

export const update = endpoint(z.object({ experiment_id: experimentId, new_name: name }), async (ctx, input) => {
  await renameExperiment(ctx, input.experiment_id, input.new_name)
  return {}
})

const OfExperiment = z.object({ experiment_id: experimentId })

export const remove = endpoint(OfExperiment, async (ctx, input) => {
  await moveExperiment(ctx, input.experiment_id, 'deleted')
  return {}
})

export const restore = endpoint(OfExperiment, async (ctx, input) => {
  await moveExperiment(ctx, input.experiment_id, 'active')
  return {}
})

export const setTag = endpoint(ExperimentTag.extend({ experiment_id: experimentId }), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  await setExperimentTag(ctx, input.experiment_id, { key: input.key, value: input.value })
  return {}
})

export const deleteTag = endpoint(z.object({ experiment_id: experimentId, key: text }), async (ctx, input) => {
  await deleteExperimentTag(ctx, input.experiment_id, input.key)
  return {}
})

const EXPERIMENTS_MAX = 20

export const searchDatasets = endpoint(
  z.object({ experiment_ids: z.array(experimentId).nullish() }),
  async (ctx, input) => {
    const said = input.experiment_ids ?? []
    if (said.length === 0)
      throw new AppError('invalid', 'SearchDatasets request must specify at least one experiment_id.')
    if (said.length > EXPERIMENTS_MAX)
      throw new AppError(
        'invalid',
        `SearchDatasets request cannot specify more than ${String(EXPERIMENTS_MAX)} experiment_ids. Received ${String(said.length)} experiment_ids.`,
      )
    const rows = await transact(ctx, async (tx) =>
      listExperimentDatasets(tx, trackedEngagement(ctx.actor), await numbersOf(tx, ctx, said), DATASETS_MAX),
    )
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

import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { createExperiment, resolveExperiment, trackedEngagement } from '#app/commands/tracking.ts'
import { AppError } from '#app/domain/errors.ts'
import { parseFilter } from '#app/domain/search-filter.ts'
import { findExperimentByName, listExperiments } from '#db/queries/experiments.ts'
import { endpoint } from '../endpoint.ts'
import { int64, stagesOf, Tag, text, ViewType, wireExperiment } from '../wire.ts'

const NAME_LENGTH_MAX = 500
const RESULTS_DEFAULT = 1000
const RESULTS_MAX = 50_000

const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX,
  `it has between 1 and ${String(NAME_LENGTH_MAX)} characters`,
)

export const create = endpoint(z.object({ name, tags: z.array(Tag).max(100).nullish() }), async (ctx, input) => ({
  experiment_id: String(await createExperiment(ctx, { name: input.name, tags: input.tags ?? [] })),
}))

export const get = endpoint(z.object({ experiment_id: text }), async (ctx, input) => {
  const row = await transact(ctx, (tx) => resolveExperiment(tx, ctx.actor, input.experiment_id, ctx.now))
  return { experiment: wireExperiment(row) }
})

export const getByName = endpoint(z.object({ experiment_name: text }), async (ctx, input) => {
  const row = await transact(ctx, (tx) => findExperimentByName(tx, trackedEngagement(ctx.actor), input.experiment_name))
  if (!row) throw new AppError('not_found', `Could not find experiment with name '${input.experiment_name}'`)
  return { experiment: wireExperiment(row) }
})

const Search = z.object({
  max_results: int64.nullish(),
  page_token: text.nullish(),
  filter: text.nullish(),
  order_by: z.array(text).max(20).nullish(),
  view_type: ViewType,
})

/** Filters by name only, newest first. */
export const search = endpoint(Search, async (ctx, input) => {
  const limit = input.max_results ?? RESULTS_DEFAULT
  if (limit < 1 || limit > RESULTS_MAX)
    throw new AppError('invalid', `Invalid value for max_results. It must be between 1 and ${String(RESULTS_MAX)}.`)
  const [clause, ...others] = parseFilter(input.filter ?? '')
  if (
    others.length > 0 ||
    (clause && (clause.entity !== 'attribute' || clause.key !== 'name' || typeof clause.value !== 'string'))
  )
    throw new AppError('invalid', "Experiments are filtered by name: name = '…' or name LIKE '…'.")
  const comparator =
    clause === undefined ? null : (['=', '!=', 'LIKE', 'ILIKE'] as const).find((sign) => sign === clause.comparator)
  if (comparator === undefined) throw new AppError('invalid', 'Names are compared with =, !=, LIKE or ILIKE.')
  const belowId =
    input.page_token === null || input.page_token === undefined || input.page_token === ''
      ? undefined
      : Number(input.page_token)
  if (belowId !== undefined && !Number.isSafeInteger(belowId)) throw new AppError('invalid', 'Invalid page token.')
  const rows = await transact(ctx, (tx) =>
    listExperiments(tx, trackedEngagement(ctx.actor), {
      stages: stagesOf(input.view_type),
      limit: limit + 1,
      ...(clause && comparator && typeof clause.value === 'string'
        ? { name: { comparator, value: clause.value } }
        : {}),
      ...(belowId === undefined ? {} : { belowId }),
    }),
  )
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    ...(page.length === 0 ? {} : { experiments: page.map(wireExperiment) }),
    ...(rows.length > limit && last ? { next_page_token: String(last.id) } : {}),
  }
})

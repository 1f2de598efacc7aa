import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { AppError } from '#app/domain/errors.ts'
import { LIMITS } from '#app/domain/run.ts'
import { readFilter, readOrder, RUN_GRAMMAR } from '#app/domain/search-grammar.ts'
import { listMetricHistory } from '#db/queries/metrics.ts'
import { runPositionLength, searchRuns } from '#db/queries/run-search.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'
import { endpoint } from '../endpoint.ts'
import type { Position } from '../page-token.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { int64, stagesOf, text, unlessEmpty, ViewType, wireMetric, wireRun } from '../wire.ts'
import { numbersOf } from './experiment-ids.ts'
import { ofRun, runIdOf } from './of-run.ts'

const Search = z.object({
  experiment_ids: z.array(text).max(1000).nullish(),
  filter: text.nullish(),
  run_view_type: ViewType,
  max_results: int64.nullish(),
  order_by: z.array(text).max(20).nullish(),
  page_token: text.nullish(),
})

export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, 1000, LIMITS.searchResultsMax)
  const filter = readFilter(RUN_GRAMMAR, input.filter ?? '')
  const order = readOrder(RUN_GRAMMAR, input.order_by ?? [])
  const said = input.experiment_ids ?? []
  const question = ['runs', said, input.filter ?? '', input.order_by ?? [], input.run_view_type]
  const after = positionIn(question, input.page_token, runPositionLength(order))
  const { details, next } = await transact(ctx, async (tx) => {
    const experimentIds = await numbersOf(tx, ctx, said)
    if (experimentIds.length === 0) return { details: [], next: null }
    const rows = await searchRuns(tx, {
      engagementId: trackedEngagement(ctx.actor),
      experimentIds,
      stages: stagesOf(input.run_view_type),
      filter,
      order,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = rows.slice(0, limit)
    const details = await loadRunDetails(
      tx,
      page.map(({ run }) => run),
    )
    return { details, next: rows.length > limit ? (page.at(-1)?.position ?? null) : null }
  })
  return {
    ...unlessEmpty('runs', details.map(wireRun)),
    ...(next === null ? {} : { next_page_token: pageTokenOf(question, next) }),
  }
})

const History = z.object({ ...ofRun, metric_key: text, max_results: int64.nullish(), page_token: text.nullish() })

export const getHistory = endpoint(History, async (ctx, input) => {
  const limit = limitOf(input.max_results, LIMITS.historyResultsMax, LIMITS.historyResultsMax)
  const runId = runIdOf(input)
  const question = ['history', runId, input.metric_key]
  const after = historyPosition(positionIn(question, input.page_token, 3))
  const points = await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), runId)
    return listMetricHistory(tx, run.id, input.metric_key, { after, limit: limit + 1 })
  })
  const page = points.slice(0, limit)
  const last = page.at(-1)
  return {
    ...unlessEmpty('metrics', page.map(wireMetric)),
    ...(points.length > limit && last
      ? { next_page_token: pageTokenOf(question, [String(last.step), String(last.timestamp), String(last.value)]) }
      : {}),
  }
})

function historyPosition(position: Position | undefined) {
  if (position === undefined) return null
  const [step, timestamp, value] = position.map(Number)
  if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timestamp))
    throw new AppError('invalid', 'Invalid page token, could not be read for this query.')
  return { step: step ?? 0, timestamp: timestamp ?? 0, value: value ?? 0 }
}

import { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import { transact } from '#app/commands/context.ts'
import { resolveExperiment, trackedEngagement } from '#app/commands/experiments.ts'
import { AppError } from '#app/domain/errors.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import { thinned } from '#app/domain/metric-point.ts'
import { LIMITS } from '#app/domain/run.ts'
import { readFilter, readOrder, RUN_GRAMMAR } from '#app/domain/search-grammar.ts'
import { listMetricHistory } from '#db/queries/metrics.ts'
import { runPositionLength, searchRuns } from '#db/queries/run-search.ts'
import { getRun, loadRunDetails } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import { endpoint } from '../endpoint.ts'
import type { Position } from '../page-token.ts'
import { limitOf, pageTokenOf, positionIn } from '../page-token.ts'
import { int64, stagesOf, text, unlessEmpty, ViewType, wireMetric, wireRun } from '../wire.ts'
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

/** Numbers of the experiments that clients name; those that mean nothing find nothing. */
async function numbersOf(tx: Tx, ctx: CommandContext, said: readonly string[]): Promise<number[]> {
  const numbers = new Set<number>()
  for (const id of said) {
    if (id === '0') numbers.add((await resolveExperiment(tx, ctx.actor, id, ctx.now)).id)
    else if (/^\d{1,15}$/.test(id)) numbers.add(Number(id))
  }
  return [...numbers]
}

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

const RUNS_MAX = 100
const INTERVAL_POINTS_MAX = 2500

const BulkInterval = z.object({
  run_ids: z.array(text).min(1).max(RUNS_MAX),
  metric_key: text,
  start_step: int64.nullish(),
  end_step: int64.nullish(),
  max_results: int64.nullish(),
})

/** One metric of several runs, thinned without losing a spike, for charts that compare them. */
export const getBulkInterval = endpoint(BulkInterval, async (ctx, input) => {
  const limit = limitOf(input.max_results, INTERVAL_POINTS_MAX, INTERVAL_POINTS_MAX)
  const [from, to] = [input.start_step ?? null, input.end_step ?? null]
  if ((from === null) !== (to === null))
    throw new AppError('invalid', 'If either start step or end step are specified, both must be specified.')
  if (from !== null && to !== null && from > to)
    throw new AppError(
      'invalid',
      `end_step must be greater than start_step. Found start_step=${String(from)} and end_step=${String(to)}.`,
    )
  const metrics = await transact(ctx, async (tx) => {
    const lists = []
    for (const id of input.run_ids) {
      const points = await wholeHistory(tx, ctx, { run_id: id, key: input.metric_key, from, to })
      lists.push(...thinned(points, limit).map((point) => ({ ...wireMetric(point), run_id: id })))
    }
    return lists
  })
  return unlessEmpty('metrics', metrics)
})

const BulkHistory = z.object({
  run_id: z.array(text).min(1).max(RUNS_MAX),
  metric_key: text,
  max_results: int64.nullish(),
})

/** The same metric of several runs, raw, up to a limit. */
export const getBulk = endpoint(BulkHistory, async (ctx, input) => {
  const limit = limitOf(input.max_results, LIMITS.historyResultsMax, LIMITS.historyResultsMax)
  const metrics = await transact(ctx, async (tx) => {
    const lists = []
    for (const id of [...input.run_id].sort()) {
      if (lists.length >= limit) break
      const run = await getRun(tx, trackedEngagement(ctx.actor), runIdOf({ run_id: id }))
      const points = await listMetricHistory(tx, run.id, input.metric_key, { after: null, limit: limit - lists.length })
      lists.push(...points.map((point) => ({ ...wireMetric(point), run_id: id })))
    }
    return lists
  })
  return unlessEmpty('metrics', metrics)
})

const PAGES_MAX = 40

/** Up to a million points of a run's metric between two steps. */
async function wholeHistory(
  tx: Tx,
  ctx: CommandContext,
  of: { run_id: string; key: string; from: number | null; to: number | null },
): Promise<MetricPoint[]> {
  const run = await getRun(tx, trackedEngagement(ctx.actor), runIdOf(of))
  const all: MetricPoint[] = []
  let after = of.from === null ? null : { step: of.from - 1, timestamp: Number.MAX_SAFE_INTEGER, value: Number.NaN }
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const points = await listMetricHistory(tx, run.id, of.key, { after, limit: LIMITS.historyResultsMax })
    for (const point of points) if (of.to === null || point.step <= of.to) all.push(point)
    const last = points.at(-1)
    if (points.length < LIMITS.historyResultsMax || !last || (of.to !== null && last.step > of.to)) break
    after = { step: last.step, timestamp: last.timestamp, value: last.value }
  }
  return all
}

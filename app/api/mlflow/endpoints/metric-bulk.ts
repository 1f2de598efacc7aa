import { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import { pointsAt, sampledSteps } from '#app/domain/metric-point.ts'
import { LIMITS } from '#app/domain/run.ts'
import { listMetricHistory } from '#db/queries/metrics.ts'
import { listKnownRunIds } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import { endpoint } from '../endpoint.ts'
import { limitOf } from '../page-token.ts'
import { int64, text, unlessEmpty, wireMetric } from '../wire.ts'

const RUNS_MAX = 100
const INTERVAL_POINTS_MAX = 2500

const missing = (name: string) => new AppError('invalid', `Missing value for required parameter '${name}'.`)

const BulkInterval = z.object({
  run_ids: z.array(text).nullish(),
  metric_key: text.nullish(),
  start_step: int64.nullish(),
  end_step: int64.nullish(),
  max_results: int64.nullish(),
})

/** One metric of several runs at steps that they share, for charts that compare them; no spike is lost. */
export const getBulkInterval = endpoint(BulkInterval, async (ctx, input) => {
  const said = input.run_ids ?? []
  const key = input.metric_key ?? ''
  const limit = input.max_results ?? INTERVAL_POINTS_MAX
  const [from, to] = [input.start_step ?? null, input.end_step ?? null]
  if (said.length === 0) throw missing('run_ids')
  if (said.length > RUNS_MAX)
    throw new AppError(
      'invalid',
      `GetMetricHistoryBulkInterval request must specify at most ${String(RUNS_MAX)} run_ids. Received ${String(said.length)} run_ids.`,
    )
  if (key === '') throw missing('metric_key')
  if (limit < 1 || limit > INTERVAL_POINTS_MAX)
    throw new AppError(
      'invalid',
      `max_results must be between 1 and ${String(INTERVAL_POINTS_MAX)}. Found ${String(limit)}.`,
    )
  if ((from === null) !== (to === null))
    throw new AppError('invalid', 'If either start step or end step are specified, both must be specified.')
  if (from !== null && to !== null && from > to)
    throw new AppError(
      'invalid',
      `end_step must be greater than start_step. Found start_step=${String(from)} and end_step=${String(to)}.`,
    )
  const histories = await transact(ctx, async (tx) => {
    const known = await knownRuns(tx, ctx, said)
    const read: { id: RunId; points: MetricPoint[] }[] = []
    for (const id of known) read.push({ id, points: await wholeHistory(tx, { id, key, from, to }) })
    return read
  })
  const steps = new Set(histories.flatMap(({ points }) => points.map(({ step }) => step)))
  const sampled = sampledSteps(
    [...steps].sort((a, b) => a - b),
    limit,
  )
  // Where a run begins and ends, the others are shown as well.
  const ends = histories.flatMap(({ points }) => [points[0], points.at(-1)].flatMap((point) => point?.step ?? []))
  const shown = new Set([...sampled, ...ends])
  const metrics = histories.flatMap(({ id, points }) =>
    pointsAt(points, shown).map((point) => ({ ...wireMetric(point), run_id: id })),
  )
  return unlessEmpty('metrics', metrics)
})

const BulkHistory = z.object({
  run_id: z.array(text).nullish(),
  metric_key: text.nullish(),
  max_results: int64.nullish(),
})

/** The same metric of several runs, raw, up to a limit. */
export const getBulk = endpoint(BulkHistory, async (ctx, input) => {
  const said = input.run_id ?? []
  const key = input.metric_key ?? ''
  if (said.length === 0) throw new AppError('invalid', 'GetMetricHistoryBulk request must specify at least one run_id.')
  if (said.length > RUNS_MAX)
    throw new AppError(
      'invalid',
      `GetMetricHistoryBulk request cannot specify more than ${String(RUNS_MAX)} run_ids. Received ${String(said.length)} run_ids.`,
    )
  if (key === '') throw new AppError('invalid', 'GetMetricHistoryBulk request must specify a metric_key.')
  const limit = limitOf(input.max_results, LIMITS.historyResultsMax, LIMITS.historyResultsMax)
  const metrics = await transact(ctx, async (tx) => {
    const lists = []
    for (const id of (await knownRuns(tx, ctx, said)).sort()) {
      if (lists.length >= limit) break
      const points = await listMetricHistory(tx, id, key, { after: null, limit: limit - lists.length })
      lists.push(...points.map((point) => ({ ...wireMetric(point), run_id: id })))
    }
    return lists
  })
  return unlessEmpty('metrics', metrics)
})

/** The runs among what was asked for, in that order; MLflow has nothing to say of others, and so have we. */
async function knownRuns(tx: Tx, ctx: CommandContext, said: readonly string[]): Promise<RunId[]> {
  const known = await listKnownRunIds(tx, trackedEngagement(ctx.actor), said)
  const order = [...new Set(said)]
  return [...known].sort((a, b) => order.indexOf(a) - order.indexOf(b))
}

const PAGES_MAX = 40

/** Up to a million points of a run's metric between two steps. */
async function wholeHistory(
  tx: Tx,
  of: { readonly id: RunId; readonly key: string; readonly from: number | null; readonly to: number | null },
): Promise<MetricPoint[]> {
  const all: MetricPoint[] = []
  let after = of.from === null ? null : { step: of.from - 1, timestamp: Number.MAX_SAFE_INTEGER, value: Number.NaN }
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const points = await listMetricHistory(tx, of.id, of.key, { after, limit: LIMITS.historyResultsMax })
    for (const point of points) if (of.to === null || point.step <= of.to) all.push(point)
    const last = points.at(-1)
    if (points.length < LIMITS.historyResultsMax || !last || (of.to !== null && last.step > of.to)) break
    after = { step: last.step, timestamp: last.timestamp, value: last.value }
  }
  return all
}

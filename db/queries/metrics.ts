import { sql } from 'drizzle-orm'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { HistoryPosition, MetricPoint } from '#app/domain/metric-point.ts'
import { comparePositions, thinned } from '#app/domain/metric-point.ts'
import { sha256 } from '../digest.ts'
import type { ChartPoint, SeriesPoints } from '../metric-codec.ts'
import { CHUNK_POINTS, decodeBatch, decodeChunk, decodeRollup, encodeBatch } from '../metric-codec.ts'
import type { Tx } from '../types.ts'

interface Run {
  readonly engagementId: EngagementId
  readonly id: RunId
  readonly experimentId: number
}

/**
 * Append points and move the latest values, in one statement however many there are. The same batch again changes
 * nothing. The run must be held.
 */
export async function appendMetrics(tx: Tx, run: Run, points: readonly MetricPoint[]): Promise<void> {
  if (points.length === 0) return
  const { digest, keys, bytes, latest } = packed(points)
  await tx.execute(sql`select app.append_metrics(${run.engagementId}::uuid, ${run.id}, ${run.experimentId}::bigint,
    ${digest}::bytea, ${sql.param(keys)}::text[], ${points.length}::int, ${bytes}::bytea,
    ${sql.param(latest.keys)}::text[], ${sql.param(latest.datasetNames)}::text[], ${sql.param(latest.datasetDigests)}::text[],
    ${sql.param(latest.modelIds)}::text[], ${sql.param(latest.steps)}::bigint[], ${sql.param(latest.timestamps)}::bigint[],
    ${sql.param(latest.values)}::float8[])`)
}

/** A batch as it is stored: its bytes and digest, and the last point of each series, by key. */
export function packed(points: readonly MetricPoint[]) {
  const series = seriesOf(points)
  const keys = series.map((one) => one.key)
  const bytes = encodeBatch(series)
  const digest = Buffer.from(sha256(`${keys.join('\n')}\n${sha256(bytes)}`).slice(0, 32), 'hex')
  const latest = series.map((one) => ({ one, at: lastOf(one) }))
  return {
    digest,
    keys,
    bytes,
    latest: {
      keys,
      datasetNames: series.map((one) => one.datasetName),
      datasetDigests: series.map((one) => one.datasetDigest),
      modelIds: series.map((one) => one.modelId),
      steps: latest.map(({ one, at }) => one.steps[at] ?? 0),
      timestamps: latest.map(({ one, at }) => one.timestamps[at] ?? 0),
      values: latest.map(({ one, at }) => String(one.values[at] ?? 0)),
    },
  }
}

function lastOf(series: SeriesPoints): number {
  let last = 0
  const position = (at: number): HistoryPosition => ({
    step: series.steps[at] ?? 0,
    timestamp: series.timestamps[at] ?? 0,
    value: series.values[at] ?? 0,
  })
  for (let at = 1; at < series.steps.length; at += 1) {
    if (comparePositions(position(at), position(last)) > 0) last = at
  }
  return last
}

/** Points by series, in the order of the keys, so that two writers take the same rows in the same order. */
function seriesOf(points: readonly MetricPoint[]): SeriesPoints[] {
  const series = new Map<string, SeriesPoints>()
  for (const point of points) {
    const name = nameOf(point)
    let one = series.get(name)
    if (!one) {
      const { key, datasetName, datasetDigest, modelId } = point
      one = { key, datasetName, datasetDigest, modelId, steps: [], timestamps: [], values: [] }
      series.set(name, one)
    }
    one.steps.push(point.step)
    one.timestamps.push(point.timestamp)
    one.values.push(point.value)
  }
  return [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

function nameOf(name: Pick<MetricPoint, 'key' | 'datasetName' | 'datasetDigest' | 'modelId'>): string {
  return `${name.key}\u0000${name.datasetName}\u0000${name.datasetDigest}\u0000${name.modelId}`
}

interface StoredRow {
  [column: string]: unknown
  keys: string[] | null
  key: string
  dataset_name: string
  dataset_digest: string
  model_id: string
  points: Uint8Array
  is_cut: boolean
}

/**
 * Points of one metric after a position, each once, by step, timestamp and value; a page of them. Reads the chunks that
 * the page needs and the log's tail, in one snapshot.
 */
export async function listMetricHistory(
  tx: Tx,
  runId: RunId,
  key: string,
  page: { readonly after: HistoryPosition | null; readonly limit: number },
): Promise<MetricPoint[]> {
  const after = page.after
  // Of each series the chunks that hold the page, the first of which may lie before it in part; `is_cut` where others follow.
  const rows = await tx.execute<StoredRow>(sql`
    select null::text[] as keys, key, dataset_name, dataset_digest, model_id, points, before + count < total and before + count >= ${page.limit + CHUNK_POINTS} as is_cut
    from (
      select *, sum(count) over w - count as before, sum(count) over (partition by dataset_name, dataset_digest, model_id) as total
      from metric_chunks
      where run_id = ${runId} and key = ${key} ${
        after === null
          ? sql``
          : sql`and (step_to, timestamp_to, value_to) >= (${after.step}::bigint, ${after.timestamp}::bigint, ${String(after.value)}::float8)`
      }
      window w as (partition by dataset_name, dataset_digest, model_id order by part)
    ) chunks
    where before < ${page.limit + CHUNK_POINTS}
    union all
    select keys, '', '', '', '', points, false from metric_log where run_id = ${runId} and keys @> array[${key}]`)

  const points: MetricPoint[] = []
  let horizon: HistoryPosition | null = null
  for (const row of rows) {
    for (const series of decoded(row, key)) {
      if (row.is_cut) horizon = earlier(horizon, lastPosition(series))
      pushBehind(points, series, after)
    }
  }
  const bound = horizon
  const within = bound === null ? points : points.filter((point) => comparePositions(point, bound) <= 0)
  return distinct(within).slice(0, page.limit)
}

function decoded(row: StoredRow, key: string): SeriesPoints[] {
  if (row.keys) return decodeBatch(row.keys, row.points, key)
  return [
    {
      key: row.key,
      datasetName: row.dataset_name,
      datasetDigest: row.dataset_digest,
      modelId: row.model_id,
      ...decodeChunk(row.points),
    },
  ]
}

/** Add a series' points that lie behind a position. */
function pushBehind(points: MetricPoint[], series: SeriesPoints, after: HistoryPosition | null): void {
  const { key, datasetName, datasetDigest, modelId } = series
  for (const [at, step] of series.steps.entries()) {
    // Most of a long history lies before a late page: a look at the step spares the rest.
    if (after !== null && step < after.step) continue
    const timestamp = series.timestamps[at] ?? 0
    const value = series.values[at] ?? 0
    const point = { key, datasetName, datasetDigest, modelId, step, timestamp, value }
    if (after === null || comparePositions(point, after) > 0) points.push(point)
  }
}

function lastPosition({ steps, timestamps, values }: SeriesPoints): HistoryPosition {
  return { step: steps.at(-1) ?? 0, timestamp: timestamps.at(-1) ?? 0, value: values.at(-1) ?? 0 }
}

function earlier(known: HistoryPosition | null, other: HistoryPosition): HistoryPosition {
  return known !== null && comparePositions(known, other) <= 0 ? known : other
}

/** Sorted, and each point once: what a retry logged again is the same point. */
function distinct(points: readonly MetricPoint[]): MetricPoint[] {
  const sorted = [...points].sort((a, b) => comparePositions(a, b) || (nameOf(a) < nameOf(b) ? -1 : 1))
  return sorted.filter((point, at) => {
    const before = sorted[at - 1]
    return before === undefined || comparePositions(before, point) !== 0 || nameOf(before) !== nameOf(point)
  })
}

/** Says in 32 digits which last values a run has: another text as soon as one of them is another. */
export async function latestDigest(tx: Tx, runId: RunId): Promise<string> {
  const [row] = await tx.execute<{ digest: string }>(sql`
    select md5(coalesce(string_agg(concat_ws(' ', key, dataset_name, dataset_digest, model_id, step, timestamp, value), ',' order by key,
      dataset_name, dataset_digest, model_id), '')) as digest from latest_metrics where run_id = ${runId}`)
  return row?.digest ?? ''
}

export interface Series {
  readonly key: string
  readonly points: readonly ChartPoint[]
}

/**
 * Every metric of a run that has more than one step (or just `only`), by key, thinned to at most about `pointsMax` points
 * each without losing a spike. Long series are read from their rollups.
 */
export async function listSeries(tx: Tx, runId: RunId, pointsMax = 300, only?: readonly string[]): Promise<Series[]> {
  const keys = only === undefined ? null : sql.param([...only])
  // A bucket of a rollup stands for 256 points: fine enough as soon as there are as many buckets as points to draw.
  const rows = await tx.execute<StoredRow & { is_rollup: boolean }>(sql`
    select null::text[] as keys, key, dataset_name, dataset_digest, model_id, is_rollup,
      case when is_rollup then rollup else points end as points
    from (
      select *, sum(count) over (partition by key) > ${pointsMax * 256} as is_rollup from metric_chunks
      where run_id = ${runId} ${keys === null ? sql`` : sql`and key = any(${keys}::text[])`}
    ) chunks
    union all
    select keys, '', '', '', '', false, points from metric_log
    where run_id = ${runId} ${keys === null ? sql`` : sql`and keys && ${keys}::text[]`}`)
  const series = new Map<string, ChartPoint[]>()
  const listOf = (key: string) => {
    const list = series.get(key) ?? []
    series.set(key, list)
    return list
  }
  for (const row of rows) {
    if (row.is_rollup) for (const point of decodeRollup(row.points)) listOf(row.key).push(point)
    else
      for (const one of row.keys ? decodeBatch(row.keys, row.points) : decoded(row, row.key)) {
        if (only && !only.includes(one.key)) continue
        const list = listOf(one.key)
        for (const [at, step] of one.steps.entries()) list.push({ step, value: one.values[at] ?? 0 })
      }
  }
  return [...series]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, points]) => ({ key, points: onceEach(points) }))
    .filter(({ points }) => points[0]?.step !== points.at(-1)?.step)
    .map(({ key, points }) => ({ key, points: thinned(points, pointsMax) }))
}

function onceEach(points: readonly ChartPoint[]): ChartPoint[] {
  const sorted = [...points].sort((a, b) => a.step - b.step)
  return sorted.filter(
    (point, at) => sorted[at - 1]?.step !== point.step || !Object.is(sorted[at - 1]?.value, point.value),
  )
}

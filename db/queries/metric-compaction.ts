import { sql } from 'drizzle-orm'
import type { RunId } from '#app/domain/ids.ts'
import { comparePositions } from '#app/domain/metric-point.ts'
import type { SeriesName, SeriesPoints } from '../metric-codec.ts'
import { CHUNK_POINTS, decodeBatch, decodeChunk, encodeChunk, encodeRollup } from '../metric-codec.ts'
import type { Tx } from '../types.ts'

/** Rows of the log that one transaction takes over; the next one takes the rest. */
const LOG_ROWS_MAX = 2000

/**
 * Take points of a run over from the log into sorted chunks with rollups, in the caller's transaction: a crash changes
 * nothing, and of two at once one does nothing.
 * @returns true when there is more to take over
 */
export async function compactMetrics(tx: Tx, runId: RunId): Promise<boolean> {
  const [lock] = await tx.execute<{ is_ours: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`compact:${runId}`}, 0)) as is_ours`,
  )
  if (!lock?.is_ours) return false
  const taken = await tx.execute<{ engagement_id: string; keys: string[]; points: Uint8Array }>(sql`
    delete from metric_log where (run_id, request_digest) in
      (select run_id, request_digest from metric_log where run_id = ${runId} limit ${LOG_ROWS_MAX})
    returning engagement_id, keys, points`)
  const [first] = taken
  if (!first) return false
  const fresh = new Map<string, SeriesPoints>()
  for (const row of taken) {
    for (const series of decodeBatch(row.keys, row.points)) {
      const name = [series.key, series.datasetName, series.datasetDigest, series.modelId].join('\u0000')
      const known = fresh.get(name)
      if (known) append(known, series)
      else fresh.set(name, series)
    }
  }
  for (const series of fresh.values()) await addToChunks(tx, { runId, engagementId: first.engagement_id }, series)
  return taken.length === LOG_ROWS_MAX
}

/** Runs whose log has grown long, for the worker to look after; the longest first. */
export async function listLongLogs(tx: Tx, rowsMin: number, limit: number): Promise<string[]> {
  const rows = await tx.execute<{ run_id: string }>(sql`
    select run_id from metric_log group by run_id having count(*) >= ${rowsMin} order by count(*) desc limit ${limit}`)
  return [...rows].map((row) => row.run_id)
}

function append(to: SeriesPoints, more: SeriesPoints): void {
  for (const [at, step] of more.steps.entries()) {
    to.steps.push(step)
    to.timestamps.push(more.timestamps[at] ?? 0)
    to.values.push(more.values[at] ?? 0)
  }
}

/**
 * Join a series' new points with its chunks. Those that end before the first new point stay as they are; the rest is
 * read, sorted with the new ones, and written again.
 */
async function addToChunks(
  tx: Tx,
  run: { readonly runId: RunId; readonly engagementId: string },
  series: SeriesPoints,
): Promise<void> {
  const sorted = sortedOnce(series)
  const [step, timestamp, value] = [sorted.steps[0] ?? 0, sorted.timestamps[0] ?? 0, sorted.values[0] ?? 0]
  const replaced = await tx.execute<{ part: number; points: Uint8Array }>(sql`
    delete from metric_chunks where ${isSeries(run.runId, series)} and (
      (step_to, timestamp_to, value_to) >= (${step}::bigint, ${timestamp}::bigint, ${String(value)}::float8)
      or (count < ${CHUNK_POINTS} and part = (select max(part) from metric_chunks where ${isSeries(run.runId, series)})))
    returning part, points`)
  const [{ next } = { next: 0 }] = await tx.execute<{ next: number }>(
    sql`select coalesce(max(part) + 1, 0)::int as next from metric_chunks where ${isSeries(run.runId, series)}`,
  )
  const whole: SeriesPoints = {
    ...series,
    steps: [...sorted.steps],
    timestamps: [...sorted.timestamps],
    values: [...sorted.values],
  }
  for (const row of replaced) append(whole, { ...series, ...decodeChunk(row.points) })
  const all = sortedOnce(whole)
  for (let from = 0, part = next; from < all.steps.length; from += CHUNK_POINTS, part += 1) {
    const to = Math.min(all.steps.length, from + CHUNK_POINTS)
    const piece = {
      steps: all.steps.slice(from, to),
      timestamps: all.timestamps.slice(from, to),
      values: all.values.slice(from, to),
    }
    await tx.execute(sql`insert into metric_chunks (engagement_id, run_id, key, dataset_name, dataset_digest, model_id, part,
        step_from, step_to, timestamp_to, value_to, count, points, rollup)
      values (${run.engagementId}::uuid, ${run.runId}, ${series.key}, ${series.datasetName}, ${series.datasetDigest}, ${series.modelId}, ${part},
        ${piece.steps[0] ?? 0}, ${piece.steps.at(-1) ?? 0}, ${piece.timestamps.at(-1) ?? 0}, ${String(piece.values.at(-1) ?? 0)}::float8,
        ${to - from}, ${encodeChunk(piece)}::bytea, ${encodeRollup(piece)}::bytea)`)
  }
}

function isSeries(runId: RunId, name: SeriesName) {
  return sql`run_id = ${runId} and key = ${name.key} and dataset_name = ${name.datasetName}
    and dataset_digest = ${name.datasetDigest} and model_id = ${name.modelId}`
}

function sortedOnce(series: SeriesPoints): SeriesPoints {
  const points = series.steps.map((step, at) => ({
    step,
    timestamp: series.timestamps[at] ?? 0,
    value: series.values[at] ?? 0,
  }))
  points.sort(comparePositions)
  const once = points.filter((point, at) => {
    const before = points[at - 1]
    return before === undefined || comparePositions(before, point) !== 0
  })
  return {
    ...series,
    steps: once.map((point) => point.step),
    timestamps: once.map((point) => point.timestamp),
    values: once.map((point) => point.value),
  }
}

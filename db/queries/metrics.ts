import { and, asc, eq, sql } from 'drizzle-orm'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import { metricPoints } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

export interface MetricPoint {
  readonly key: string
  /** May be NaN or infinite. */
  readonly value: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly step: number
  /** Empty when the point names no dataset. */
  readonly datasetName: string
  readonly datasetDigest: string
}

/**
 * Append points and move the latest values, in two statements however many there are. The whole point is its key, so a
 * batch that is sent twice is stored once; rows are written in the order of their keys, so that two writers never
 * wait for each other in a circle.
 */
export async function appendMetrics(
  tx: Tx,
  run: { readonly engagementId: EngagementId; readonly id: RunId },
  points: readonly MetricPoint[],
): Promise<void> {
  if (points.length === 0) return
  const given = sql`unnest(
    ${sql.param(points.map((point) => point.key))}::text[],
    ${sql.param(points.map((point) => point.step))}::bigint[],
    ${sql.param(points.map((point) => point.timestamp))}::bigint[],
    ${sql.param(points.map((point) => String(point.value)))}::text[]::float8[],
    ${sql.param(points.map((point) => point.datasetName))}::text[],
    ${sql.param(points.map((point) => point.datasetDigest))}::text[]
  ) as given(key, step, ts, value, dataset_name, dataset_digest)`
  await tx.execute(sql`
    insert into metric_points (engagement_id, run_id, key, step, timestamp, value, dataset_name, dataset_digest)
    select ${run.engagementId}, ${run.id}, key, step, ts, value, dataset_name, dataset_digest from ${given} order by key, step
    on conflict do nothing`)
  await tx.execute(sql`
    insert into latest_metrics as latest (engagement_id, run_id, key, dataset_name, dataset_digest, step, timestamp, value)
    select distinct on (key, dataset_name, dataset_digest)
      ${run.engagementId}::uuid, ${run.id}, key, dataset_name, dataset_digest, step, ts, value
    from ${given} order by key, dataset_name, dataset_digest, step desc, ts desc, value desc
    on conflict (run_id, key, dataset_name, dataset_digest) do update
      set step = excluded.step, timestamp = excluded.timestamp, value = excluded.value
      where (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)`)
}

/** Points of one metric, by step, timestamp and value; a page of them. */
export async function listMetricHistory(
  tx: Tx,
  runId: RunId,
  key: string,
  page: { readonly offset: number; readonly limit: number },
): Promise<MetricPoint[]> {
  return tx
    .select({
      key: metricPoints.key,
      value: metricPoints.value,
      timestamp: metricPoints.timestamp,
      step: metricPoints.step,
      datasetName: metricPoints.datasetName,
      datasetDigest: metricPoints.datasetDigest,
    })
    .from(metricPoints)
    .where(and(eq(metricPoints.runId, runId), eq(metricPoints.key, key)))
    .orderBy(asc(metricPoints.step), asc(metricPoints.timestamp), asc(metricPoints.value))
    .limit(page.limit)
    .offset(page.offset)
}

export interface Series {
  readonly key: string
  readonly points: readonly { readonly step: number; readonly value: number }[]
}

/**
 * Every metric of a run that has more than one step, thinned to at most about `pointsMax` points each; of each bucket
 * of steps the smallest, the largest and the last value stay, so that spikes survive.
 */
export async function listSeries(tx: Tx, runId: RunId, pointsMax = 300): Promise<Series[]> {
  const rows = await tx.execute<{ key: string; step: string; value: string }>(sql`
    with points as (
      select key, step, value, ntile(${Math.max(1, Math.floor(pointsMax / 3))}) over (partition by key order by step) as bucket,
        min(step) over (partition by key) as first_step, max(step) over (partition by key) as last_step
      from metric_points where run_id = ${runId}
    ), ranked as (
      select *, row_number() over (partition by key, bucket order by value) as low,
        row_number() over (partition by key, bucket order by value desc) as high,
        row_number() over (partition by key, bucket order by step desc) as late
      from points where first_step < last_step
    )
    select key, step::text, value::text from ranked where low = 1 or high = 1 or late = 1 order by key, step limit 20000`)
  const series = new Map<string, { step: number; value: number }[]>()
  for (const row of rows) {
    const points = series.get(row.key) ?? []
    points.push({ step: Number(row.step), value: Number(row.value) })
    series.set(row.key, points)
  }
  return [...series].map(([key, points]) => ({ key, points }))
}

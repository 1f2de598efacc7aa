import type { JobId, RunId } from '#app/domain/ids.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import { sqlStateOf } from '../client.server.ts'
import type { Database, Scope } from '../types.ts'
import { packed } from './metrics.ts'
import type { KeyValue } from './runs.ts'

/** What app.log_batch says of a parameter that has another value. */
const PARAM_CHANGES = 'TL001'

/**
 * Log to a run that is open and belongs to `jobId` (null: to nobody), in one round trip. Keys of parameters and of tags must
 * be distinct; a name that is not empty becomes the run's.
 * @returns false when the run is not such a one, or a parameter would change: then nothing was written, and why is found out
 * the long way
 */
export async function logToOpenRun(
  database: Database,
  scope: Scope,
  to: { readonly runId: RunId; readonly jobId: JobId | null },
  batch: {
    readonly metrics: readonly MetricPoint[]
    readonly params: readonly KeyValue[]
    readonly tags: readonly KeyValue[]
    readonly name: string
  },
): Promise<boolean> {
  const { digest, keys, bytes, latest } = packed(batch.metrics)
  try {
    const [answer] = await database.call<{ log_batch: boolean }>(scope, 'log_batch', [
      to.runId,
      to.jobId ?? '',
      digest,
      keys,
      batch.metrics.length,
      bytes,
      latest.keys,
      latest.datasetNames,
      latest.datasetDigests,
      latest.modelIds,
      latest.steps,
      latest.timestamps,
      latest.values,
      ...columnsOf(batch.params),
      ...columnsOf(batch.tags),
      batch.name,
    ])
    return answer?.log_batch === true
  } catch (error) {
    if (sqlStateOf(error) === PARAM_CHANGES) return false
    throw error
  }
}

/**
 * Start a run of the viewer's own in one round trip, with tags of distinct keys.
 * @param experiment its id; 0 for the one of that name
 * @returns the experiment's id; null when there is no such experiment that is active: then nothing was written
 */
export async function startRunIn(
  database: Database,
  scope: Scope,
  experiment: { readonly id: number; readonly name: string },
  run: {
    readonly id: RunId
    readonly name: string
    readonly userName: string
    readonly startTime: number
    readonly at: Date
    readonly tags: readonly KeyValue[]
  },
): Promise<number | null> {
  const [answer] = await database.call<{ start_run: string | null }>(scope, 'start_run', [
    run.id,
    experiment.id,
    experiment.name,
    run.name,
    run.userName,
    run.startTime,
    run.at.toISOString(),
    ...columnsOf(run.tags),
  ])
  const id = answer?.start_run ?? null
  return id === null ? null : Number(id)
}

function columnsOf(pairs: readonly KeyValue[]): readonly [string[], string[]] {
  return [pairs.map(({ key }) => key), pairs.map(({ value }) => value)]
}

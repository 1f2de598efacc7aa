import { beginJob, endJob, giveBackJob } from '#app/commands/job-execution.ts'
import { found, isAppError } from '#app/domain/errors.ts'
import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import { HEARTBEAT_SECONDS, TRAIN_MEMORY_MB_MAX, TRAIN_TIMEOUT_SECONDS } from '#app/domain/job.ts'
import { findRecipe } from '#app/domain/recipe.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import type { JobLease } from '#db/queries/jobs.ts'
import { insertJobLog, renewLease } from '#db/queries/jobs.ts'
import type { ExecutionEnd, ExecutionHooks } from '#workers/executors/executor.ts'
import { RECIPE_ENTRY, recipeJobFiles } from '#workers/recipes/recipes.ts'
import type { TaskHandler, TaskShell } from '#workers/task.ts'
import { trackingProxy } from '#workers/tracking-proxy.ts'

const LOG_FLUSH_MS = 250

/**
 * Claim a job, run its recipe in the cage, record its end. What the code logs goes through the tracking API with the
 * job's own token, as anybody's would.
 */
export const runJob: TaskHandler<'run_job'> = async ({ jobId }, shell) => {
  const begun = await beginJob(shell.database, { jobId, workerId: shell.workerId, now: shell.now() })
  if (!begun) return
  const { lease, token } = begun
  const log = openLog(shell, lease)
  const held = holdLease(shell, lease)
  try {
    log.write('system', `Attempt ${String(lease.attempt)} by ${shell.workerId}.\n`)
    const end = await shell.executor.run(
      {
        files: await filesOf(shell, lease),
        entry: RECIPE_ENTRY,
        timeoutSeconds: TRAIN_TIMEOUT_SECONDS,
        memoryMbMax: TRAIN_MEMORY_MB_MAX,
      },
      {
        onLog: log.write,
        onProgress: held.note,
        track: trackingProxy(shell.config.trackingUrl, token),
        signal: held.signal,
      },
    )
    await log.close()
    await settle(shell, lease, held.isStopping() && end.state === 'cancelled' ? null : endOf(end))
  } catch (error) {
    log.write('system', `${isAppError(error) ? error.message : 'The job could not be started.'}\n`)
    await log.close()
    await settle(shell, lease, {
      state: 'failed',
      reason: isAppError(error) ? error.message : 'The job could not be started.',
    })
    if (!isAppError(error)) throw error
  } finally {
    held.release()
  }
}

/** @param end null when the process stops: the job goes back to the queue, and another worker starts it again */
async function settle(
  shell: TaskShell,
  lease: JobLease,
  end: { state: JobState; reason: string } | null,
): Promise<void> {
  if (end) await endJob(shell.database, lease, { ...end, now: shell.now() })
  else await giveBackJob(shell.database, lease)
}

function endOf(end: ExecutionEnd): { state: JobState; reason: string } {
  switch (end.state) {
    case 'succeeded':
      return { state: 'succeeded', reason: '' }
    case 'failed':
      return { state: 'failed', reason: end.reason === 'out_of_memory' ? `Out of memory. ${end.message}` : end.message }
    case 'timed_out':
      return { state: 'timed_out', reason: `It took longer than ${String(TRAIN_TIMEOUT_SECONDS)} seconds.` }
    case 'cancelled':
      return { state: 'cancelled', reason: 'A person cancelled it.' }
    default:
      return end satisfies never
  }
}

/** The program, its library, the order, and the rows of each dataset, read by digest. */
async function filesOf(shell: TaskShell, lease: JobLease) {
  const recipe = found(findRecipe(lease.payload.recipe), 'The recipe of this job')
  const datasets = await Promise.all(
    lease.payload.datasets.map(async ({ role, datasetVersionId }) => {
      const version = await shell.database.as({}, (tx) =>
        getDatasetVersion(tx, lease.engagementId, toId<DatasetVersionId>(datasetVersionId)),
      )
      const csv = await shell.blobs.read(lease.engagementId, version.sha256 ?? '')
      return { role, name: version.name, digest: version.digest, rows: version.profile.rows ?? 0, csv }
    }),
  )
  return recipeJobFiles({
    recipeKey: recipe.key,
    experiment: recipe.title,
    runName: lease.payload.runName,
    parameters: lease.payload.parameters,
    datasets,
    tags: { 'throughline.recipe': recipe.key, 'throughline.job': lease.id },
  })
}

/** Keep the lease while the job runs; abort the job when a person cancels it, the lease is lost, or the process stops. */
function holdLease(shell: TaskShell, lease: JobLease) {
  const abort = new AbortController()
  let progress = { fraction: 0, note: '' }
  const beat = async () => {
    const state = await shell.database.as({}, (tx) => renewLease(tx, lease, progress))
    if (state !== 'held') abort.abort()
  }
  // A beat that fails is made up by the next; when the database is away for a whole lease, the fencing refuses the end.
  const timer = setInterval(() => void beat().catch(() => undefined), (HEARTBEAT_SECONDS * 1000) / 2)
  const stop = () => {
    abort.abort()
  }
  shell.signal.addEventListener('abort', stop)
  const note: ExecutionHooks['onProgress'] = (fraction, text) => {
    progress = { fraction: Math.min(1, Math.max(0, fraction)), note: text.slice(0, 200) }
  }
  return {
    signal: abort.signal,
    note,
    isStopping: () => shell.signal.aborted,
    release() {
      clearInterval(timer)
      shell.signal.removeEventListener('abort', stop)
    },
  }
}

/** Pieces of the log are written in order, gathered for a quarter of a second. */
function openLog(shell: TaskShell, lease: JobLease) {
  const waiting: { stream: 'stdout' | 'stderr' | 'system'; text: string }[] = []
  let writing: Promise<void> = Promise.resolve()
  const flush = () => {
    const pieces = waiting.splice(0)
    if (pieces.length === 0) return writing
    writing = writing.then(() => writePieces(shell, lease, pieces)).catch(() => undefined)
    return writing
  }
  const timer = setInterval(() => void flush(), LOG_FLUSH_MS)
  return {
    write(stream: 'stdout' | 'stderr' | 'system', text: string) {
      const last = waiting.at(-1)
      if (last?.stream === stream && last.text.length < 16_384) last.text += text
      else waiting.push({ stream, text })
    },
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

async function writePieces(
  shell: TaskShell,
  lease: JobLease,
  pieces: readonly { stream: 'stdout' | 'stderr' | 'system'; text: string }[],
): Promise<void> {
  await shell.database.as({}, async (tx) => {
    for (const piece of pieces) {
      await insertJobLog(tx, {
        engagementId: lease.engagementId,
        jobId: lease.id,
        attempt: lease.attempt,
        stream: piece.stream,
        text: piece.text.replaceAll('\u0000', '\uFFFD'),
      })
    }
  })
}

import { HEARTBEAT_SECONDS, LEASE_SECONDS } from '#app/domain/job.ts'
import type { JobLease } from '#db/queries/job-leases.ts'
import { renewLease } from '#db/queries/job-leases.ts'
import type { Database } from '#db/types.ts'
import type { ExecutionHooks } from '#workers/executors/executor.ts'

/** Why a job was stopped before its own end. `lost`: the lease ran out or is somebody else's; nothing may be written. */
export type StopCause = 'cancel' | 'lost' | 'stopping'

export interface HeldLease {
  /** Aborted when the job has to stop. */
  readonly signal: AbortSignal
  /** Null while nothing told the job to stop. */
  cause(): StopCause | null
  readonly onProgress: ExecutionHooks['onProgress']
  readonly onUsage: ExecutionHooks['onUsage']
  release(): void
}

/**
 * Keep a lease while its job runs. The job is stopped when a person cancels it, when the process is told to stop, and
 * when the lease could not be renewed for its whole time: by then somebody else may run the job.
 */
export function holdLease(database: Database, lease: JobLease, stopping: AbortSignal): HeldLease {
  const abort = new AbortController()
  let cause: StopCause | null = null
  let renewedAt = performance.now()
  let progress = { fraction: 0, note: '', memoryMbMax: 0, cpuSeconds: 0 }
  const end = (why: StopCause) => {
    cause ??= why
    abort.abort()
  }
  const beat = async () => {
    const askedAt = performance.now()
    const state = await database.as({}, (tx) => renewLease(tx, lease, progress))
    if (state === 'held') renewedAt = askedAt
    else end(state)
  }
  const timer = setInterval(
    () => {
      if (performance.now() - renewedAt > LEASE_SECONDS * 1000) end('lost')
      // A beat that fails is made up by the next one; the line above ends the job when none gets through.
      else void beat().catch(() => undefined)
    },
    (HEARTBEAT_SECONDS * 1000) / 2,
  )
  const onStop = () => {
    end('stopping')
  }
  stopping.addEventListener('abort', onStop, { once: true })
  if (stopping.aborted) onStop()
  return {
    signal: abort.signal,
    cause: () => cause,
    onProgress(fraction, note) {
      progress = { ...progress, fraction: Math.min(1, Math.max(0, fraction)), note: note.slice(0, 200) }
    },
    onUsage(memoryMb, cpuSeconds) {
      progress = { ...progress, memoryMbMax: Math.max(progress.memoryMbMax, memoryMb), cpuSeconds }
    },
    release() {
      clearInterval(timer)
      stopping.removeEventListener('abort', onStop)
    },
  }
}

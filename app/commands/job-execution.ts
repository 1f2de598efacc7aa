import type { EngagementId, JobId } from '#app/domain/ids.ts'
import type { JobEnd, JobReason, JobState } from '#app/domain/job.ts'
import { ATTEMPTS_MAX, JOB_STATE_WORDS, retryDelaySeconds } from '#app/domain/job.ts'
import type { RunState } from '#app/domain/run.ts'
import { newId } from '#db/new-id.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { ExpiredJob, JobLease } from '#db/queries/job-leases.ts'
import {
  claimNextJob,
  endRunsOfJob,
  insertJobLog,
  listForgottenJobs,
  lockExpiredJobs,
  returnLease,
  revokeJobTokens,
  saveJobEnd,
  settleExpiredJob,
} from '#db/queries/job-leases.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Database, Tx } from '#db/types.ts'
import { issueJobToken } from './tokens.ts'

const TOKEN_MINUTES = 60
/** A waiting job whose message did not come by then gets another. */
const FORGOTTEN_AFTER_SECONDS = 30

/** Put the message on the queue that will start one attempt of a job. */
export async function enqueueAttempt(
  tx: Tx,
  job: { readonly id: JobId; readonly key: string; readonly runAt?: Date },
): Promise<void> {
  await enqueue(tx, 'run_next_job', {}, { key: `run:${job.id}:${job.key}`, ...(job.runAt ? { runAt: job.runAt } : {}) })
}

/**
 * Claim the next job and give it a token of its own; null when nothing waits. A build gets none: what it does is no run.
 */
export async function beginJob(
  database: Database,
  input: {
    readonly workerId: string
    readonly executor: string
    readonly environment: string
    readonly interpreter: string
    readonly now: Date
  },
): Promise<{ readonly lease: JobLease; readonly token: string | null } | null> {
  return database.as({}, async (tx) => {
    const lease = await claimNextJob(tx, {
      workerId: input.workerId,
      leaseToken: newId<JobId>(),
      executor: input.executor,
      environment: input.environment,
      interpreter: input.interpreter,
    })
    if (!lease) return null
    if (lease.kind === 'build_environment') return { lease, token: null }
    const token = await issueJobToken(tx, {
      engagementId: lease.engagementId,
      jobId: lease.id,
      now: input.now,
      minutes: TOKEN_MINUTES,
    })
    return { lease, token }
  })
}

const RUN_STATE_AFTER: Readonly<Record<JobEnd['state'], RunState>> = {
  succeeded: 'failed', // a job that succeeded ended its runs itself; one it left open did not finish
  failed: 'failed',
  timed_out: 'killed',
  cancelled: 'killed',
  lost: 'lost',
}

/**
 * Write what became of an attempt, as the holder of its lease: the end of the job, or that it waits to be tried again.
 * The state of its runs, the end of its token and the event go with it; none of them when the lease is somebody else's.
 * @param input.variation 0 to 1, for the delay of a retry
 * @returns the state that was written; null when the lease was lost, and nothing was
 */
export async function endJob(
  database: Database,
  lease: JobLease,
  input: { readonly end: JobEnd; readonly variation: number; readonly now: Date },
): Promise<JobState | null> {
  const { end, now } = input
  const delaySeconds = retryDelaySeconds(end.reasonCode, lease.attempt, input.variation)
  return database.as({}, async (tx) => {
    const isOurs =
      delaySeconds === null
        ? await saveJobEnd(tx, lease, end)
        : await returnLease(tx, lease, { counts: true, delaySeconds, reason: `${end.reason} It is tried again.` })
    if (!isOurs) return null
    await endRunsOfJob(tx, lease.id, RUN_STATE_AFTER[end.state])
    await revokeJobTokens(tx, lease.id)
    if (delaySeconds === null) {
      await recordEnd(tx, lease, end, now)
      return end.state
    }
    await insertJobLog(tx, lease, [
      { stream: 'system', text: `${end.reason} It is tried again in ${delaySeconds.toFixed(0)} s.\n` },
    ])
    await enqueueAttempt(tx, { id: lease.id, key: String(lease.attempt + 1), runAt: later(now, delaySeconds) })
    return 'queued'
  })
}

/** Put a job back in the queue because this process stops; it was not the job's fault, so the attempt does not count. */
export async function giveBackJob(database: Database, lease: JobLease): Promise<void> {
  await database.as({}, async (tx) => {
    const isOurs = await returnLease(tx, lease, { counts: false, delaySeconds: 0, reason: '' })
    if (!isOurs) return
    await endRunsOfJob(tx, lease.id, 'lost')
    await revokeJobTokens(tx, lease.id)
    await insertJobLog(tx, lease, [{ stream: 'system', text: 'The worker was stopped. The job starts again.\n' }])
    await enqueueAttempt(tx, { id: lease.id, key: `again:${lease.leaseToken}` })
  })
}

/**
 * Settle running jobs whose worker was not heard of within the lease: queued again with the next attempt, or lost.
 * Their runs become lost and their tokens end, so that a worker that comes back writes nothing. Waiting jobs whose
 * message got lost get another.
 * @returns how many were settled
 */
export async function reapJobs(database: Database, now: Date): Promise<number> {
  return database.as({}, async (tx) => {
    const expired = await lockExpiredJobs(tx)
    for (const job of expired) await reapJob(tx, job, now)
    for (const id of await listForgottenJobs(tx, FORGOTTEN_AFTER_SECONDS))
      await enqueueAttempt(tx, { id, key: 'forgotten' })
    return expired.length
  })
}

async function reapJob(tx: Tx, job: ExpiredJob, now: Date): Promise<void> {
  await endRunsOfJob(tx, job.id, job.cancelAskedAt === null ? 'lost' : 'killed')
  await revokeJobTokens(tx, job.id)
  const delaySeconds = job.cancelAskedAt === null ? retryDelaySeconds('worker_lost', job.attempt, 0.5) : null
  if (delaySeconds !== null) {
    // The lease was the wait: a job whose worker died for the first time starts again at once.
    const wait = job.attempt <= 1 ? 0 : delaySeconds
    await settleExpiredJob(tx, job.id, {
      state: 'queued',
      reason: `The worker of attempt ${String(job.attempt)} died. It is tried again.`,
      delaySeconds: wait,
    })
    await insertJobLog(tx, job, [{ stream: 'system', text: 'The worker died. The job starts again.\n' }])
    await enqueueAttempt(tx, { id: job.id, key: String(job.attempt + 1), runAt: later(now, wait) })
    return
  }
  const end: JobEnd =
    job.cancelAskedAt === null
      ? ended(
          'lost',
          'worker_lost',
          `Its worker died; that was attempt ${String(job.attempt)} of ${String(ATTEMPTS_MAX)}.`,
        )
      : ended('cancelled', 'cancelled', 'Cancelled; its worker had died.')
  await settleExpiredJob(tx, job.id, end)
  await insertJobLog(tx, job, [{ stream: 'system', text: `${end.reason}\n` }])
  await recordEnd(tx, job, end, now)
}

function ended(state: JobEnd['state'], reasonCode: JobReason, reason: string): JobEnd {
  return { state, reasonCode, reason, exitCode: null }
}

function later(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000)
}

async function recordEnd(
  tx: Tx,
  job: { readonly id: string; readonly engagementId: EngagementId; readonly title: string },
  end: JobEnd,
  now: Date,
): Promise<void> {
  await recordEvent(tx, null, {
    kind: 'job.ended',
    engagementId: job.engagementId,
    subjectId: job.id,
    summary: `“${job.title}” ${JOB_STATE_WORDS[end.state].toLowerCase()}${end.reason === '' ? '.' : `: ${end.reason}`}`,
    at: now,
  })
}

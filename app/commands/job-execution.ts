import type { EngagementId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import { ATTEMPTS_MAX, JOB_STATE_WORDS } from '#app/domain/job.ts'
import type { RunState } from '#app/domain/run.ts'
import { newId } from '#db/new-id.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { JobLease } from '#db/queries/jobs.ts'
import {
  claimJob,
  endRunsOfJob,
  insertJobLog,
  lockExpiredJobs,
  returnLease,
  revokeJobTokens,
  saveJobEnd,
  settleExpiredJob,
} from '#db/queries/jobs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Database, Tx } from '#db/types.ts'
import { issueJobToken } from './tokens.ts'

const TOKEN_MINUTES = 60

/** Claim a job and give it a token of its own; null when a second delivery of its task finds nothing to claim. */
export async function beginJob(
  database: Database,
  input: { jobId: string; workerId: string; now: Date },
): Promise<{ readonly lease: JobLease; readonly token: string } | null> {
  return database.as({}, async (tx) => {
    const lease = await claimJob(tx, { id: input.jobId, workerId: input.workerId, leaseToken: newId() })
    if (!lease) return null
    const token = await issueJobToken(tx, {
      engagementId: lease.engagementId,
      jobId: lease.id,
      now: input.now,
      minutes: TOKEN_MINUTES,
    })
    return { lease, token }
  })
}

const RUN_STATE_AFTER: Readonly<Partial<Record<JobState, RunState>>> = {
  succeeded: 'failed', // a job that succeeded ended its runs itself; one it left open did not finish
  failed: 'failed',
  timed_out: 'killed',
  cancelled: 'killed',
  lost: 'lost',
}

/**
 * Write the end of a job: its state, the state of the runs it left open, the end of its token, and the event, or none
 * of them when the lease is somebody else's by now.
 * @returns whether it was written
 */
export async function endJob(
  database: Database,
  lease: JobLease,
  end: { readonly state: JobState; readonly reason: string; readonly now: Date },
): Promise<boolean> {
  return database.as({}, async (tx) => {
    const isOurs = await saveJobEnd(tx, lease, end)
    if (!isOurs) return false
    await endRunsOfJob(tx, lease.id, RUN_STATE_AFTER[end.state] ?? 'failed')
    await revokeJobTokens(tx, lease.id)
    await recordEnd(tx, lease, end)
    return true
  })
}

/** Put a job back in the queue because this process stops; it was not the job's fault, so the attempt does not count. */
export async function giveBackJob(database: Database, lease: JobLease): Promise<void> {
  await database.as({}, async (tx) => {
    const isOurs = await returnLease(tx, lease)
    if (!isOurs) return
    await endRunsOfJob(tx, lease.id, 'lost')
    await revokeJobTokens(tx, lease.id)
    await insertJobLog(tx, {
      engagementId: lease.engagementId,
      jobId: lease.id,
      attempt: lease.attempt,
      stream: 'system',
      text: 'The worker was stopped. The job starts again.\n',
    })
    await enqueue(tx, 'run_job', { jobId: lease.id }, { key: `run:${lease.id}:again:${lease.leaseToken}` })
  })
}

/**
 * Settle running jobs whose worker was not heard of within the lease: queued again with the next attempt, or lost.
 * Their runs become lost and their tokens end, so that a worker that comes back writes nothing.
 */
export async function reapJobs(database: Database, now: Date): Promise<number> {
  return database.as({}, async (tx) => {
    const expired = await lockExpiredJobs(tx)
    for (const job of expired) {
      const state = job.cancelAskedAt !== null ? 'cancelled' : job.attempt < ATTEMPTS_MAX ? 'queued' : 'lost'
      const reason =
        state === 'lost'
          ? `Its worker died ${String(ATTEMPTS_MAX)} times; the last attempt was number ${String(job.attempt)}.`
          : state === 'cancelled'
            ? 'Cancelled; its worker had died.'
            : ''
      await settleExpiredJob(tx, job.id, { state, reason })
      await endRunsOfJob(tx, job.id, state === 'cancelled' ? 'killed' : 'lost')
      await revokeJobTokens(tx, job.id)
      await insertJobLog(tx, {
        engagementId: job.engagementId,
        jobId: job.id,
        attempt: job.attempt,
        stream: 'system',
        text: state === 'queued' ? 'The worker died. The job starts again.\n' : `${reason}\n`,
      })
      if (state === 'queued') {
        await enqueue(tx, 'run_job', { jobId: job.id }, { key: `run:${job.id}:${String(job.attempt + 1)}` })
      } else {
        await recordEnd(tx, job, { state, reason, now })
      }
    }
    return expired.length
  })
}

async function recordEnd(
  tx: Tx,
  job: { readonly id: string; readonly engagementId: EngagementId; readonly title: string },
  end: { readonly state: JobState; readonly reason: string; readonly now: Date },
): Promise<void> {
  await recordEvent(tx, null, {
    kind: 'job.ended',
    engagementId: job.engagementId,
    subjectId: job.id,
    summary: `“${job.title}” ${JOB_STATE_WORDS[end.state].toLowerCase()}${end.reason === '' ? '.' : `: ${end.reason}`}`,
    at: end.now,
  })
}

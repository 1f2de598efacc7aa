import { and, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import type { EngagementId, JobId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobEnd } from '#app/domain/job.ts'
import { LEASE_SECONDS } from '#app/domain/job.ts'
import type { RunState } from '#app/domain/run.ts'
import type { JobWork } from '../schema/jobs.ts'
import { jobLogs, jobs, jobWork, workers } from '../schema/jobs.ts'
import { apiTokens } from '../schema/people.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

/** The right to run one attempt of a job and to write what comes of it. */
interface Lease {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly title: string
  readonly attempt: number
  readonly leaseToken: string
  readonly requestedBy: PersonId
}

export type JobLease = Lease & JobWork

type Held = Pick<Lease, 'id' | 'leaseToken'>

const isHeld = (lease: Held) =>
  and(eq(jobs.id, lease.id), eq(jobs.leaseToken, lease.leaseToken), eq(jobs.state, 'running'))

const leaseUntil = sql`now() + make_interval(secs => ${LEASE_SECONDS})`

/**
 * Claim the next waiting job: of the engagement with the fewest running, then of the one served longest ago; within it
 * by priority, then by age. Claims are made one after the other, so that the share is exact.
 * @returns null when nothing waits. Leases run on the database's clock.
 */
export async function claimNextJob(
  tx: Tx,
  input: {
    readonly workerId: string
    readonly leaseToken: string
    readonly executor: string
    readonly environment: string
    readonly interpreter: string
  },
): Promise<JobLease | null> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('jobs:claim'))`)
  const [row] = await tx
    .update(jobs)
    .set({
      state: 'running',
      attempt: sql`${jobs.attempt} + 1`,
      leaseToken: input.leaseToken,
      leaseOwner: input.workerId,
      leaseUntil,
      executor: input.executor,
      environment: input.environment,
      interpreter: input.interpreter,
      startedAt: sql`now()`,
      reason: '',
      reasonCode: null,
      exitCode: null,
      progress: 0,
      progressNote: '',
      memoryMbMax: 0,
      cpuSeconds: 0,
    })
    .where(
      eq(
        jobs.id,
        sql`(
          select waiting.id from jobs waiting
          left join lateral (
            select count(*) filter (where other.state = 'running') as running, max(other.started_at) as served_at
            from jobs other where other.engagement_id = waiting.engagement_id
          ) share on true
          where waiting.state = 'queued' and waiting.run_at <= now()
          order by share.running, share.served_at nulls first, waiting.engagement_id, waiting.priority desc,
            waiting.requested_at, waiting.id
          limit 1
          for update of waiting skip locked
        )`,
      ),
    )
    .returning({
      id: jobs.id,
      engagementId: jobs.engagementId,
      kind: jobs.kind,
      payload: jobs.payload,
      title: jobs.title,
      attempt: jobs.attempt,
      requestedBy: jobs.requestedBy,
    })
  if (!row) return null
  const { kind, payload, ...rest } = row
  return {
    ...rest,
    id: toId<JobId>(row.id),
    engagementId: toId<EngagementId>(row.engagementId),
    requestedBy: toId<PersonId>(row.requestedBy),
    leaseToken: input.leaseToken,
    ...jobWork(kind, payload),
  }
}

/** How far an attempt is, and what it used so far. */
export interface JobProgress {
  /** 0 to 1 */
  readonly fraction: number
  readonly note: string
  readonly memoryMbMax: number
  readonly cpuSeconds: number
}

/**
 * Say that the holder of the lease is alive, and how far it is.
 * @returns `lost` when the lease is somebody else's by now; `cancel` when a person asked for the end
 */
export async function renewLease(tx: Tx, lease: Held, progress: JobProgress): Promise<'held' | 'cancel' | 'lost'> {
  const [row] = await tx
    .update(jobs)
    .set({
      leaseUntil,
      progress: progress.fraction,
      progressNote: progress.note,
      memoryMbMax: progress.memoryMbMax,
      cpuSeconds: progress.cpuSeconds,
    })
    .where(isHeld(lease))
    .returning({ cancelAskedAt: jobs.cancelAskedAt })
  if (!row) return 'lost'
  return row.cancelAskedAt === null ? 'held' : 'cancel'
}

/**
 * Write a job's end; only the holder of the current lease may.
 * @returns false when the lease is somebody else's: nothing was written
 */
export async function saveJobEnd(tx: Tx, lease: Held, end: JobEnd): Promise<boolean> {
  const rows = await tx
    .update(jobs)
    .set({
      ...end,
      endedAt: sql`now()`,
      leaseToken: null,
      leaseUntil: null,
      ...(end.state === 'succeeded' ? { progress: 1, progressNote: '' } : {}),
    })
    .where(isHeld(lease))
    .returning({ id: jobs.id })
  return rows.length === 1
}

/**
 * Queue a running job again.
 * @param again.counts false when the attempt was not the job's fault: the process was told to stop
 * @param again.reason what to say while it waits
 * @returns false when the lease is somebody else's
 */
export async function returnLease(
  tx: Tx,
  lease: Held,
  again: { readonly counts: boolean; readonly delaySeconds: number; readonly reason: string },
): Promise<boolean> {
  const rows = await tx
    .update(jobs)
    .set({
      state: 'queued',
      reason: again.reason,
      attempt: again.counts ? jobs.attempt : sql`${jobs.attempt} - 1`,
      runAt: sql`now() + make_interval(secs => ${again.delaySeconds})`,
      leaseToken: null,
      leaseUntil: null,
    })
    .where(isHeld(lease))
    .returning({ id: jobs.id })
  return rows.length === 1
}

export interface ExpiredJob {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly title: string
  readonly attempt: number
  readonly cancelAskedAt: Date | null
}

/** Running jobs whose lease ran out, held; those that another reaper holds are left to it. */
export async function lockExpiredJobs(tx: Tx): Promise<ExpiredJob[]> {
  const rows = await tx
    .select({
      id: jobs.id,
      engagementId: jobs.engagementId,
      title: jobs.title,
      attempt: jobs.attempt,
      cancelAskedAt: jobs.cancelAskedAt,
    })
    .from(jobs)
    .where(and(eq(jobs.state, 'running'), sql`${jobs.leaseUntil} < now()`))
    .for('update', { skipLocked: true })
    .limit(50)
  return rows.map((row) => ({ ...row, id: toId<JobId>(row.id), engagementId: toId<EngagementId>(row.engagementId) }))
}

/** End a job whose worker died, or put it back in the queue. The row must be held by `lockExpiredJobs`. */
export async function settleExpiredJob(
  tx: Tx,
  id: JobId,
  next: JobEnd | { readonly state: 'queued'; readonly reason: string; readonly delaySeconds: number },
): Promise<void> {
  const change =
    next.state === 'queued'
      ? {
          state: next.state,
          reason: next.reason,
          runAt: sql`now() + make_interval(secs => ${next.delaySeconds})`,
        }
      : { ...next, endedAt: sql`now()` }
  await tx
    .update(jobs)
    .set({ ...change, leaseToken: null, leaseUntil: null })
    .where(eq(jobs.id, id))
}

/** The tokens of all leases that are held: an execution without one belongs to nobody. */
export async function listLeaseTokens(tx: Tx): Promise<string[]> {
  const rows = await tx.select({ token: jobs.leaseToken }).from(jobs).where(eq(jobs.state, 'running')).limit(10_000)
  return rows.flatMap((row) => row.token ?? [])
}

/** Jobs that have waited longer than a message takes: something lost theirs, or they came from a restored backup. */
export async function listForgottenJobs(tx: Tx, olderThanSeconds: number): Promise<JobId[]> {
  const rows = await tx
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.state, 'queued'), lt(jobs.runAt, sql`now() - make_interval(secs => ${olderThanSeconds})`)))
    .orderBy(jobs.runAt)
    .limit(50)
  return rows.map((row) => toId<JobId>(row.id))
}

/** Runs that a job left open get the state that is true now. */
export async function endRunsOfJob(tx: Tx, jobId: JobId, state: RunState): Promise<void> {
  await tx
    .update(runs)
    .set({ state, endedAt: sql`now()`, endTime: sql`(extract(epoch from now()) * 1000)::bigint` })
    .where(and(eq(runs.jobId, jobId), inArray(runs.state, ['running', 'scheduled'])))
}

/** Tokens of a job end with it. */
export async function revokeJobTokens(tx: Tx, jobId: JobId): Promise<void> {
  await tx
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.jobId, jobId), isNotNull(apiTokens.jobId)))
}

export interface LogPiece {
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

/** Append to a job's log, in the caller's transaction, without asking for a lease: for the reaper. */
export async function insertJobLog(
  tx: Tx,
  job: Pick<Lease, 'id' | 'engagementId' | 'attempt'>,
  pieces: readonly LogPiece[],
): Promise<void> {
  if (pieces.length === 0) return
  await tx.insert(jobLogs).values(
    pieces.map((piece) => ({
      engagementId: job.engagementId,
      jobId: job.id,
      attempt: job.attempt,
      stream: piece.stream,
      text: piece.text.replaceAll('\u0000', '\uFFFD'),
    })),
  )
}

/**
 * Append to a job's log as the holder of its lease.
 * @returns false when the lease is somebody else's: nothing was written
 */
export async function appendJobLog(tx: Tx, lease: JobLease, pieces: readonly LogPiece[]): Promise<boolean> {
  // Shared, so that whoever takes the lease away waits for this transaction, or this one sees that it is gone.
  const [held] = await tx.select({ id: jobs.id }).from(jobs).where(isHeld(lease)).for('share')
  if (!held) return false
  await insertJobLog(tx, lease, pieces)
  return true
}

/** Say that worker processes are alive, by the database's clock. */
export async function beatWorkers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .insert(workers)
    .values(ids.map((id) => ({ id, startedAt: sql`now()`, heartbeatAt: sql`now()` })))
    .onConflictDoUpdate({ target: workers.id, set: { heartbeatAt: sql`now()` } })
}

/** Workers that were heard of within a lease and a half; the others are forgotten. */
export async function listAliveWorkers(tx: Tx): Promise<string[]> {
  await tx.delete(workers).where(lt(workers.heartbeatAt, sql`now() - make_interval(secs => ${LEASE_SECONDS * 1.5})`))
  const rows = await tx.select({ id: workers.id }).from(workers).limit(10_000)
  return rows.map((row) => row.id)
}

/** Workers that say they stop. */
export async function forgetWorkers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.delete(workers).where(inArray(workers.id, [...ids]))
}

import { and, asc, desc, eq, gt, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, JobId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import { LEASE_SECONDS } from '#app/domain/job.ts'
import type { RunState } from '#app/domain/run.ts'
import type { TrainPayload } from '../schema/jobs.ts'
import { jobLogs, jobs, workers } from '../schema/jobs.ts'
import { apiTokens } from '../schema/people.ts'
import { persons } from '../schema/persons.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

export interface JobRow {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly title: string
  readonly payload: TrainPayload
  readonly state: JobState
  readonly reason: string
  readonly attempt: number
  readonly progress: number
  readonly progressNote: string
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly cancelAskedAt: Date | null
}

const columns = {
  id: jobs.id,
  engagementId: jobs.engagementId,
  title: jobs.title,
  payload: jobs.payload,
  state: jobs.state,
  reason: jobs.reason,
  attempt: jobs.attempt,
  progress: jobs.progress,
  progressNote: jobs.progressNote,
  requestedByName: persons.name,
  requestedAt: jobs.requestedAt,
  startedAt: jobs.startedAt,
  endedAt: jobs.endedAt,
  cancelAskedAt: jobs.cancelAskedAt,
}

type Raw = Omit<JobRow, 'id' | 'engagementId'> & { id: string; engagementId: string }
const toRow = (raw: Raw): JobRow => ({
  ...raw,
  id: toId<JobId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
})

/** @throws AppError `not_found` */
export async function getJob(tx: Tx, engagementId: EngagementId, id: JobId): Promise<JobRow> {
  const [row] = await tx
    .select(columns)
    .from(jobs)
    .innerJoin(persons, eq(persons.id, jobs.requestedBy))
    .where(and(eq(jobs.engagementId, engagementId), eq(jobs.id, id)))
  return toRow(found(row, 'This job'))
}

/** Jobs of an engagement, newest first. */
export async function listJobs(tx: Tx, engagementId: EngagementId, limit = 100): Promise<JobRow[]> {
  const rows = await tx
    .select(columns)
    .from(jobs)
    .innerJoin(persons, eq(persons.id, jobs.requestedBy))
    .where(eq(jobs.engagementId, engagementId))
    .orderBy(desc(jobs.requestedAt), asc(jobs.id))
    .limit(limit)
  return rows.map(toRow)
}

/**
 * Add a job; of two requests with one idempotency key the first counts.
 * @returns the id that counts, and whether it is the new one
 */
export async function insertJob(
  tx: Tx,
  row: {
    readonly id: JobId
    readonly engagementId: EngagementId
    readonly title: string
    readonly payload: TrainPayload
    readonly idempotencyKey: string | null
    readonly requestedBy: PersonId
    readonly at: Date
  },
): Promise<{ readonly id: JobId; readonly isNew: boolean }> {
  const { at, ...values } = row
  await tx
    .insert(jobs)
    .values({ ...values, kind: 'train', state: 'queued', requestedAt: at })
    .onConflictDoNothing({ target: [jobs.engagementId, jobs.idempotencyKey] })
  const [kept] = await tx
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      row.idempotencyKey === null
        ? eq(jobs.id, row.id)
        : and(eq(jobs.engagementId, row.engagementId), eq(jobs.idempotencyKey, row.idempotencyKey)),
    )
  const id = toId<JobId>(found(kept, 'The job').id)
  return { id, isNew: id === row.id }
}

/** Ask for the end of a job. A queued one ends at once; the worker of a running one sees it within a heartbeat. */
export async function askCancel(tx: Tx, id: JobId, at: Date): Promise<void> {
  await tx
    .update(jobs)
    .set({
      cancelAskedAt: at,
      state: sql`case when ${jobs.state} = 'queued' then 'cancelled' else ${jobs.state} end`,
      reason: sql`case when ${jobs.state} = 'queued' then 'Cancelled before it began.' else ${jobs.reason} end`,
      endedAt: sql`case when ${jobs.state} = 'queued' then ${at.toISOString()}::timestamptz else ${jobs.endedAt} end`,
    })
    .where(and(eq(jobs.id, id), inArray(jobs.state, ['queued', 'running'])))
}

export interface JobLease {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly payload: TrainPayload
  readonly title: string
  readonly attempt: number
  readonly leaseToken: string
  readonly requestedBy: PersonId
}

/** Claim a queued job; null when there is nothing to claim, so that a second delivery of its task ends. Leases run on the database's clock. */
export async function claimJob(
  tx: Tx,
  input: { id: string; workerId: string; leaseToken: string },
): Promise<JobLease | null> {
  const [row] = await tx
    .update(jobs)
    .set({
      state: 'running',
      attempt: sql`${jobs.attempt} + 1`,
      leaseToken: input.leaseToken,
      leaseOwner: input.workerId,
      leaseUntil: sql`now() + make_interval(secs => ${LEASE_SECONDS})`,
      startedAt: sql`coalesce(${jobs.startedAt}, now())`,
      progress: 0,
      progressNote: '',
    })
    .where(and(eq(jobs.id, input.id), eq(jobs.state, 'queued')))
    .returning({
      id: jobs.id,
      engagementId: jobs.engagementId,
      payload: jobs.payload,
      title: jobs.title,
      attempt: jobs.attempt,
      requestedBy: jobs.requestedBy,
    })
  return row
    ? {
        ...row,
        id: toId<JobId>(row.id),
        engagementId: toId<EngagementId>(row.engagementId),
        requestedBy: toId<PersonId>(row.requestedBy),
        leaseToken: input.leaseToken,
      }
    : null
}

/**
 * Say that the holder of the lease is alive, and how far it is.
 * @returns `lost` when the lease is somebody else's by now; `cancel` when a person asked for the end
 */
export async function renewLease(
  tx: Tx,
  lease: { readonly id: JobId; readonly leaseToken: string },
  progress: { readonly fraction: number; readonly note: string },
): Promise<'held' | 'cancel' | 'lost'> {
  const [row] = await tx
    .update(jobs)
    .set({
      leaseUntil: sql`now() + make_interval(secs => ${LEASE_SECONDS})`,
      progress: progress.fraction,
      progressNote: progress.note,
    })
    .where(and(eq(jobs.id, lease.id), eq(jobs.leaseToken, lease.leaseToken), eq(jobs.state, 'running')))
    .returning({ cancelAskedAt: jobs.cancelAskedAt })
  if (!row) return 'lost'
  return row.cancelAskedAt === null ? 'held' : 'cancel'
}

/**
 * Write a job's end; only the holder of the current lease may.
 * @returns false when the lease is somebody else's: nothing was written
 */
export async function saveJobEnd(
  tx: Tx,
  lease: { readonly id: JobId; readonly leaseToken: string },
  end: { readonly state: JobState; readonly reason: string },
): Promise<boolean> {
  const rows = await tx
    .update(jobs)
    .set({
      state: end.state,
      reason: end.reason,
      endedAt: sql`now()`,
      leaseToken: null,
      leaseUntil: null,
      ...(end.state === 'succeeded' ? { progress: 1, progressNote: '' } : {}),
    })
    .where(and(eq(jobs.id, lease.id), eq(jobs.leaseToken, lease.leaseToken), eq(jobs.state, 'running')))
    .returning({ id: jobs.id })
  return rows.length === 1
}

/** Queue a running job again without counting the attempt. @returns false when the lease is somebody else's */
export async function returnLease(
  tx: Tx,
  lease: { readonly id: JobId; readonly leaseToken: string },
): Promise<boolean> {
  const rows = await tx
    .update(jobs)
    .set({ state: 'queued', attempt: sql`${jobs.attempt} - 1`, leaseToken: null, leaseUntil: null })
    .where(and(eq(jobs.id, lease.id), eq(jobs.leaseToken, lease.leaseToken), eq(jobs.state, 'running')))
    .returning({ id: jobs.id })
  return rows.length === 1
}

/** Running jobs whose lease ran out, held; those that another reaper holds are left to it. */
export async function lockExpiredJobs(
  tx: Tx,
): Promise<{ id: JobId; engagementId: EngagementId; title: string; attempt: number; cancelAskedAt: Date | null }[]> {
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

/** Put a job whose worker died back in the queue, or end it. */
export async function settleExpiredJob(
  tx: Tx,
  id: JobId,
  next: { state: 'queued' | 'lost' | 'cancelled'; reason: string },
): Promise<void> {
  await tx
    .update(jobs)
    .set({
      state: next.state,
      reason: next.reason,
      leaseToken: null,
      leaseUntil: null,
      endedAt: next.state === 'queued' ? null : sql`now()`,
    })
    .where(eq(jobs.id, id))
}

/** Runs that a job left open get the state that is true now. */
export async function endRunsOfJob(tx: Tx, jobId: JobId, state: RunState): Promise<void> {
  await tx
    .update(runs)
    .set({ state, endedAt: sql`now()`, endTime: sql`(extract(epoch from now()) * 1000)::bigint` })
    .where(and(eq(runs.jobId, jobId), inArray(runs.state, ['running', 'scheduled'])))
}

export async function listRunsOfJob(tx: Tx, jobId: JobId): Promise<{ id: string; name: string; state: RunState }[]> {
  return tx
    .select({ id: runs.id, name: runs.name, state: runs.state })
    .from(runs)
    .where(eq(runs.jobId, jobId))
    .orderBy(asc(runs.createdAt))
    .limit(100)
}

/** Tokens of a job end with it. */
export async function revokeJobTokens(tx: Tx, jobId: JobId): Promise<void> {
  await tx
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.jobId, jobId), isNotNull(apiTokens.jobId)))
}

export async function insertJobLog(
  tx: Tx,
  row: {
    engagementId: EngagementId
    jobId: JobId
    attempt: number
    stream: 'stdout' | 'stderr' | 'system'
    text: string
  },
): Promise<void> {
  await tx.insert(jobLogs).values(row)
}

export interface JobLogPiece {
  readonly id: number
  readonly attempt: number
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

/** Pieces of the log after a piece, oldest first. */
export async function listJobLog(tx: Tx, jobId: JobId, afterId: number, limit = 1000): Promise<JobLogPiece[]> {
  return tx
    .select({ id: jobLogs.id, attempt: jobLogs.attempt, stream: jobLogs.stream, text: jobLogs.text })
    .from(jobLogs)
    .where(and(eq(jobLogs.jobId, jobId), gt(jobLogs.id, afterId)))
    .orderBy(asc(jobLogs.id))
    .limit(limit)
}

/** Say that worker processes are alive, by the database's clock. */
export async function beatWorkers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .insert(workers)
    .values(ids.map((id) => ({ id, startedAt: sql`now()`, heartbeatAt: sql`now()` })))
    .onConflictDoUpdate({ target: workers.id, set: { heartbeatAt: sql`now()` } })
}

/** Workers that were not heard of for a lease and a half; they are forgotten, so that each is reported once. */
export async function takeDeadWorkers(tx: Tx): Promise<string[]> {
  const rows = await tx
    .delete(workers)
    .where(lt(workers.heartbeatAt, sql`now() - make_interval(secs => ${LEASE_SECONDS * 1.5})`))
    .returning({ id: workers.id })
  return rows.map((row) => row.id)
}

/** Workers that say they stop. */
export async function forgetWorkers(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.delete(workers).where(inArray(workers.id, [...ids]))
}

export interface RecentJob {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly title: string
  readonly state: JobState
  readonly reason: string
  readonly requestedAt: Date
}

/** What a person started in the last week, in any engagement they see, newest first. */
export async function listMyRecentJobs(tx: Tx, personId: PersonId, limit = 8): Promise<RecentJob[]> {
  const rows = await tx
    .select({
      id: jobs.id,
      engagementId: jobs.engagementId,
      title: jobs.title,
      state: jobs.state,
      reason: jobs.reason,
      requestedAt: jobs.requestedAt,
    })
    .from(jobs)
    .where(and(eq(jobs.requestedBy, personId), gt(jobs.requestedAt, sql`now() - interval '7 days'`)))
    .orderBy(desc(jobs.requestedAt))
    .limit(limit)
  return rows.map((row) => ({ ...row, id: toId<JobId>(row.id), engagementId: toId<EngagementId>(row.engagementId) }))
}

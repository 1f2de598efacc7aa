import { isDeepStrictEqual } from 'node:util'
import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { AppError, found } from '#app/domain/errors.ts'
import type { EngagementId, JobId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobReason, JobState } from '#app/domain/job.ts'
import type { LogTail } from '#app/domain/job-log.ts'
import { LOG_SHOWN_BYTES_MAX, LOG_SHOWN_PIECES_MAX } from '#app/domain/job-log.ts'
import type { RunState } from '#app/domain/run.ts'
import type { JobWork } from '../schema/jobs.ts'
import { jobLogs, jobs, jobWork } from '../schema/jobs.ts'
import { persons } from '../schema/persons.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'

interface JobFacts {
  readonly id: JobId
  readonly engagementId: EngagementId
  readonly title: string
  readonly state: JobState
  readonly reason: string
  readonly reasonCode: JobReason | null
  readonly exitCode: number | null
  readonly priority: number
  readonly runAt: Date
  readonly attempt: number
  readonly executor: string
  readonly environment: string
  readonly interpreter: string
  /** Highest so far, of the last attempt. */
  readonly memoryMbMax: number
  readonly cpuSeconds: number
  readonly replayOf: string | null
  readonly progress: number
  readonly progressNote: string
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly cancelAskedAt: Date | null
}

export type JobRow = JobFacts & JobWork

const columns = {
  id: jobs.id,
  engagementId: jobs.engagementId,
  title: jobs.title,
  kind: jobs.kind,
  payload: jobs.payload,
  state: jobs.state,
  reason: jobs.reason,
  reasonCode: jobs.reasonCode,
  exitCode: jobs.exitCode,
  priority: jobs.priority,
  runAt: jobs.runAt,
  attempt: jobs.attempt,
  executor: jobs.executor,
  environment: jobs.environment,
  interpreter: jobs.interpreter,
  memoryMbMax: jobs.memoryMbMax,
  cpuSeconds: jobs.cpuSeconds,
  replayOf: jobs.replayOf,
  progress: jobs.progress,
  progressNote: jobs.progressNote,
  requestedByName: persons.name,
  requestedAt: jobs.requestedAt,
  startedAt: jobs.startedAt,
  endedAt: jobs.endedAt,
  cancelAskedAt: jobs.cancelAskedAt,
}

type Raw = Omit<JobFacts, 'id' | 'engagementId'> &
  Record<'id' | 'engagementId', string> &
  Pick<JobWork, 'kind' | 'payload'>
const toRow = ({ kind, payload, ...raw }: Raw): JobRow => ({
  ...raw,
  id: toId<JobId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  ...jobWork(kind, payload),
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

/** Jobs of an engagement, newest first; only those in some states when asked. */
export async function listJobs(
  tx: Tx,
  engagementId: EngagementId,
  only: { readonly states?: readonly JobState[]; readonly limit?: number } = {},
): Promise<JobRow[]> {
  const rows = await tx
    .select(columns)
    .from(jobs)
    .innerJoin(persons, eq(persons.id, jobs.requestedBy))
    .where(
      and(
        eq(jobs.engagementId, engagementId),
        only.states === undefined ? undefined : inArray(jobs.state, [...only.states]),
      ),
    )
    .orderBy(desc(jobs.requestedAt), asc(jobs.id))
    .limit(only.limit ?? 100)
  return rows.map(toRow)
}

/**
 * Add a job; of two requests with one idempotency key the first counts.
 * @returns the id that counts, and whether it is the new one
 * @throws AppError `conflict` when the key was used for other work
 */
export async function insertJob(
  tx: Tx,
  row: {
    readonly id: JobId
    readonly engagementId: EngagementId
    readonly title: string
    readonly work: JobWork
    readonly idempotencyKey: string | null
    readonly priority?: number
    readonly replayOf?: JobId
    readonly requestedBy: PersonId
    readonly at: Date
  },
): Promise<{ readonly id: JobId; readonly isNew: boolean }> {
  const { at, work, ...values } = row
  await tx
    .insert(jobs)
    .values({ ...values, ...work, state: 'queued', requestedAt: at, runAt: at })
    .onConflictDoNothing({ target: [jobs.engagementId, jobs.idempotencyKey] })
  const [kept] = await tx
    .select({ id: jobs.id, payload: jobs.payload })
    .from(jobs)
    .where(
      row.idempotencyKey === null
        ? eq(jobs.id, row.id)
        : and(eq(jobs.engagementId, row.engagementId), eq(jobs.idempotencyKey, row.idempotencyKey)),
    )
  const { id, payload } = found(kept, 'The job')
  if (!isDeepStrictEqual(payload, work.payload))
    throw new AppError('conflict', 'This request was already used for another job. Open the form afresh.')
  return { id: toId<JobId>(id), isNew: id === row.id }
}

/** Ask for the end of a job. A queued one ends at once; the worker of a running one sees it within a heartbeat. */
export async function askCancel(tx: Tx, id: JobId, at: Date): Promise<void> {
  await tx
    .update(jobs)
    .set({
      cancelAskedAt: at,
      state: sql`case when ${jobs.state} = 'queued' then 'cancelled' else ${jobs.state} end`,
      reasonCode: sql`case when ${jobs.state} = 'queued' then 'cancelled' else ${jobs.reasonCode} end`,
      reason: sql`case when ${jobs.state} = 'queued' then 'Cancelled before it began.' else ${jobs.reason} end`,
      endedAt: sql`case when ${jobs.state} = 'queued' then ${at.toISOString()}::timestamptz else ${jobs.endedAt} end`,
    })
    .where(and(eq(jobs.id, id), inArray(jobs.state, ['queued', 'running'])))
}

export async function listRunsOfJob(tx: Tx, jobId: JobId): Promise<{ id: string; name: string; state: RunState }[]> {
  return tx
    .select({ id: runs.id, name: runs.name, state: runs.state })
    .from(runs)
    .where(eq(runs.jobId, jobId))
    .orderBy(asc(runs.createdAt))
    .limit(100)
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

/** What a page shows of a log: its newest part. The sizes of all pieces are added up without reading their text. */
export async function getJobLogTail(tx: Tx, jobId: JobId): Promise<LogTail<JobLogPiece>> {
  const rows = await tx.execute<{
    id: string
    attempt: number
    stream: JobLogPiece['stream']
    text: string
    bytes: string
    before: string
  }>(sql`
    with sized as (
      select id, sum(octet_length(text)) over newest as bytes, row_number() over newest as place,
        sum(octet_length(text)) over () as whole
      from job_logs where job_id = ${jobId} window newest as (order by id desc)
    )
    select id, attempt, stream, text, bytes, whole - bytes as before from sized join job_logs using (id)
    where bytes <= ${LOG_SHOWN_BYTES_MAX} and place <= ${LOG_SHOWN_PIECES_MAX}
    order by id`)
  return {
    pieces: rows.map(({ id, attempt, stream, text }) => ({ id: Number(id), attempt, stream, text })),
    bytes: Number(rows[0]?.bytes ?? 0),
    leftOutBytes: Number(rows[0]?.before ?? 0),
  }
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

/** The name of the person who asked for a job; null when the asker may not know of the job. */
export async function findRequesterName(tx: Tx, id: JobId): Promise<string | null> {
  const [row] = await tx.execute<{ name: string | null }>(sql`select app.requester_of(${id}::uuid) as name`)
  return row?.name ?? null
}

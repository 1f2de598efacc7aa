import { and, asc, count, desc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type {
  DatasetVersionId,
  EndpointId,
  EngagementId,
  JobId,
  PersonId,
  RetrainingId,
  ScheduleId,
} from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import type { RetrainingState } from '#app/domain/retraining.ts'
import { OPEN_RETRAINING_STATES } from '#app/domain/retraining.ts'
import type { FiringState, Misfire, Overlap, ScheduleTrigger } from '#app/domain/schedule.ts'
import { datasets } from '../schema/datasets.ts'
import type { TrainPayload } from '../schema/jobs.ts'
import { jobs } from '../schema/jobs.ts'
import { endpoints } from '../schema/models.ts'
import { persons } from '../schema/persons.ts'
import { retrainings } from '../schema/retrainings.ts'
import { scheduleFirings, schedules } from '../schema/schedules.ts'
import type { Tx } from '../types.ts'
import { newId } from '../new-id.ts'

export interface ScheduleRow {
  readonly id: ScheduleId
  readonly engagementId: EngagementId
  readonly name: string
  /** The job that it starts; null when it retrains an endpoint. */
  readonly payload: TrainPayload | null
  /** The endpoint that it retrains; null when it starts a job. */
  readonly endpointId: EndpointId | null
  readonly endpointSlug: string | null
  readonly priority: number
  readonly trigger: ScheduleTrigger
  readonly cron: string
  readonly timeZone: string
  readonly watchedRole: 'train' | 'test' | null
  readonly watchedName: string | null
  readonly overlap: Overlap
  readonly misfire: Misfire
  readonly nextAt: Date | null
  readonly pausedAt: Date | null
  readonly createdBy: PersonId
  readonly createdByName: string
  readonly createdAt: Date
}

const selectSchedules = (tx: Tx) =>
  tx
    .select({
      id: schedules.id,
      engagementId: schedules.engagementId,
      name: schedules.name,
      payload: schedules.payload,
      endpointId: schedules.endpointId,
      endpointSlug: endpoints.slug,
      priority: schedules.priority,
      trigger: schedules.trigger,
      cron: schedules.cron,
      timeZone: schedules.timeZone,
      watchedRole: schedules.watchedRole,
      watchedName: datasets.name,
      overlap: schedules.overlap,
      misfire: schedules.misfire,
      nextAt: schedules.nextAt,
      pausedAt: schedules.pausedAt,
      createdBy: schedules.createdBy,
      createdByName: persons.name,
      createdAt: schedules.createdAt,
    })
    .from(schedules)
    .innerJoin(persons, eq(persons.id, schedules.createdBy))
    .leftJoin(datasets, eq(datasets.id, schedules.watchedDatasetId))
    .leftJoin(endpoints, eq(endpoints.id, schedules.endpointId))

const toRow = (raw: Awaited<ReturnType<typeof selectSchedules>>[number]): ScheduleRow => ({
  ...raw,
  id: toId<ScheduleId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  createdBy: toId<PersonId>(raw.createdBy),
  endpointId: raw.endpointId === null ? null : toId<EndpointId>(raw.endpointId),
})

/** Schedules of an engagement, newest first. */
export async function listSchedules(tx: Tx, engagementId: EngagementId): Promise<ScheduleRow[]> {
  const rows = await selectSchedules(tx)
    .where(eq(schedules.engagementId, engagementId))
    .orderBy(desc(schedules.createdAt), asc(schedules.id))
    .limit(200)
  return rows.map(toRow)
}

/** @throws AppError `not_found` */
export async function getSchedule(tx: Tx, engagementId: EngagementId, id: ScheduleId): Promise<ScheduleRow> {
  const [row] = await selectSchedules(tx).where(and(eq(schedules.engagementId, engagementId), eq(schedules.id, id)))
  return toRow(found(row, 'This schedule'))
}

/** As getSchedule, and holds it; null while somebody else holds it. */
export async function takeSchedule(tx: Tx, id: ScheduleId): Promise<ScheduleRow | null> {
  const held = await tx
    .select({ id: schedules.id })
    .from(schedules)
    .where(eq(schedules.id, id))
    .for('update', { skipLocked: true })
  if (held.length === 0) return null
  const [row] = await selectSchedules(tx).where(eq(schedules.id, id))
  return row ? toRow(row) : null
}

export interface NewSchedule {
  readonly id: ScheduleId
  readonly engagementId: EngagementId
  readonly name: string
  /** The job that it starts; null when it retrains an endpoint. */
  readonly payload: TrainPayload | null
  /** The endpoint that it retrains; null when it starts a job. */
  readonly endpointId: EndpointId | null
  readonly priority: number
  readonly trigger: ScheduleTrigger
  readonly cron: string
  readonly timeZone: string
  readonly watchedDatasetId: string | null
  readonly watchedRole: 'train' | 'test' | null
  readonly overlap: Overlap
  readonly misfire: Misfire
  readonly nextAt: Date | null
  readonly createdBy: PersonId
  readonly createdAt: Date
}

/** @returns false when a schedule with this id exists already */
export async function insertSchedule(tx: Tx, row: NewSchedule): Promise<boolean> {
  const made = await tx.insert(schedules).values(row).onConflictDoNothing().returning({ id: schedules.id })
  return made.length > 0
}

export async function saveNextFiring(tx: Tx, id: ScheduleId, nextAt: Date | null): Promise<void> {
  await tx.update(schedules).set({ nextAt }).where(eq(schedules.id, id))
}

/** @param paused null: it goes on, and fires next at `nextAt` */
export async function savePause(
  tx: Tx,
  id: ScheduleId,
  paused: { readonly at: Date; readonly by: PersonId } | null,
  nextAt: Date | null,
): Promise<void> {
  await tx
    .update(schedules)
    .set({ pausedAt: paused?.at ?? null, pausedBy: paused?.by ?? null, nextAt })
    .where(eq(schedules.id, id))
}

/** Schedules that have something to do: a time has come, or a firing waits. */
export async function listSchedulesToFire(tx: Tx, now: Date): Promise<ScheduleId[]> {
  const rows = await tx
    .select({ id: schedules.id })
    .from(schedules)
    .where(
      and(
        isNull(schedules.pausedAt),
        or(
          lte(schedules.nextAt, now),
          sql`exists (select from ${scheduleFirings} where ${scheduleFirings.scheduleId} = ${schedules.id} and ${scheduleFirings.state} = 'waiting')`,
        ),
      ),
    )
    .orderBy(asc(schedules.nextAt), asc(schedules.id))
    .limit(100)
  return rows.map(({ id }) => toId<ScheduleId>(id))
}

/**
 * Tell the schedules that wait for a dataset of a version of it, in the transaction that brings the version: none is lost,
 * and none hears of it twice. Also for a client's people, who may bring data and do not see schedules.
 */
export async function raiseTrigger(
  tx: Tx,
  given: {
    readonly engagementId: EngagementId
    readonly trigger: Exclude<ScheduleTrigger, 'time'>
    readonly version: { readonly id: DatasetVersionId; readonly datasetId: string }
    readonly now: Date
  },
): Promise<void> {
  const { engagementId, trigger, version, now } = given
  await tx.execute(
    sql`select app.raise_trigger(${engagementId}::uuid, ${trigger}, ${version.datasetId}::uuid, ${version.id}::uuid, ${now.toISOString()}::timestamptz)`,
  )
}

export interface NewFiring {
  readonly engagementId: EngagementId
  readonly scheduleId: ScheduleId
  readonly key: string
  readonly fireAt: Date
  readonly datasetVersionId: DatasetVersionId | null
  readonly state: FiringState
  readonly reason: string
  readonly at: Date
}

/** Write firings down; one whose key is there already is left as it is. */
export async function insertFirings(tx: Tx, rows: readonly NewFiring[]): Promise<void> {
  if (rows.length === 0) return
  await tx
    .insert(scheduleFirings)
    .values(rows.map((row) => ({ ...row, id: newId() })))
    .onConflictDoNothing()
}

export interface FiringRow {
  readonly id: string
  readonly key: string
  readonly fireAt: Date
  readonly datasetVersionId: string | null
  readonly state: FiringState
  readonly reason: string
  readonly jobId: string | null
  readonly jobState: JobState | null
  readonly retrainingId: string | null
  readonly retrainingState: RetrainingState | null
}

/** Firings of a schedule: the newest first, or with `waiting` those that wait, oldest first. */
export async function listFirings(
  tx: Tx,
  scheduleId: ScheduleId,
  which: 'newest' | 'waiting' = 'newest',
): Promise<FiringRow[]> {
  const isWaiting = which === 'waiting'
  return tx
    .select({
      id: scheduleFirings.id,
      key: scheduleFirings.key,
      fireAt: scheduleFirings.fireAt,
      datasetVersionId: scheduleFirings.datasetVersionId,
      state: scheduleFirings.state,
      reason: scheduleFirings.reason,
      jobId: scheduleFirings.jobId,
      jobState: jobs.state,
      retrainingId: scheduleFirings.retrainingId,
      retrainingState: retrainings.state,
    })
    .from(scheduleFirings)
    .leftJoin(jobs, eq(jobs.id, scheduleFirings.jobId))
    .leftJoin(retrainings, eq(retrainings.id, scheduleFirings.retrainingId))
    .where(
      and(eq(scheduleFirings.scheduleId, scheduleId), isWaiting ? eq(scheduleFirings.state, 'waiting') : undefined),
    )
    .orderBy(isWaiting ? asc(scheduleFirings.fireAt) : desc(scheduleFirings.fireAt), asc(scheduleFirings.id))
    .limit(100)
}

export async function saveFiring(
  tx: Tx,
  id: string,
  outcome: {
    readonly state: FiringState
    readonly reason: string
    readonly jobId?: JobId
    readonly retrainingId?: RetrainingId
  },
): Promise<void> {
  await tx.update(scheduleFirings).set(outcome).where(eq(scheduleFirings.id, id))
}

/** What a schedule started that has not ended: jobs, or retrainings that nobody has decided on yet. */
export async function countOpenStarts(tx: Tx, scheduleId: ScheduleId): Promise<number> {
  const [row] = await tx
    .select({ count: count() })
    .from(scheduleFirings)
    .leftJoin(jobs, eq(jobs.id, scheduleFirings.jobId))
    .leftJoin(retrainings, eq(retrainings.id, scheduleFirings.retrainingId))
    .where(
      and(
        eq(scheduleFirings.scheduleId, scheduleId),
        or(inArray(jobs.state, ['queued', 'running']), inArray(retrainings.state, [...OPEN_RETRAINING_STATES])),
      ),
    )
  return row?.count ?? 0
}

import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, jsonb, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { FIRING_STATES, MISFIRES, OVERLAPS, SCHEDULE_TRIGGERS } from '#app/domain/schedule.ts'
import { datasets, datasetVersions } from './datasets.ts'
import { engagements } from './engagements.ts'
import type { TrainPayload } from './jobs.ts'
import { jobs } from './jobs.ts'
import { endpoints } from './models.ts'
import { persons } from './persons.ts'
import { retrainings } from './retrainings.ts'

/** A job that starts again and again: at times, or when data comes. */
export const schedules = pgTable(
  'schedules',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    name: text().notNull(),
    /** The job that it starts; null when it retrains an endpoint. */
    payload: jsonb().$type<TrainPayload>(),
    /** The endpoint that it retrains; null when it starts a job. */
    endpointId: uuid(),
    priority: integer().notNull(),
    trigger: text({ enum: SCHEDULE_TRIGGERS }).notNull(),
    /** Empty unless it fires at times. */
    cron: text().notNull().default(''),
    timeZone: text().notNull(),
    /** Whose new versions it waits for, and in which role the job gets them; null when it fires at times. */
    watchedDatasetId: uuid(),
    watchedRole: text({ enum: ['train', 'test'] }),
    overlap: text({ enum: OVERLAPS }).notNull(),
    misfire: text({ enum: MISFIRES }).notNull(),
    /** The first time that was not dealt with yet; null when it fires at no time. */
    nextAt: timestamp({ withTimezone: true }),
    pausedAt: timestamp({ withTimezone: true }),
    pausedBy: uuid().references(() => persons.id),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    foreignKey({
      columns: [table.engagementId, table.watchedDatasetId],
      foreignColumns: [datasets.engagementId, datasets.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    index().on(table.watchedDatasetId),
    index('schedules_due')
      .on(table.nextAt)
      .where(sql`paused_at is null`),
    check('schedules_target', sql`(${table.payload} is null) = (${table.endpointId} is not null)`),
    check('schedules_trigger', sql`(${table.trigger} = 'time') = (${table.watchedDatasetId} is null)`),
  ],
)

/** One firing of a schedule. Its key, a time or a version of data, exists once: so it fires once, however many workers look. */
export const scheduleFirings = pgTable(
  'schedule_firings',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    scheduleId: uuid().notNull(),
    /** The time in ISO 8601, or `dataset:<version id>`. */
    key: text().notNull(),
    /** When it should have fired. */
    fireAt: timestamp({ withTimezone: true }).notNull(),
    datasetVersionId: uuid(),
    state: text({ enum: FIRING_STATES }).notNull(),
    /** Why it did not start; empty otherwise. */
    reason: text().notNull().default(''),
    jobId: uuid(),
    retrainingId: uuid(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    unique().on(table.scheduleId, table.key),
    foreignKey({
      columns: [table.engagementId, table.scheduleId],
      foreignColumns: [schedules.engagementId, schedules.id],
    }),
    foreignKey({ columns: [table.engagementId, table.jobId], foreignColumns: [jobs.engagementId, jobs.id] }),
    foreignKey({
      columns: [table.engagementId, table.retrainingId],
      foreignColumns: [retrainings.engagementId, retrainings.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.datasetVersionId],
      foreignColumns: [datasetVersions.engagementId, datasetVersions.id],
    }),
    index().on(table.scheduleId, table.fireAt),
    index('schedule_firings_waiting')
      .on(table.scheduleId)
      .where(sql`state = 'waiting'`),
  ],
)

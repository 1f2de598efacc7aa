import { sql } from 'drizzle-orm'
import {
  bigserial,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { JOB_PRIORITY_RANK, JOB_REASONS, JOB_STATES } from '#app/domain/job.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

/** What a training job runs: a recipe by key, its parameters, and the dataset version of each role. */
export interface TrainPayload {
  readonly recipe: string
  readonly runName: string
  readonly parameters: Readonly<Record<string, string | number>>
  readonly datasets: readonly { readonly role: 'train' | 'test'; readonly datasetVersionId: string }[]
}

export const jobs = pgTable(
  'jobs',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    kind: text({ enum: ['train'] }).notNull(),
    title: text().notNull(),
    payload: jsonb().$type<TrainPayload>().notNull(),
    state: text({ enum: JOB_STATES }).notNull(),
    /** Why it ended as it did; empty when it succeeded. */
    reason: text().notNull().default(''),
    /** Why, as one of a closed list; null while it has not ended, and when it succeeded. */
    reasonCode: text({ enum: JOB_REASONS }),
    /** The program's own status; null when it had none. */
    exitCode: integer(),
    priority: integer().notNull().default(JOB_PRIORITY_RANK.normal),
    /** Not before this time: a retry waits. */
    runAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    attempt: integer().notNull().default(0),
    /** Fencing: only the worker that holds the current lease may write results. */
    leaseToken: uuid(),
    leaseOwner: text(),
    leaseUntil: timestamp({ withTimezone: true }),
    cancelAskedAt: timestamp({ withTimezone: true }),
    progress: doublePrecision().notNull().default(0),
    progressNote: text().notNull().default(''),
    /** Highest memory and processor time of the attempt so far, as the executor measured them. */
    memoryMbMax: doublePrecision().notNull().default(0),
    cpuSeconds: doublePrecision().notNull().default(0),
    /** Which executor ran the last attempt: `cage`, `docker`, `swarm`. */
    executor: text().notNull().default(''),
    /** The exact surroundings of the last attempt: the image by digest, or the interpreter by version. */
    environment: text().notNull().default(''),
    /** The ended job whose work this one repeats. */
    replayOf: uuid(),
    /** Given by the browser's form, so that a double click asks once. */
    idempotencyKey: text(),
    requestedBy: uuid()
      .notNull()
      .references(() => persons.id),
    requestedAt: timestamp({ withTimezone: true }).notNull(),
    startedAt: timestamp({ withTimezone: true }),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    unique().on(table.engagementId, table.idempotencyKey),
    index().on(table.engagementId, table.requestedAt),
    index().on(table.state, table.leaseUntil),
    index('jobs_waiting')
      .on(table.engagementId, table.runAt)
      .where(sql`state = 'queued'`),
    foreignKey({ columns: [table.engagementId, table.replayOf], foreignColumns: [table.engagementId, table.id] }),
  ],
)

export const jobLogs = pgTable(
  'job_logs',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid().notNull(),
    jobId: uuid().notNull(),
    attempt: integer().notNull(),
    stream: text({ enum: ['stdout', 'stderr', 'system'] }).notNull(),
    text: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    foreignKey({ columns: [table.engagementId, table.jobId], foreignColumns: [jobs.engagementId, jobs.id] }),
    index().on(table.jobId, table.id),
  ],
)

/** Worker processes that said they are alive. */
export const workers = pgTable('workers', {
  id: text().primaryKey(),
  startedAt: timestamp({ withTimezone: true }).notNull(),
  heartbeatAt: timestamp({ withTimezone: true }).notNull(),
})

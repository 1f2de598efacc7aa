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
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { JOB_PRIORITY_RANK, JOB_REASONS, JOB_STATES } from '#app/domain/job.ts'
import { engagements } from './engagements.ts'
import { environmentVersions } from './environments.ts'
import { persons } from './persons.ts'

/** What a training job runs: a recipe by key, its parameters, and the dataset version of each role. */
export interface TrainPayload {
  readonly recipe: string
  readonly runName: string
  readonly parameters: Readonly<Record<string, string | number>>
  readonly datasets: readonly { readonly role: 'train' | 'test'; readonly datasetVersionId: string }[]
  /** The version of an environment that it runs in; null: the built-in one. */
  readonly environmentVersionId: string | null
}

/** The version of an environment that a job builds. */
export interface BuildPayload {
  readonly environmentVersionId: string
}

/** What a job does. */
export type JobWork =
  | { readonly kind: 'train'; readonly payload: TrainPayload }
  | { readonly kind: 'build_environment'; readonly payload: BuildPayload }

/** A row says what a job does in two columns. */
export function jobWork(kind: JobWork['kind'], payload: JobWork['payload']): JobWork {
  return { kind, payload } as JobWork // both are written together
}

export const jobs = pgTable(
  'jobs',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    kind: text({ enum: ['train', 'build_environment'] }).notNull(),
    title: text().notNull(),
    payload: jsonb().$type<JobWork['payload']>().notNull(),
    /** What it runs in or what it builds, as the payload says. */
    environmentVersionId: uuid().generatedAlwaysAs(sql`(payload ->> 'environmentVersionId')::uuid`),
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
    /** What packages are imported by there: a version that was built there can be run in where it is the same. */
    interpreter: text().notNull().default(''),
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
    foreignKey({
      columns: [table.engagementId, table.environmentVersionId],
      foreignColumns: [environmentVersions.engagementId, environmentVersions.id],
    }),
    index().on(table.environmentVersionId),
    // A version is built once, by one job at a time.
    uniqueIndex('jobs_one_build')
      .on(table.environmentVersionId)
      .where(sql`kind = 'build_environment' and state in ('queued', 'running', 'succeeded')`),
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

import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { LIFECYCLE_STAGES, RUN_STATES } from '#app/domain/run.ts'
import { DATASET_ROLES } from '#app/domain/verdict.ts'
import { datasetVersions } from './datasets.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

export const experiments = pgTable(
  'experiments',
  {
    /** MLflow's experiment id, a decimal number as text on the wire. */
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    name: text().notNull(),
    lifecycleStage: text({ enum: LIFECYCLE_STAGES }).notNull().default('active'),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.name), unique().on(table.engagementId, table.id)],
)

export const experimentTags = pgTable(
  'experiment_tags',
  {
    engagementId: uuid().notNull(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.experimentId, table.key] }),
    foreignKey({
      columns: [table.engagementId, table.experimentId],
      foreignColumns: [experiments.engagementId, experiments.id],
    }),
  ],
)

/** A file of past results that a person brought in. The same file is brought in once. */
export const runImports = pgTable(
  'run_imports',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    fileName: text().notNull(),
    sha256: text().notNull(),
    rows: integer().notNull(),
    importedBy: uuid()
      .notNull()
      .references(() => persons.id),
    importedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.sha256), unique().on(table.engagementId, table.id)],
)

export const runs = pgTable(
  'runs',
  {
    /** 32 hexadecimal digits, as MLflow. */
    id: text().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    experimentId: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    userName: text().notNull().default(''),
    state: text({ enum: RUN_STATES }).notNull(),
    lifecycleStage: text({ enum: LIFECYCLE_STAGES }).notNull().default('active'),
    /** Milliseconds since 1970, as clients say it. */
    startTime: bigint({ mode: 'number' }),
    endTime: bigint({ mode: 'number' }),
    startedBy: uuid().references(() => persons.id),
    /** The job that executed it; only such runs are verified. */
    jobId: uuid(),
    isVerified: boolean().notNull().default(false),
    /** The file that it was read from: a past result, unverified for ever. */
    importId: uuid(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.experimentId],
      foreignColumns: [experiments.engagementId, experiments.id],
    }),
    unique().on(table.engagementId, table.id),
    index('runs_newest').on(table.experimentId, sql`start_time desc`, table.id),
    index().on(table.engagementId, table.createdAt),
    index().on(table.jobId),
    foreignKey({
      columns: [table.engagementId, table.importId],
      foreignColumns: [runImports.engagementId, runImports.id],
    }),
  ],
)

/**
 * Indexes by value begin with the key: with the engagement first, which row-level security asks in every statement, one of
 * all its entries looks cheap beside those of a run as long as PostgreSQL knows nothing of the table.
 *
 * What an index holds of a value: an entry has a size limit that 6,000 characters would pass. A column and not an
 * expression, because under row-level security only plain comparisons may be answered by an index.
 */
const valueStart = () => text().generatedAlwaysAs(sql`left(value, 200)`)

const runKey = () => ({ engagementId: uuid().notNull(), runId: text().notNull() })

export const runParams = pgTable(
  'run_params',
  { ...runKey(), key: text().notNull(), value: text().notNull(), valueStart: valueStart() },
  (table) => [
    primaryKey({ columns: [table.runId, table.key] }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    index('run_params_by_value').on(table.key, table.engagementId, table.valueStart),
  ],
)

export const runTags = pgTable(
  'run_tags',
  { ...runKey(), key: text().notNull(), value: text().notNull(), valueStart: valueStart() },
  (table) => [
    primaryKey({ columns: [table.runId, table.key] }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    index('run_tags_by_value').on(table.key, table.engagementId, table.valueStart),
  ],
)

export const runInputs = pgTable(
  'run_inputs',
  {
    ...runKey(),
    datasetVersionId: uuid().notNull(),
    role: text({ enum: DATASET_ROLES }).notNull(),
    /** Tag `mlflow.data.context` as the client said it. */
    context: text().notNull().default(''),
    /** Its other tags, in the client's order. */
    tags: jsonb().$type<readonly { readonly key: string; readonly value: string }[]>().notNull().default([]),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.datasetVersionId, table.role] }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    foreignKey({
      columns: [table.engagementId, table.datasetVersionId],
      foreignColumns: [datasetVersions.engagementId, datasetVersions.id],
    }),
    index().on(table.datasetVersionId),
  ],
)

/** A path of a run's artifacts is a key here, never a path on disk; the bytes are the blob `sha256`. */
export const artifacts = pgTable(
  'artifacts',
  {
    ...runKey(),
    path: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.path] }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    index().on(table.engagementId, table.sha256),
  ],
)

import { bigint, foreignKey, index, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { LOGGED_MODEL_STATUSES } from '#app/domain/logged-model.ts'
import { LIFECYCLE_STAGES } from '#app/domain/run.ts'
import { engagements } from './engagements.ts'
import { experiments, runs } from './runs.ts'

/** A model that a run logged (MLflow 3), with its own files, parameters and tags. */
export const loggedModels = pgTable(
  'logged_models',
  {
    /** `m-` and 32 hexadecimal digits, as MLflow. */
    id: text().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    experimentId: bigint({ mode: 'number' }).notNull(),
    sourceRunId: text(),
    name: text().notNull(),
    modelType: text().notNull().default(''),
    status: text({ enum: LOGGED_MODEL_STATUSES }).notNull(),
    lifecycleStage: text({ enum: LIFECYCLE_STAGES }).notNull().default('active'),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.experimentId],
      foreignColumns: [experiments.engagementId, experiments.id],
    }),
    foreignKey({ columns: [table.engagementId, table.sourceRunId], foreignColumns: [runs.engagementId, runs.id] }),
    unique().on(table.engagementId, table.id),
    index().on(table.experimentId, table.createdAt),
    index().on(table.sourceRunId),
  ],
)

const modelKey = () => ({ engagementId: uuid().notNull(), modelId: text().notNull() })

export const loggedModelParams = pgTable(
  'logged_model_params',
  { ...modelKey(), key: text().notNull(), value: text().notNull() },
  (table) => [
    primaryKey({ columns: [table.modelId, table.key] }),
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [loggedModels.engagementId, loggedModels.id],
    }),
  ],
)

export const loggedModelTags = pgTable(
  'logged_model_tags',
  { ...modelKey(), key: text().notNull(), value: text().notNull() },
  (table) => [
    primaryKey({ columns: [table.modelId, table.key] }),
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [loggedModels.engagementId, loggedModels.id],
    }),
  ],
)

/** As `artifacts`, of a logged model. */
export const loggedModelFiles = pgTable(
  'logged_model_files',
  {
    ...modelKey(),
    path: text().notNull(),
    sha256: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.modelId, table.path] }),
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [loggedModels.engagementId, loggedModels.id],
    }),
    index().on(table.engagementId, table.sha256),
  ],
)

/** Which models a run used (`input`) or made (`output`). */
export const runModels = pgTable(
  'run_models',
  {
    engagementId: uuid().notNull(),
    runId: text().notNull(),
    modelId: text().notNull(),
    direction: text({ enum: ['input', 'output'] }).notNull(),
    step: bigint({ mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.modelId, table.direction] }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [loggedModels.engagementId, loggedModels.id],
    }),
    index().on(table.modelId),
  ],
)

import { DATASET_SOURCES, DATASET_STATES, LEGAL_BASES } from '#app/domain/dataset.ts'
import { date, foreignKey, integer, jsonb, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'

export interface DatasetProfile {
  /** Rows without the header; null when only an outside client named the dataset. */
  readonly rows: number | null
  readonly columns: readonly string[]
  /** Rows of the positive class, where the target has one. */
  readonly positives: number | null
}

export const datasets = pgTable(
  'datasets',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    name: text().notNull(),
    description: text().notNull().default(''),
    licence: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.name), unique().on(table.engagementId, table.id)],
)

/**
 * `digest` is what runs log: for imported data the first 32 hexadecimal digits of the SHA-256 of the bytes (MLflow takes
 * at most 36), for data that only an outside client named, what that client said.
 */
export const datasetVersions = pgTable(
  'dataset_versions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    datasetId: uuid().notNull(),
    version: integer().notNull(),
    digest: text().notNull(),
    sha256: text(),
    source: text({ enum: DATASET_SOURCES }).notNull(),
    sourceNote: text().notNull().default(''),
    state: text({ enum: DATASET_STATES }).notNull().default('available'),
    profile: jsonb().$type<DatasetProfile>().notNull(),
    mlflowSourceType: text().notNull().default('throughline'),
    mlflowSource: text().notNull().default(''),
    mlflowSchema: text(),
    mlflowProfile: text(),
    /** Null: nobody said. */
    legalBasis: text({ enum: LEGAL_BASES }),
    /** What the data may be used for, in words. */
    purposes: text().array().notNull().default([]),
    /** Country or region where the bytes must stay; empty: nobody said. */
    residency: text().notNull().default(''),
    /** The last day on which the data may be kept. */
    retainUntil: date(),
    stateReason: text().notNull().default(''),
    stateChangedAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.datasetId],
      foreignColumns: [datasets.engagementId, datasets.id],
    }),
    unique().on(table.datasetId, table.digest),
    unique().on(table.engagementId, table.id),
  ],
)

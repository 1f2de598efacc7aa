import {
  doublePrecision,
  foreignKey,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { VERDICTS } from '#app/domain/verdict.ts'
import { criterionVersions } from './criteria.ts'
import { runs } from './runs.ts'

/**
 * Verdicts, append-only: a new row only when what is said of a run against a version changes. `sequence` counts the
 * verdicts of one pair; the highest is the one in force.
 */
export const evaluations = pgTable(
  'evaluations',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    criterionVersionId: uuid().notNull(),
    runId: text().notNull(),
    sequence: integer().notNull(),
    verdict: text({ enum: VERDICTS }).notNull(),
    value: doublePrecision(),
    ciLow: doublePrecision(),
    ciHigh: doublePrecision(),
    rows: integer(),
    reason: text().notNull(),
    datasetDigest: text().notNull(),
    evaluator: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.criterionVersionId],
      foreignColumns: [criterionVersions.engagementId, criterionVersions.id],
    }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    unique().on(table.criterionVersionId, table.runId, table.sequence),
    index().on(table.runId),
  ],
)

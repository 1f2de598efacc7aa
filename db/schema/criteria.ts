import { sql } from 'drizzle-orm'
import {
  date,
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
import type { CriterionContent } from '#app/domain/criterion.ts'
import { VERSION_STATES } from '#app/domain/criterion.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

export const criteria = pgTable(
  'criteria',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    /** `C1`, `C2`, … */
    key: text().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    withdrawnAt: timestamp({ withTimezone: true }),
  },
  (table) => [unique().on(table.engagementId, table.key), unique().on(table.engagementId, table.id)],
)

/**
 * `agreedAt` and `endedAt` bound the time in which a version was the agreed one; an exclusion constraint in security.sql's
 * companion migration keeps those times of one criterion apart.
 */
export const criterionVersions = pgTable(
  'criterion_versions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    criterionId: uuid().notNull(),
    version: integer().notNull(),
    state: text({ enum: VERSION_STATES }).notNull(),
    content: jsonb().$type<CriterionContent>().notNull(),
    /** Canonical JSON of what is shown for signature, frozen when it is sent. */
    document: text(),
    contentHash: text(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    agreedAt: timestamp({ withTimezone: true }),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.criterionId],
      foreignColumns: [criteria.engagementId, criteria.id],
    }),
    unique().on(table.criterionId, table.version),
    unique().on(table.engagementId, table.id),
    uniqueIndex('criterion_versions_one_agreed')
      .on(table.criterionId)
      .where(sql`state = 'agreed'`),
  ],
)

/** What people report of a criterion where no run can: live cases, business figures, attestations. Append-only. */
export const criterionReports = pgTable(
  'criterion_reports',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    criterionVersionId: uuid().notNull(),
    value: doublePrecision().notNull(),
    windowFrom: date().notNull(),
    windowTo: date().notNull(),
    note: text().notNull().default(''),
    reportedBy: uuid()
      .notNull()
      .references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.criterionVersionId],
      foreignColumns: [criterionVersions.engagementId, criterionVersions.id],
    }),
    index().on(table.criterionVersionId, table.at),
  ],
)

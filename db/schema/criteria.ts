import { sql } from 'drizzle-orm'
import { foreignKey, integer, jsonb, pgTable, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
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

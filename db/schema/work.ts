import { sql } from 'drizzle-orm'
import {
  bigint,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { DELIVERABLE_STATES } from '#app/domain/deliverable.ts'
import { criteria } from './criteria.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

export const deliverables = pgTable(
  'deliverables',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    /** `D1`, `D2`, … */
    key: text().notNull(),
    title: text().notNull(),
    due: date(),
    /** One a line. */
    acceptanceCriteria: text().notNull().default(''),
    reviewDays: integer().notNull().default(10),
    state: text({ enum: DELIVERABLE_STATES }).notNull().default('planned'),
    /** How often it was returned. */
    round: integer().notNull().default(0),
    /** Why it was withdrawn. */
    withdrawnReason: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.key), unique().on(table.engagementId, table.id)],
)

/** A file that was submitted, by its hash. Append-only. */
export const deliverableVersions = pgTable(
  'deliverable_versions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    deliverableId: uuid().notNull(),
    number: integer().notNull(),
    fileName: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    sha256: text().notNull(),
    note: text().notNull().default(''),
    submittedBy: uuid()
      .notNull()
      .references(() => persons.id),
    submittedAt: timestamp({ withTimezone: true }).notNull(),
    reviewUntil: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.deliverableId],
      foreignColumns: [deliverables.engagementId, deliverables.id],
    }),
    unique().on(table.deliverableId, table.number),
  ],
)

/** Minutes of work. Without a criterion and a deliverable the time is off scope, and shown as such. Null minutes: the timer runs. */
export const workEntries = pgTable(
  'work_entries',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    criterionId: uuid(),
    deliverableId: uuid(),
    startedAt: timestamp({ withTimezone: true }).notNull(),
    minutes: integer(),
    note: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.criterionId],
      foreignColumns: [criteria.engagementId, criteria.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.deliverableId],
      foreignColumns: [deliverables.engagementId, deliverables.id],
    }),
    index().on(table.engagementId, table.startedAt),
    uniqueIndex('work_entries_one_timer')
      .on(table.personId)
      .where(sql`minutes is null`),
  ],
)

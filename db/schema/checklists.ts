import { bigserial, foreignKey, index, integer, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { CHECKLIST_MARKS, CHECKLIST_PHASES } from '#app/domain/checklist.ts'
import { criteria } from './criteria.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

export const checklistItems = pgTable(
  'checklist_items',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    phase: text({ enum: CHECKLIST_PHASES }).notNull(),
    label: text().notNull(),
    position: integer().notNull(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [unique().on(table.engagementId, table.id), unique().on(table.engagementId, table.position)],
)

/** What was said of an item, by whom and why; the newest counts. Append-only. */
export const checklistMarks = pgTable(
  'checklist_marks',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid().notNull(),
    itemId: uuid().notNull(),
    mark: text({ enum: CHECKLIST_MARKS }).notNull(),
    reason: text().notNull().default(''),
    markedBy: uuid()
      .notNull()
      .references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.itemId],
      foreignColumns: [checklistItems.engagementId, checklistItems.id],
    }),
    index().on(table.itemId, table.id),
  ],
)

/** Whether a criterion is a condition for going live, by whom and why; the newest counts, none: it is one. Append-only. */
export const gateSwitches = pgTable(
  'gate_switches',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid().notNull(),
    criterionId: uuid().notNull(),
    state: text({ enum: ['off', 'on'] }).notNull(),
    reason: text().notNull(),
    switchedBy: uuid()
      .notNull()
      .references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.criterionId],
      foreignColumns: [criteria.engagementId, criteria.id],
    }),
    index().on(table.engagementId, table.criterionId, table.id),
  ],
)

import { date, foreignKey, index, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { LEVELS, REGISTER_KINDS, REGISTER_STATES } from '#app/domain/register.ts'
import { criteria } from './criteria.ts'
import { engagements } from './engagements.ts'
import { meetingPoints } from './meetings.ts'
import { persons } from './persons.ts'

/** Risks, issues, assumptions and dependencies of an engagement. */
export const registerItems = pgTable(
  'register_items',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    /** `R1`, `I1`, `A1`, `P1`, … */
    key: text().notNull(),
    kind: text({ enum: REGISTER_KINDS }).notNull(),
    title: text().notNull(),
    body: text().notNull().default(''),
    state: text({ enum: REGISTER_STATES }).notNull(),
    ownerId: uuid().references(() => persons.id),
    likelihood: text({ enum: LEVELS }).notNull().default('medium'),
    impact: text({ enum: LEVELS }).notNull().default('medium'),
    due: date(),
    /** The rule that opened it; empty when a person did. */
    sourceRule: text().notNull().default(''),
    /** The point of the meeting in which it was decided or taken on. */
    meetingPointId: uuid(),
    audience: text({ enum: ['team', 'shared'] }).notNull(),
    createdBy: uuid().references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    settledAt: timestamp({ withTimezone: true }),
    settledBy: uuid().references(() => persons.id),
    settledNote: text().notNull().default(''),
  },
  (table) => [
    unique().on(table.engagementId, table.key),
    index().on(table.engagementId, table.kind, table.state),
    foreignKey({
      columns: [table.engagementId, table.meetingPointId],
      foreignColumns: [meetingPoints.engagementId, meetingPoints.id],
    }),
  ],
)

/** What rests on an assumption. */
export const registerDependants = pgTable(
  'register_dependants',
  {
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    itemId: uuid()
      .notNull()
      .references(() => registerItems.id),
    criterionId: uuid()
      .notNull()
      .references(() => criteria.id),
  },
  (table) => [primaryKey({ columns: [table.itemId, table.criterionId] }), index().on(table.criterionId)],
)

import { integer, index, jsonb, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { ChangeContent } from '#app/domain/change.ts'
import { CHANGE_STATES } from '#app/domain/change.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

/** Changes of scope, dates and deliverables; applied in the transaction of the client's approval. */
export const changeRequests = pgTable(
  'change_requests',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    number: integer().notNull(),
    state: text({ enum: CHANGE_STATES }).notNull(),
    content: jsonb().$type<ChangeContent>().notNull(),
    raisedBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
    /** Why it was withdrawn. */
    withdrawnReason: text().notNull().default(''),
  },
  (table) => [unique().on(table.engagementId, table.number)],
)

/** What somebody at the client asked for, and the answer. */
export const asks = pgTable(
  'asks',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    text: text().notNull(),
    askedBy: uuid()
      .notNull()
      .references(() => persons.id),
    askedAt: timestamp({ withTimezone: true }).notNull(),
    answer: text(),
    standing: text({ enum: ['in_scope', 'out_of_scope', 'question'] }),
    answeredBy: uuid().references(() => persons.id),
    answeredAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.engagementId, table.askedAt)],
)

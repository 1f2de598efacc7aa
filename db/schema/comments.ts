import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

const columns = {
  id: uuid().primaryKey(),
  engagementId: uuid()
    .notNull()
    .references(() => engagements.id),
  /** The sign-off, criterion, deliverable or change it is about. */
  objectId: uuid().notNull(),
  body: text().notNull(),
  authorId: uuid()
    .notNull()
    .references(() => persons.id),
  authorName: text().notNull(),
  at: timestamp({ withTimezone: true }).notNull(),
}

/**
 * Two threads in two tables: there is no column that could turn a word among the team into one that the client reads.
 * Both are append-only; the team's does not exist for clients.
 */
export const teamComments = pgTable('team_comments', columns, (table) => [
  index().on(table.engagementId, table.objectId),
])
export const sharedComments = pgTable('shared_comments', columns, (table) => [
  index().on(table.engagementId, table.objectId),
])

/** Who confirmed that they read which version of a page. Append-only. */
export const acknowledgements = pgTable(
  'acknowledgements',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    page: text().notNull(),
    pageVersion: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index().on(table.engagementId, table.personId)],
)

import { pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { ORGANISATION_KINDS } from '#app/domain/actor.ts'

/** One consultancy, and its clients. */
export const organisations = pgTable('organisations', {
  id: uuid().primaryKey(),
  kind: text({ enum: ORGANISATION_KINDS }).notNull(),
  name: text().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull(),
})

import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { persons } from './persons.ts'

/** Forms that were accepted, for a day: the same form sent twice does its work once. */
export const formRequests = pgTable(
  'form_requests',
  {
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    /** SHA-256 of the page's key, the address and what was typed, lower-case hexadecimal. */
    digest: text().notNull(),
    /** Where the first one led; null while it is on its way, or when it led nowhere. */
    location: text(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.digest] })],
)

import { integer, jsonb, pgTable, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { HandoverContent } from '#app/domain/handover.ts'
import { engagements } from './engagements.ts'
import { persons } from './persons.ts'

/** What is written by hand about a hand-over. A version that was sent stays as it is; what was shown is in its snapshot. */
export const handovers = pgTable(
  'handovers',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    version: integer().notNull(),
    content: jsonb().$type<HandoverContent>().notNull(),
    /** Who wrote it last. */
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    sentAt: timestamp({ withTimezone: true }),
  },
  (table) => [unique().on(table.engagementId, table.version)],
)

import { bigserial, index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { EVENT_KINDS } from '#app/domain/event.ts'

/** Audit rows: who did what to which thing, when. Append-only. */
export const events = pgTable(
  'events',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    kind: text({ enum: EVENT_KINDS }).notNull(),
    engagementId: uuid(),
    /** The person, or null when a job or the system did it. */
    personId: uuid(),
    actorName: text().notNull(),
    subjectId: text().notNull(),
    /** One sentence for the activity list. */
    summary: text().notNull(),
    detail: jsonb().$type<Readonly<Record<string, string | number | null>>>().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index().on(table.engagementId, table.id), index().on(table.engagementId, table.subjectId)],
)

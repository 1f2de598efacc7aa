import { foreignKey, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { endpoints } from './models.ts'

/** What deployments that run elsewhere said of a stretch of time; the same stretch again replaces it. */
export const heartbeats = pgTable(
  'heartbeats',
  {
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    name: text().notNull(),
    startsAt: timestamp({ withTimezone: true }).notNull(),
    modelVersion: integer().notNull(),
    intervalSeconds: integer().notNull(),
    requests: integer().notNull(),
    errors: integer().notNull(),
    /** Whose token it was. */
    reportedBy: text().notNull(),
    reportedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.endpointId, table.name, table.startsAt] }),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
  ],
)

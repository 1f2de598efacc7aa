import { boolean, date, foreignKey, index, jsonb, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { Affected } from '#app/domain/external-event.ts'
import { changeRequests } from './changes.ts'
import { engagements } from './engagements.ts'
import { endpoints } from './models.ts'
import { persons } from './persons.ts'
import { registerItems } from './registers.ts'

/** Something outside changed, as it stands in one engagement; `issueId` is the same in all engagements it reached. Append-only. */
export const externalEvents = pgTable(
  'external_events',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    issueId: uuid().notNull(),
    title: text().notNull(),
    whatChanged: text().notNull(),
    source: text().notNull(),
    effectiveOn: date().notNull(),
    isSuspending: boolean().notNull(),
    /** What it reached when it was issued. */
    affected: jsonb().$type<Affected>().notNull(),
    changeId: uuid()
      .notNull()
      .references(() => changeRequests.id),
    registerItemId: uuid()
      .notNull()
      .references(() => registerItems.id),
    issuedBy: uuid()
      .notNull()
      .references(() => persons.id),
    issuedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    unique().on(table.engagementId, table.issueId),
    unique().on(table.engagementId, table.id),
    index().on(table.issueId),
  ],
)

/** An endpoint that an event reached: in sight until somebody decides that it goes on. */
export const endpointFlags = pgTable(
  'endpoint_flags',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    eventId: uuid().notNull(),
    endpointId: uuid().notNull(),
    raisedAt: timestamp({ withTimezone: true }).notNull(),
    resolvedAt: timestamp({ withTimezone: true }),
    resolvedBy: uuid().references(() => persons.id),
    reason: text().notNull().default(''),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.eventId],
      foreignColumns: [externalEvents.engagementId, externalEvents.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    unique().on(table.eventId, table.endpointId),
    index().on(table.endpointId),
  ],
)

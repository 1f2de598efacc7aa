import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { engagements, seats } from './engagements.ts'
import { persons } from './persons.ts'

/** Who held a seat, from when to when. */
export const seatHolders = pgTable(
  'seat_holders',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    seatId: uuid()
      .notNull()
      .references(() => seats.id),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    invitedAt: timestamp({ withTimezone: true }).notNull(),
    acceptedAt: timestamp({ withTimezone: true }),
    endedAt: timestamp({ withTimezone: true }),
    endReason: text().notNull().default(''),
  },
  (table) => [index().on(table.engagementId, table.seatId)],
)

/** Somebody who acts for the holder of a seat until a day; the holder stays accountable. */
export const seatDelegations = pgTable(
  'seat_delegations',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    seatId: uuid()
      .notNull()
      .references(() => seats.id),
    fromPersonId: uuid()
      .notNull()
      .references(() => persons.id),
    toPersonId: uuid()
      .notNull()
      .references(() => persons.id),
    note: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    until: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.engagementId, table.seatId), index().on(table.toPersonId)],
)

/** A gate that an executive opened in spite of what is missing. It stays in sight until it is closed. */
export const waivers = pgTable(
  'waivers',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    gate: text({ enum: ['readiness'] }).notNull(),
    reason: text().notNull(),
    risk: text().notNull(),
    approvedBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    closedAt: timestamp({ withTimezone: true }),
    closeReason: text().notNull().default(''),
  },
  (table) => [index().on(table.engagementId)],
)

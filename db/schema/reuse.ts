import { foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { REUSE_SCOPES, REUSE_STATES } from '#app/domain/reuse.ts'
import { engagements } from './engagements.ts'
import { endpoints, modelVersions } from './models.ts'
import { persons } from './persons.ts'

/** The use of an endpoint that its engagement lends to another: the owner's side. It does not say to which. */
export const reuseGrants = pgTable(
  'reuse_grants',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    /** What was live when it was lent. */
    modelVersionId: uuid().notNull(),
    scope: text({ enum: REUSE_SCOPES }).notNull(),
    /** Who borrows, and what for, in words that both clients may read. */
    borrower: text().notNull(),
    purpose: text().notNull(),
    state: text({ enum: REUSE_STATES }).notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    grantedBy: uuid()
      .notNull()
      .references(() => persons.id),
    grantedAt: timestamp({ withTimezone: true }).notNull(),
    /** Since when it may be used; null: it never might. */
    activeAt: timestamp({ withTimezone: true }),
    /** Who agreed or declined for the owning client; null where nobody had to. */
    decidedBy: uuid().references(() => persons.id),
    decidedAt: timestamp({ withTimezone: true }),
    endedBy: uuid().references(() => persons.id),
    endedAt: timestamp({ withTimezone: true }),
    /** Why it was declined or taken back. */
    endReason: text().notNull().default(''),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.modelVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
    index().on(table.endpointId),
  ],
)

/** To whom a grant is given: apart, so that the owning client's rows do not tell who another client is. */
export const reuseTargets = pgTable(
  'reuse_targets',
  {
    engagementId: uuid().notNull(),
    grantId: uuid().primaryKey(),
    toEngagementId: uuid()
      .notNull()
      .references(() => engagements.id),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.grantId],
      foreignColumns: [reuseGrants.engagementId, reuseGrants.id],
    }),
    index().on(table.toEngagementId),
  ],
)

/** What the borrower asked, by token and day (UTC): it is counted to the engagement that asks. */
export const borrowedCalls = pgTable(
  'borrowed_calls',
  {
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    grantId: uuid()
      .notNull()
      .references(() => reuseGrants.id),
    tokenId: uuid().notNull(),
    day: timestamp({ withTimezone: true }).notNull(),
    asked: integer().notNull().default(0),
    /** Asked after the grant had ended. */
    refused: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.grantId, table.tokenId, table.day] }), index().on(table.engagementId)],
)

import { sql } from 'drizzle-orm'
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { ENGAGEMENT_STATES, ENGAGEMENT_TEMPLATES, RACI, SEAT_FUNCTIONS } from '#app/domain/engagement.ts'
import type { ProblemContent } from '#app/domain/problem.ts'
import { VERSION_STATES } from '#app/domain/criterion.ts'
import type { RaciByKind } from '#app/domain/seat.ts'
import { SEAT_STATES } from '#app/domain/seat.ts'
import type { SigningRule } from '#app/domain/signing-rule.ts'
import { RISK_TIERS } from '#app/domain/signing-rule.ts'
import { organisations } from './organisations.ts'
import { persons } from './persons.ts'

export const engagements = pgTable(
  'engagements',
  {
    id: uuid().primaryKey(),
    clientOrganisationId: uuid()
      .notNull()
      .references(() => organisations.id),
    /** Short and readable, for scripts and mail: `MAM-1`. */
    code: text().notNull().unique(),
    name: text().notNull(),
    state: text({ enum: ENGAGEMENT_STATES }).notNull(),
    targetEnd: date(),
    template: text({ enum: ENGAGEMENT_TEMPLATES }).notNull().default('blank'),
    riskTier: text({ enum: RISK_TIERS }).notNull().default('standard'),
    signingRule: jsonb().$type<Partial<SigningRule>>().notNull().default({}),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    stateChangedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [index().on(table.clientOrganisationId)],
)

/** Who must be at the table, apart from the person who sits there. */
export const seats = pgTable(
  'seats',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    function: text({ enum: SEAT_FUNCTIONS }).notNull(),
    raci: text({ enum: RACI }).notNull(),
    raciByKind: jsonb().$type<RaciByKind>().notNull().default({}),
    required: boolean().notNull().default(false),
    /** Why the engagement can do without a seat that its template asks for; stays in sight. */
    requiredNote: text().notNull().default(''),
    neededBy: date(),
    state: text({ enum: SEAT_STATES }).notNull().default('open'),
    /** Why it was declined, denied or vacated, and by whom. */
    stateReason: text().notNull().default(''),
    stateBy: text().notNull().default(''),
    stateAt: timestamp({ withTimezone: true }),
    /** Null unless invited or accepted. */
    personId: uuid().references(() => persons.id),
    heldFrom: timestamp({ withTimezone: true }),
    /** Set when the seat itself was taken from the table. */
    vacatedAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    index().on(table.engagementId),
    index().on(table.personId),
    uniqueIndex('seats_one_per_person')
      .on(table.engagementId, table.function, table.personId)
      .where(sql`vacated_at is null`),
  ],
)

export const problemStatements = pgTable(
  'problem_statements',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    version: integer().notNull(),
    state: text({ enum: VERSION_STATES }).notNull(),
    content: jsonb().$type<ProblemContent>().notNull(),
    /** Canonical JSON of what is shown for signature, frozen when it is sent. */
    document: text(),
    contentHash: text(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    agreedAt: timestamp({ withTimezone: true }),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique().on(table.engagementId, table.version),
    uniqueIndex('problem_statements_one_agreed')
      .on(table.engagementId)
      .where(sql`state = 'agreed'`),
  ],
)

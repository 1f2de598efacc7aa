import { boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { ORGANISATION_KINDS, ORGANISATION_ROLES, TOKEN_SCOPES } from '#app/domain/actor.ts'
import { engagements } from './engagements.ts'
import { organisations } from './organisations.ts'
import { persons } from './persons.ts'

/** A person's role in their organisation. */
export const memberships = pgTable(
  'memberships',
  {
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    organisationId: uuid()
      .notNull()
      .references(() => organisations.id),
    role: text({ enum: ORGANISATION_ROLES }).notNull(),
    organisationKind: text({ enum: ORGANISATION_KINDS }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.organisationId] })],
)

/** Only the door that checks passwords reads this table. */
export const credentials = pgTable('credentials', {
  personId: uuid()
    .primaryKey()
    .references(() => persons.id),
  passwordHash: text().notNull(),
  changedAt: timestamp({ withTimezone: true }).notNull(),
})

/** `id` is the SHA-256 of the session id, in hexadecimal; the id itself is only in the cookie. */
export const sessions = pgTable(
  'sessions',
  {
    id: text().primaryKey(),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Idle expiry, moved on use. */
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    absoluteExpiresAt: timestamp({ withTimezone: true }).notNull(),
    userAgent: text().notNull().default(''),
    /** Set together while one of ours looks at an engagement as a person of its client. */
    viewingEngagementId: uuid().references(() => engagements.id),
    viewingPersonId: uuid().references(() => persons.id),
    viewingUntil: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.personId)],
)

export const LINK_KINDS = ['set_up', 'invitation', 'password_reset'] as const

/** Single-use links; `tokenHash` is the SHA-256 of the token, in hexadecimal. */
export const oneTimeLinks = pgTable('one_time_links', {
  tokenHash: text().primaryKey(),
  kind: text({ enum: LINK_KINDS }).notNull(),
  personId: uuid().references(() => persons.id),
  createdAt: timestamp({ withTimezone: true }).notNull(),
  expiresAt: timestamp({ withTimezone: true }).notNull(),
  usedAt: timestamp({ withTimezone: true }),
})

/** Tokens for scripts and jobs. `tokenHash` is the SHA-256 of the whole token, in hexadecimal. */
export const apiTokens = pgTable(
  'api_tokens',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    tokenHash: text().notNull().unique(),
    /** The first characters, so that people can tell tokens apart. */
    prefix: text().notNull(),
    name: text().notNull(),
    /** What its holder may ask for; empty where nobody said. */
    purpose: text().notNull().default(''),
    /** Predictions asked for with it, a minute; null: no limit of its own. */
    requestsPerMinute: integer(),
    scopes: text({ enum: TOKEN_SCOPES }).array().notNull(),
    personId: uuid().references(() => persons.id),
    /** Set for the token that a job's executor holds. */
    jobId: uuid(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    revokedAt: timestamp({ withTimezone: true }),
    lastUsedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.engagementId), index().on(table.jobId)],
)

/** Mail to be sent; without an SMTP server it stays here and is read on the outbox page. */
export const mailOutbox = pgTable(
  'mail_outbox',
  {
    id: uuid().primaryKey(),
    toAddress: text().notNull(),
    toName: text().notNull(),
    subject: text().notNull(),
    body: text().notNull(),
    links: jsonb().$type<readonly { readonly label: string; readonly url: string }[]>().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    sentAt: timestamp({ withTimezone: true }),
    isKept: boolean().notNull().default(false),
    /** An invitation for the reader's calendar (RFC 5545); null for mail without one. */
    calendar: text(),
  },
  (table) => [index().on(table.createdAt)],
)

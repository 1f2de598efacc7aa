import { bigint, date, index, jsonb, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { SignOffRule } from '#app/domain/sign-off-case.ts'
import { SIGN_OFF_STATES } from '#app/domain/sign-off-case.ts'
import { DECISION_OUTCOMES, FEEDBACK_GRADES } from '#app/domain/outcome.ts'
import { DECISION_SUBJECTS, SIGN_OFF_SUBJECTS } from '#app/domain/subject.ts'
import { engagements } from './engagements.ts'
import { organisations } from './organisations.ts'
import { persons } from './persons.ts'

export const signOffs = pgTable(
  'sign_offs',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    subjectType: text({ enum: SIGN_OFF_SUBJECTS }).notNull(),
    subjectId: uuid().notNull(),
    subjectHash: text().notNull(),
    title: text().notNull(),
    state: text({ enum: SIGN_OFF_STATES }).notNull(),
    /** Why it was voided, suspended, expired or lapsed. */
    stateReason: text().notNull().default(''),
    rule: jsonb().$type<Partial<SignOffRule>>().notNull().default({}),
    /** Who wrote what is signed. */
    authorId: uuid().references(() => persons.id),
    /** When the approval has to be renewed. */
    expiresAt: timestamp({ withTimezone: true }),
    sentBy: uuid()
      .notNull()
      .references(() => persons.id),
    sentAt: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.engagementId, table.state), index().on(table.subjectId)],
)

/** What was shown, to the byte. Append-only. */
export const evidenceSnapshots = pgTable('evidence_snapshots', {
  id: uuid().primaryKey(),
  engagementId: uuid()
    .notNull()
    .references(() => engagements.id),
  document: text().notNull(),
  sha256: text().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull(),
})

/**
 * Append-only record of decisions, one hash chain per client organisation. `body` is the canonical JSON (RFC 8785) that
 * `hash` = SHA-256(body) is taken of; it names the hash of the decision before it.
 */
export const decisionRecords = pgTable(
  'decision_records',
  {
    id: uuid().primaryKey(),
    organisationId: uuid()
      .notNull()
      .references(() => organisations.id),
    seq: bigint({ mode: 'number' }).notNull(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    /** Null for a decision that nobody was asked for: a waiver, a suspension. */
    signOffId: uuid().references(() => signOffs.id),
    subjectType: text({ enum: DECISION_SUBJECTS }).notNull(),
    subjectId: uuid().notNull(),
    subjectHash: text().notNull(),
    /** What it is about, in words. */
    title: text().notNull().default(''),
    outcome: text({ enum: DECISION_OUTCOMES }).notNull(),
    side: text({ enum: ['consultancy', 'client'] }).notNull(),
    rationale: text().notNull(),
    decidedBy: uuid()
      .notNull()
      .references(() => persons.id),
    /** Whose decision it was, when a delegate made it. */
    onBehalfOf: uuid().references(() => persons.id),
    authority: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    snapshotId: uuid()
      .notNull()
      .references(() => evidenceSnapshots.id),
    body: text().notNull(),
    prevHash: text().notNull(),
    hash: text().notNull(),
  },
  (table) => [
    unique().on(table.organisationId, table.seq),
    index().on(table.engagementId, table.at),
    index().on(table.engagementId, table.seq),
    index().on(table.subjectId),
    index().on(table.signOffId),
  ],
)

/** The last link of each chain; its row lock puts appends in order. */
export const decisionHeads = pgTable(
  'decision_heads',
  {
    organisationId: uuid()
      .notNull()
      .references(() => organisations.id),
    seq: bigint({ mode: 'number' }).notNull(),
    hash: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.organisationId] })],
)

/** Signed notes of how far a chain went. Append-only; a worker writes one after each decision. */
export const decisionCheckpoints = pgTable(
  'decision_checkpoints',
  {
    organisationId: uuid()
      .notNull()
      .references(() => organisations.id),
    seq: bigint({ mode: 'number' }).notNull(),
    note: text().notNull(),
    keyId: text().notNull(),
    /** PEM, so that a checkpoint can be checked by itself. */
    publicKey: text().notNull(),
    /** Ed25519, base64. */
    signature: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.organisationId, table.seq] })],
)

/** What the consulted said before anybody decided. */
export const signOffFeedback = pgTable(
  'sign_off_feedback',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    signOffId: uuid()
      .notNull()
      .references(() => signOffs.id),
    personId: uuid()
      .notNull()
      .references(() => persons.id),
    grade: text({ enum: FEEDBACK_GRADES }).notNull(),
    note: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    answer: text(),
    answeredBy: uuid().references(() => persons.id),
    answeredAt: timestamp({ withTimezone: true }),
  },
  (table) => [index().on(table.engagementId, table.signOffId)],
)

/** What an approval is tied to; it lapses when one is not met in time. */
export const signOffConditions = pgTable(
  'sign_off_conditions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    signOffId: uuid()
      .notNull()
      .references(() => signOffs.id),
    text: text().notNull(),
    due: date().notNull(),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    metAt: timestamp({ withTimezone: true }),
    metBy: uuid().references(() => persons.id),
    metNote: text().notNull().default(''),
  },
  (table) => [index().on(table.engagementId, table.signOffId)],
)

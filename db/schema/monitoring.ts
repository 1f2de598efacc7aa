import { sql } from 'drizzle-orm'
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { ALERT_KINDS, ALERT_RECIPIENTS, ALERT_STATES } from '#app/domain/alert.ts'
import { deployments, endpoints } from './models.ts'
import { persons } from './persons.ts'

/** What one revision did in one minute, as one serving process counted it: repeated writes replace each other. */
export const inferenceWindows = pgTable(
  'inference_windows',
  {
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    deploymentId: uuid()
      .notNull()
      .references(() => deployments.id),
    startsAt: timestamp({ withTimezone: true }).notNull(),
    /** The serving process that counted; its counts of the same minute stand beside those of another. */
    source: uuid().notNull(),
    requests: integer().notNull(),
    rows: integer().notNull(),
    clientErrors: integer().notNull(),
    serverErrors: integer().notNull(),
    /** Latencies in microseconds: an HDR histogram, compressed, base64. */
    latency: text().notNull(),
    scores: jsonb().$type<readonly number[]>().notNull(),
    inputs: jsonb().$type<Readonly<Record<string, readonly number[]>>>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.deploymentId, table.startsAt, table.source] }),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    index().on(table.endpointId, table.startsAt),
  ],
)

/** Scores that were served, kept so that what turns out to be true later can be joined to them. */
export const predictions = pgTable(
  'predictions',
  {
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    deploymentId: uuid()
      .notNull()
      .references(() => deployments.id),
    requestId: uuid().notNull(),
    row: integer().notNull(),
    score: doublePrecision().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    label: doublePrecision(),
    labelledAt: timestamp({ withTimezone: true }),
    /** Who said so, by name: a person or a consumer. */
    labelledBy: text(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.row] }),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    index().on(table.endpointId, table.at),
  ],
)

export const alertRules = pgTable(
  'alert_rules',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    kind: text({ enum: ALERT_KINDS }).notNull(),
    threshold: doublePrecision().notNull(),
    forMinutes: integer().notNull(),
    /** Whom it tells, beside the engagement lead. */
    recipients: text({ enum: ALERT_RECIPIENTS }).array().notNull().default(['runs_it']),
    /** Of drift: what is signed is suspended while it holds. */
    suspends: boolean().notNull().default(false),
    /** Of drift: a retraining begins when it is told. */
    retrains: boolean().notNull().default(false),
    createdBy: uuid()
      .notNull()
      .references(() => persons.id),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    index().on(table.endpointId),
  ],
)

/** One row for each time something became true; at most one of them stands for each subject. */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    /** `criterion:C2`, or `rule:<id>`. */
    subject: text().notNull(),
    state: text({ enum: ALERT_STATES }).notNull(),
    sentence: text().notNull(),
    since: timestamp({ withTimezone: true }).notNull(),
    openedAt: timestamp({ withTimezone: true }),
    resolvedAt: timestamp({ withTimezone: true }),
    mutedUntil: timestamp({ withTimezone: true }),
    mutedBy: uuid().references(() => persons.id),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    uniqueIndex('alerts_one_standing')
      .on(table.endpointId, table.subject)
      .where(sql`state <> 'resolved'`),
    index().on(table.endpointId, table.since),
  ],
)

import { sql } from 'drizzle-orm'
import {
  bigserial,
  foreignKey,
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
import type { Compared } from '#app/domain/retraining-comparison.ts'
import { RETRAINING_STATES, RETRAINING_TRIGGERS } from '#app/domain/retraining.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { jobs } from './jobs.ts'
import { deployments, endpoints, modelVersions } from './models.ts'
import { alerts } from './monitoring.ts'
import { persons } from './persons.ts'

/** With which data a role of the recipe was filled. */
export interface RetrainingData {
  readonly role: 'train' | 'test'
  readonly datasetVersionId: string
  readonly name: string
  readonly version: number
  readonly rows: number | null
  /** The version that the live model had in this role. */
  readonly liveVersion: number
  /** A newer version than this, left out because the signed criteria name this one; null: this is the newest. */
  readonly newerVersion: number | null
}

/** The fixed code: what the live model was trained with, repeated. */
export interface RetrainingRecipe {
  readonly key: string
  readonly parameters: Readonly<Record<string, string | number>>
  /** SHA-256 over the recipe's files; `live` null: it was not kept when the live model was trained. */
  readonly code: { readonly now: string; readonly live: string | null }
}

/** One line of what the person who decided was shown. */
export interface ShownComparison {
  readonly key: string
  readonly version: number
  readonly outcome: Compared
  readonly reason: string
  /** Of the candidate; null: it was never judged against it. */
  readonly verdict: VerdictKind | null
}

export const retrainings = pgTable(
  'retrainings',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    trigger: text({ enum: RETRAINING_TRIGGERS }).notNull(),
    /** What started it, in words: a schedule’s name, the sentence of an alert; empty when a person did. */
    triggerNote: text().notNull().default(''),
    /** The alert that started it: one alert starts one. */
    alertId: uuid().references(() => alerts.id),
    state: text({ enum: RETRAINING_STATES }).notNull(),
    /** Why it stands where it stands. */
    reason: text().notNull(),
    /** The version that was live when it began, and the revision that served it. */
    baseVersionId: uuid().notNull(),
    baseRevision: integer().notNull(),
    recipe: jsonb().$type<RetrainingRecipe>(),
    datasets: jsonb().$type<readonly RetrainingData[]>(),
    jobId: uuid(),
    candidateVersionId: uuid(),
    deploymentId: uuid(),
    requestedBy: uuid()
      .notNull()
      .references(() => persons.id),
    requestedAt: timestamp({ withTimezone: true }).notNull(),
    decidedBy: uuid().references(() => persons.id),
    decidedAt: timestamp({ withTimezone: true }),
    rationale: text(),
    /** What was shown to whoever decided. */
    shown: jsonb().$type<readonly ShownComparison[]>(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    unique().on(table.engagementId, table.id),
    unique().on(table.alertId),
    uniqueIndex('retrainings_one_open')
      .on(table.endpointId)
      .where(sql`state in ('checking', 'training', 'judging', 'awaiting_approval', 'deploying')`),
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.baseVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.candidateVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
    foreignKey({ columns: [table.engagementId, table.jobId], foreignColumns: [jobs.engagementId, jobs.id] }),
    foreignKey({ columns: [table.deploymentId], foreignColumns: [deployments.id] }),
    index().on(table.endpointId, table.requestedAt),
  ],
)

/** Every step of a retraining, append-only: when, why, and who when it was a person. */
export const retrainingMoves = pgTable(
  'retraining_moves',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid().notNull(),
    retrainingId: uuid().notNull(),
    state: text({ enum: RETRAINING_STATES }).notNull(),
    reason: text().notNull(),
    actorName: text().notNull(),
    personId: uuid().references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.retrainingId],
      foreignColumns: [retrainings.engagementId, retrainings.id],
    }),
    index().on(table.retrainingId, table.id),
  ],
)

import { sql } from 'drizzle-orm'
import {
  bigserial,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { GateItem } from '#app/domain/deployment.ts'
import { DEPLOYMENT_MODES, DEPLOYMENT_STATES, MODEL_VERSION_STATES } from '#app/domain/deployment.ts'
import type { DriftReference } from '#app/domain/drift.ts'
import { MODEL_STAGES } from '#app/domain/registry.ts'
import { SERVING_ENGINES } from '#app/domain/serving-engine.ts'
import { WAIVER_STATES } from '#app/domain/gate-waiver.ts'
import { engagements } from './engagements.ts'
import { loggedModels } from './logged-models.ts'
import { persons } from './persons.ts'
import { runs } from './runs.ts'

export const registeredModels = pgTable(
  'registered_models',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    name: text().notNull(),
    description: text().notNull().default(''),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull(),
    /** A model that was deleted keeps its row, because evidence may point to it; its name is free again. */
    deletedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('registered_models_name')
      .on(table.engagementId, table.name)
      .where(sql`deleted_at is null`),
    unique().on(table.engagementId, table.id),
  ],
)

/**
 * Every move of an alias and of a stage, append-only: the newest row of a name is where it stands, and the newest before
 * a moment is where it stood then. `toVersion` null: taken away.
 */
export const registryMoves = pgTable(
  'registry_moves',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    engagementId: uuid().notNull(),
    modelId: uuid().notNull(),
    kind: text({ enum: ['alias', 'stage'] }).notNull(),
    name: text().notNull(),
    fromVersion: integer(),
    toVersion: integer(),
    actorName: text().notNull(),
    personId: uuid().references(() => persons.id),
    at: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [registeredModels.engagementId, registeredModels.id],
    }),
    index().on(table.modelId, table.kind, table.name, table.id),
  ],
)

export const registeredModelTags = pgTable(
  'registered_model_tags',
  { engagementId: uuid().notNull(), modelId: uuid().notNull(), key: text().notNull(), value: text().notNull() },
  (table) => [
    primaryKey({ columns: [table.modelId, table.key] }),
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [registeredModels.engagementId, registeredModels.id],
    }),
  ],
)

/** Files of a version, frozen at registration: path below the model's folder to the blob's SHA-256. */
export type ModelFiles = Readonly<Record<string, string>>

export const modelVersions = pgTable(
  'model_versions',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    modelId: uuid().notNull(),
    version: integer().notNull(),
    state: text({ enum: MODEL_VERSION_STATES }).notNull(),
    runId: text(),
    /** What a client calls the run, when none of ours made it: given back, and nothing is judged by it. */
    saidRunId: text().notNull().default(''),
    /** What the client said where the model is: `runs:/<run>/model`. */
    source: text().notNull(),
    description: text().notNull().default(''),
    userName: text().notNull().default(''),
    files: jsonb().$type<ModelFiles>().notNull(),
    loggedModelId: text(),
    /** MLflow's old stages: deprecated there, used all the same. */
    stage: text({ enum: MODEL_STAGES }).notNull().default('None'),
    deletedAt: timestamp({ withTimezone: true }),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    updatedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [registeredModels.engagementId, registeredModels.id],
    }),
    foreignKey({ columns: [table.engagementId, table.runId], foreignColumns: [runs.engagementId, runs.id] }),
    foreignKey({
      columns: [table.engagementId, table.loggedModelId],
      foreignColumns: [loggedModels.engagementId, loggedModels.id],
    }),
    unique().on(table.modelId, table.version),
    unique().on(table.engagementId, table.id),
    index().on(table.runId),
  ],
)

export const modelVersionTags = pgTable(
  'model_version_tags',
  { engagementId: uuid().notNull(), modelVersionId: uuid().notNull(), key: text().notNull(), value: text().notNull() },
  (table) => [
    primaryKey({ columns: [table.modelVersionId, table.key] }),
    foreignKey({
      columns: [table.engagementId, table.modelVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
  ],
)

export const endpoints = pgTable(
  'endpoints',
  {
    id: uuid().primaryKey(),
    engagementId: uuid()
      .notNull()
      .references(() => engagements.id),
    modelId: uuid().notNull(),
    slug: text().notNull().unique(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.modelId],
      foreignColumns: [registeredModels.engagementId, registeredModels.id],
    }),
    unique().on(table.engagementId, table.id),
    unique().on(table.modelId),
  ],
)

/** Two people let a model version pass named items of its gate, for a short time. */
export const gateWaivers = pgTable(
  'gate_waivers',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    modelVersionId: uuid().notNull(),
    state: text({ enum: WAIVER_STATES }).notNull(),
    /** The unmet items as they stood when it was asked for. */
    items: jsonb().$type<readonly GateItem[]>().notNull(),
    reason: text().notNull(),
    risk: text().notNull(),
    days: integer().notNull(),
    requestedBy: uuid()
      .notNull()
      .references(() => persons.id),
    requestedAt: timestamp({ withTimezone: true }).notNull(),
    decidedBy: uuid().references(() => persons.id),
    decidedAt: timestamp({ withTimezone: true }),
    expiresAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.modelVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
    unique().on(table.engagementId, table.id),
    uniqueIndex('gate_waivers_one_open')
      .on(table.modelVersionId)
      .where(sql`state in ('requested', 'active')`),
  ],
)

/** `liveFrom` and `liveUntil` bound the time in which a revision took the traffic; null `liveUntil` is now. */
export const deployments = pgTable(
  'deployments',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    revision: integer().notNull(),
    modelVersionId: uuid().notNull(),
    state: text({ enum: DEPLOYMENT_STATES }).notNull(),
    mode: text({ enum: DEPLOYMENT_MODES }).notNull().default('replace'),
    /** Of a candidate: how much of the traffic it answers, or hears. */
    trafficPercent: integer().notNull().default(100),
    /** What runs it; `replicas` and `placement` are for a swarm. */
    engine: text({ enum: SERVING_ENGINES }).notNull().default('onnx'),
    replicas: integer().notNull().default(1),
    placement: jsonb().$type<readonly string[]>().notNull().default([]),
    /** The revision whose model this one brings back. */
    rollbackOf: uuid(),
    /** The waiver that let it pass the gate; null when it needed none. */
    waiverId: uuid(),
    gate: jsonb().$type<readonly GateItem[]>().notNull(),
    requestedBy: uuid()
      .notNull()
      .references(() => persons.id),
    requestedAt: timestamp({ withTimezone: true }).notNull(),
    liveFrom: timestamp({ withTimezone: true }),
    liveUntil: timestamp({ withTimezone: true }),
    /** Largest difference between the served and the stored answers. */
    probe: jsonb().$type<{ readonly maxAbsDiff: number; readonly tolerance: number; readonly latencyMs: number }>(),
    failure: text(),
    /** What live traffic is compared with; null until it was computed, or when the data is not stored here. */
    reference: jsonb().$type<DriftReference>(),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    foreignKey({
      columns: [table.engagementId, table.modelVersionId],
      foreignColumns: [modelVersions.engagementId, modelVersions.id],
    }),
    unique().on(table.endpointId, table.revision),
    uniqueIndex('deployments_one_live')
      .on(table.endpointId)
      .where(sql`state = 'live'`),
    uniqueIndex('deployments_one_candidate')
      .on(table.endpointId)
      .where(sql`state = 'candidate'`),
    foreignKey({
      columns: [table.engagementId, table.waiverId],
      foreignColumns: [gateWaivers.engagementId, gateWaivers.id],
    }),
    index().on(table.modelVersionId),
  ],
)

import { sql } from 'drizzle-orm'
import {
  bigint,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytes } from './bytes.ts'

/*
 * None of these tables has a foreign key to the run: the one function that writes them (app.append_metrics) holds the
 * run while it does, runs are never removed, and a check for each of a thousand keys costs more than the write.
 */

/**
 * Points as they came: one row for a request, in the form of `metric-codec.ts`. The digest of the request is part of
 * the key, so that a request that is sent again changes nothing, whatever the length of the history.
 */
export const metricLog = pgTable(
  'metric_log',
  {
    engagementId: uuid().notNull(),
    runId: text().notNull(),
    requestDigest: bytes().notNull(),
    /** The key of each series in `points`, in its order. */
    keys: text().array().notNull(),
    count: integer().notNull(),
    points: bytes().notNull(),
    loggedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.requestDigest] })],
)

/**
 * Points that the worker took over from the log: at most 4,096 of one series, each once, by step, timestamp and value.
 * `rollup` keeps the first, smallest, largest and last of every 256 of them, for charts.
 */
export const metricChunks = pgTable(
  'metric_chunks',
  {
    engagementId: uuid().notNull(),
    runId: text().notNull(),
    key: text().notNull(),
    datasetName: text().notNull(),
    datasetDigest: text().notNull(),
    modelId: text().notNull(),
    part: integer().notNull(),
    stepFrom: bigint({ mode: 'number' }).notNull(),
    /** The last point: step, timestamp and value. */
    stepTo: bigint({ mode: 'number' }).notNull(),
    timestampTo: bigint({ mode: 'number' }).notNull(),
    valueTo: doublePrecision().notNull(),
    count: integer().notNull(),
    points: bytes().notNull(),
    rollup: bytes().notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.runId, table.key, table.datasetName, table.datasetDigest, table.modelId, table.part],
    }),
  ],
)

/** The last point by (step, timestamp, value) of each key and dataset of a run. */
export const latestMetrics = pgTable(
  'latest_metrics',
  {
    engagementId: uuid().notNull(),
    runId: text().notNull(),
    experimentId: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    datasetName: text().notNull().default(''),
    datasetDigest: text().notNull().default(''),
    modelId: text().notNull().default(''),
    step: bigint({ mode: 'number' }).notNull(),
    timestamp: bigint({ mode: 'number' }).notNull(),
    value: doublePrecision().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.key, table.datasetName, table.datasetDigest, table.modelId] }),
    index('latest_metrics_by_value').on(table.experimentId, table.key, table.value),
    index('latest_metrics_of_model')
      .on(table.modelId)
      .where(sql`model_id <> ''`),
  ],
)

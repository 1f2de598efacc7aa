import { foreignKey, index, integer, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { BATCH_STATES } from '#app/domain/prediction-batch.ts'
import { deployments, endpoints } from './models.ts'
import { persons } from './persons.ts'

/** Files of rows that a revision answers. The id is also the request id of its predictions, row by row. */
export const predictionBatches = pgTable(
  'prediction_batches',
  {
    id: uuid().primaryKey(),
    engagementId: uuid().notNull(),
    endpointId: uuid().notNull(),
    /** The revision that was live when it was asked. */
    deploymentId: uuid()
      .notNull()
      .references(() => deployments.id),
    fileName: text().notNull(),
    state: text({ enum: BATCH_STATES }).notNull(),
    reason: text().notNull().default(''),
    rows: integer().notNull(),
    rowsDone: integer().notNull().default(0),
    /** Rows that could not be asked about; the result says why beside each. */
    rowsRefused: integer().notNull().default(0),
    inputSha256: text().notNull(),
    /** Null until it has succeeded. */
    outputSha256: text(),
    requestedBy: uuid()
      .notNull()
      .references(() => persons.id),
    requestedAt: timestamp({ withTimezone: true }).notNull(),
    endedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    foreignKey({
      columns: [table.engagementId, table.endpointId],
      foreignColumns: [endpoints.engagementId, endpoints.id],
    }),
    unique().on(table.engagementId, table.id),
    index().on(table.endpointId, table.requestedAt),
    index().on(table.engagementId, table.inputSha256),
    index().on(table.engagementId, table.outputSha256),
  ],
)

import { and, asc, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { BatchId, DeploymentId, EndpointId, EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { BatchState } from '#app/domain/prediction-batch.ts'
import { deployments, modelVersions } from '../schema/models.ts'
import { predictions } from '../schema/monitoring.ts'
import { persons } from '../schema/persons.ts'
import { predictionBatches } from '../schema/prediction-batches.ts'
import type { ModelFiles } from '../schema/models.ts'
import type { Tx } from '../types.ts'

export interface BatchRow {
  readonly id: BatchId
  readonly fileName: string
  readonly state: BatchState
  readonly reason: string
  readonly rows: number
  readonly rowsDone: number
  readonly rowsRefused: number
  readonly outputSha256: string | null
  readonly revision: number
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly endedAt: Date | null
}

const LISTED_MAX = 50

function batchesQuery(tx: Tx) {
  return tx
    .select({
      id: predictionBatches.id,
      fileName: predictionBatches.fileName,
      state: predictionBatches.state,
      reason: predictionBatches.reason,
      rows: predictionBatches.rows,
      rowsDone: predictionBatches.rowsDone,
      rowsRefused: predictionBatches.rowsRefused,
      outputSha256: predictionBatches.outputSha256,
      revision: deployments.revision,
      requestedByName: persons.name,
      requestedAt: predictionBatches.requestedAt,
      endedAt: predictionBatches.endedAt,
    })
    .from(predictionBatches)
    .innerJoin(deployments, eq(deployments.id, predictionBatches.deploymentId))
    .innerJoin(persons, eq(persons.id, predictionBatches.requestedBy))
}

/** The newest of an endpoint first, at most 50. */
export async function listBatches(tx: Tx, endpointId: EndpointId): Promise<BatchRow[]> {
  const rows = await batchesQuery(tx)
    .where(eq(predictionBatches.endpointId, endpointId))
    .orderBy(desc(predictionBatches.requestedAt))
    .limit(LISTED_MAX)
  return rows.map((row) => ({ ...row, id: toId<BatchId>(row.id) }))
}

/** @throws AppError `not_found` */
export async function getBatch(tx: Tx, endpointId: EndpointId, id: BatchId): Promise<BatchRow> {
  const [row] = await batchesQuery(tx).where(
    and(eq(predictionBatches.endpointId, endpointId), eq(predictionBatches.id, id)),
  )
  return { ...found(row, 'This file'), id }
}

/** Files of an engagement that wait or are answered. */
export async function countOpenBatches(tx: Tx, engagementId: EngagementId): Promise<number> {
  return tx.$count(
    predictionBatches,
    and(eq(predictionBatches.engagementId, engagementId), inArray(predictionBatches.state, ['queued', 'running'])),
  )
}

export async function insertBatch(
  tx: Tx,
  row: {
    readonly id: BatchId
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly deploymentId: DeploymentId
    readonly fileName: string
    readonly rows: number
    readonly inputSha256: string
    readonly requestedBy: PersonId
    readonly at: Date
  },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(predictionBatches).values({ ...values, state: 'queued', requestedAt: at })
}

/** All that a worker needs to answer a batch. */
export interface BatchWork {
  readonly id: BatchId
  readonly engagementId: EngagementId
  readonly deploymentId: DeploymentId
  readonly inputSha256: string
  readonly requestedAt: Date
  readonly files: ModelFiles
}

/** Begin, or begin anew what a worker left behind; null when it has ended. */
export async function beginBatch(tx: Tx, id: BatchId): Promise<BatchWork | null> {
  const [row] = await tx
    .update(predictionBatches)
    .set({ state: 'running', rowsDone: 0, rowsRefused: 0 })
    .where(and(eq(predictionBatches.id, id), inArray(predictionBatches.state, ['queued', 'running'])))
    .returning({
      engagementId: predictionBatches.engagementId,
      deploymentId: predictionBatches.deploymentId,
      inputSha256: predictionBatches.inputSha256,
      requestedAt: predictionBatches.requestedAt,
    })
  if (!row) return null
  const [version] = await tx
    .select({ files: modelVersions.files })
    .from(deployments)
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .where(eq(deployments.id, row.deploymentId))
  return {
    id,
    engagementId: toId<EngagementId>(row.engagementId),
    deploymentId: toId<DeploymentId>(row.deploymentId),
    inputSha256: row.inputSha256,
    requestedAt: row.requestedAt,
    files: found(version, 'The model version').files,
  }
}

/** @returns false when it does not run any more: it was cancelled */
export async function saveBatchProgress(
  tx: Tx,
  id: BatchId,
  progress: { readonly rowsDone: number; readonly rowsRefused: number },
): Promise<boolean> {
  const saved = await tx
    .update(predictionBatches)
    .set(progress)
    .where(and(eq(predictionBatches.id, id), eq(predictionBatches.state, 'running')))
    .returning({ id: predictionBatches.id })
  return saved.length > 0
}

/** @returns false when it had ended already */
export async function endBatch(
  tx: Tx,
  id: BatchId,
  end: {
    readonly state: 'succeeded' | 'failed' | 'cancelled'
    readonly reason: string
    readonly outputSha256: string | null
    readonly at: Date
  },
): Promise<boolean> {
  const { at, ...set } = end
  const saved = await tx
    .update(predictionBatches)
    .set({ ...set, endedAt: at })
    .where(and(eq(predictionBatches.id, id), inArray(predictionBatches.state, ['queued', 'running'])))
    .returning({ id: predictionBatches.id })
  return saved.length > 0
}

export interface Truth {
  readonly label: number
  readonly labelledBy: string | null
}

/** What is known to be true of a range of rows of one request, by row. */
export async function listTruths(
  tx: Tx,
  requestId: string,
  range: { readonly from: number; readonly count: number },
): Promise<Map<number, Truth>> {
  const rows = await tx
    .select({ row: predictions.row, label: predictions.label, labelledBy: predictions.labelledBy })
    .from(predictions)
    .where(
      and(
        eq(predictions.requestId, requestId),
        gte(predictions.row, range.from),
        lt(predictions.row, range.from + range.count),
        sql`${predictions.label} is not null`,
      ),
    )
    .orderBy(asc(predictions.row))
  return new Map(rows.map(({ row, label, labelledBy }) => [row, { label: label ?? 0, labelledBy }]))
}

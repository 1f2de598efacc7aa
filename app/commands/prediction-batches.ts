import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { BatchId, EndpointId, EngagementId } from '#app/domain/ids.ts'
import type { PlainSignature } from '#app/domain/openapi.ts'
import { askRefusal, batchFileRefusal, cancelBatchRefusal, openBatchesRefusal } from '#app/domain/prediction-batch.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { newId } from '#db/new-id.ts'
import { getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { saveLabels } from '#db/queries/monitoring.ts'
import { countOpenBatches, endBatch, getBatch, insertBatch } from '#db/queries/prediction-batches.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { DatasetProfile } from '#db/schema/datasets.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { keepBlob } from './storage.ts'

interface AtEndpoint {
  readonly engagementId: EngagementId
  readonly endpointId: EndpointId
}

/**
 * Ask the live revision about every row of a file; a worker answers.
 * @throws AppError `invalid` beside the file when it cannot be asked about, `refused`
 */
export async function requestBatch(
  ctx: CommandContext<PersonActor>,
  input: AtEndpoint & {
    readonly fileName: string
    readonly blob: StagedBlob
    readonly profile: DatasetProfile
    readonly signature: PlainSignature
  },
): Promise<BatchId> {
  const { columns, rows } = input.profile
  const refusal = batchFileRefusal(input.signature, { columns, rows: rows ?? 0 })
  if (refusal) throw new AppError('invalid', refusal.reason, { fields: { file: refusal.reason } })
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(askRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
    const live = (await listDeployments(tx, engagement.id, { endpointId: endpoint.id })).find(
      ({ state }) => state === 'live',
    )
    if (!live) throw new AppError('refused', 'Nothing is live at this address, so nobody would answer.')
    ensure(openBatchesRefusal(await countOpenBatches(tx, engagement.id)))
    const id = newId<BatchId>()
    await insertBatch(tx, {
      id,
      engagementId: engagement.id,
      endpointId: endpoint.id,
      deploymentId: live.id,
      fileName: input.fileName,
      rows: rows ?? 0,
      inputSha256: input.blob.sha256,
      requestedBy: ctx.actor.personId,
      at: ctx.now,
    })
    await keepBlob(tx, { engagementId: engagement.id, blob: input.blob, at: ctx.now })
    await enqueue(tx, 'answer_batch', { batchId: id })
    await recordEvent(tx, ctx.actor, {
      kind: 'batch.requested',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} asked ${endpoint.slug} about the ${(rows ?? 0).toLocaleString('en-GB')} rows of a file.`,
      at: ctx.now,
    })
    return id
  })
}

/** @throws AppError `refused` when it has ended, `not_found` */
export async function cancelBatch(
  ctx: CommandContext<PersonActor>,
  input: AtEndpoint & { readonly batchId: BatchId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    ensure(askRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
    const endpoint = await getEndpoint(tx, input.engagementId, input.endpointId)
    const batch = await getBatch(tx, endpoint.id, input.batchId)
    ensure(cancelBatchRefusal(batch.state))
    const reason = `${ctx.actor.name} cancelled it.`
    const isEnded = await endBatch(tx, batch.id, { state: 'cancelled', reason, outputSha256: null, at: ctx.now })
    if (!isEnded) throw new AppError('refused', 'This has ended meanwhile.')
  })
}

/**
 * Say what turned out to be true of one answer: it counts for the signed criteria on live traffic.
 * @throws AppError `refused` while the answer is not kept yet, or no more, and in an engagement that has ended
 */
export async function recordTruth(
  ctx: CommandContext<PersonActor>,
  input: AtEndpoint & { readonly requestId: string; readonly row: number; readonly value: number },
): Promise<void> {
  const { engagementId, endpointId, requestId, row, value } = input
  await transact(ctx, async (tx) => {
    ensure(askRefusal(await getStanding(tx, ctx.actor, engagementId)))
    ensure(endedRefusal((await getEngagement(tx, engagementId)).state))
    await getEndpoint(tx, engagementId, endpointId)
    const from = { name: ctx.actor.name, at: ctx.now }
    const matched = await saveLabels(tx, endpointId, [{ requestId, row, label: value }], from)
    if (matched === 0)
      throw new AppError('refused', 'This answer is not kept yet, or no more. Try again in some seconds.')
  })
}

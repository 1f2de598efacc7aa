import type { PersonActor } from '#app/domain/actor.ts'
import type { DatasetInput, DatasetState, DatasetTerms } from '#app/domain/dataset.ts'
import { datasetMoveRefusal, freshDataRefusal, importRefusal, isUsable } from '#app/domain/dataset.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId } from '#app/domain/ids.ts'
import type { Blobs, StagedBlob } from '#db/blobs.server.ts'
import { datasetDigest } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { DatasetDependant } from '#db/queries/datasets.ts'
import {
  ensureDatasetVersion,
  getDatasetVersion,
  listDatasetDependants,
  lockDatasetVersion,
  saveDatasetBytes,
  saveDatasetState,
  saveDatasetTerms,
} from '#db/queries/datasets.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { raiseTrigger } from '#db/queries/schedules.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { DatasetProfile } from '#db/schema/datasets.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureRoom, keepBlob } from './storage.ts'

/** Fail before any byte is taken. @throws AppError `refused` */
export async function ensureMayImport(
  ctx: CommandContext<PersonActor>,
  engagementId: EngagementId,
  blobs: Blobs,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, engagementId)
    ensure(freshDataRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state))
    ensure(endedRefusal(engagement.state))
    await ensureRoom(tx, { engagementId, blobs })
  })
}

/**
 * Name bytes as a version of a dataset. The same bytes under the same name again are the version that is there.
 * @throws AppError `refused` for bytes that may no more be used under this name; they are not kept
 */
export async function importDataset(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly form: DatasetInput
    readonly blob: StagedBlob
    readonly profile: DatasetProfile
  },
): Promise<DatasetVersionId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(freshDataRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state))
    ensure(endedRefusal(engagement.state))
    const { name, description, licence, sourceNote } = input.form
    const newest = newId<DatasetVersionId>()
    const id = await ensureDatasetVersion(tx, {
      id: newest,
      engagementId: engagement.id,
      name,
      description,
      licence,
      digest: datasetDigest(input.blob.sha256),
      sha256: input.blob.sha256,
      source: 'import',
      sourceNote,
      profile: input.profile,
      at: ctx.now,
    })
    const found = await getDatasetVersion(tx, engagement.id, id)
    if (!isUsable(found.state))
      throw new AppError(
        'refused',
        `This is the data that was ${found.state}: ${found.stateReason} It cannot come back.`,
      )
    await keepBlob(tx, { engagementId: engagement.id, blob: input.blob, at: ctx.now })
    // A client may have named these very bytes before anybody brought them.
    const isCompleted =
      id !== newest && (await saveDatasetBytes(tx, id, { sha256: input.blob.sha256, profile: input.profile }))
    if (id !== newest && !isCompleted) return id
    await raiseTrigger(tx, { engagementId: engagement.id, trigger: 'data_arrived', version: found, now: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'dataset.imported',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} imported ${name} v${String(found.version)}, ${input.profile.rows?.toLocaleString('en-GB') ?? 'unknown'} rows.`,
      at: ctx.now,
    })
    return id
  })
}

/** Say on which basis, for what, where and until when a version may be used. */
export async function describeDataset(
  ctx: CommandContext<PersonActor>,
  input: { readonly engagementId: EngagementId; readonly id: DatasetVersionId; readonly terms: DatasetTerms },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const version = await lockDatasetVersion(tx, input.engagementId, input.id)
    ensure(importRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
    await saveDatasetTerms(tx, version.id, input.terms)
    // From the first time that its terms are said, a version may be used: it is published.
    if (version.legalBasis === null && version.sha256 !== null && isUsable(version.state))
      await raiseTrigger(tx, {
        engagementId: input.engagementId,
        trigger: 'dataset_published',
        version,
        now: ctx.now,
      })
    await recordEvent(tx, ctx.actor, {
      kind: 'dataset.described',
      engagementId: input.engagementId,
      subjectId: version.id,
      summary: `${ctx.actor.name} said on which terms ${version.name} v${String(version.version)} may be used.`,
      at: ctx.now,
    })
  })
}

/**
 * Restrict, release, withdraw or erase a version. What was measured on data that may no more be used satisfies nothing;
 * erasing removes the bytes and leaves a tombstone: id, digest, dates, reason.
 */
export async function moveDataset(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly id: DatasetVersionId
    readonly to: DatasetState
    readonly reason: string
  },
): Promise<{ readonly dependants: readonly DatasetDependant[] }> {
  return transact(ctx, async (tx) => {
    const { engagementId, to, reason } = input
    const version = await lockDatasetVersion(tx, engagementId, input.id)
    ensure(datasetMoveRefusal(await getStanding(tx, ctx.actor, engagementId), version.state, to))
    await saveDatasetState(tx, version.id, { state: to, reason, at: ctx.now })
    if (to === 'erased' && version.sha256 !== null) await enqueueErasure(tx, version.id, version.sha256)
    if (isUsable(version.state) !== isUsable(to))
      await enqueue(tx, 'judge_engagement', { engagementId }, { key: `judge:${engagementId}` })
    const dependants = await listDatasetDependants(tx, engagementId, version.id)
    await recordEvent(tx, ctx.actor, {
      kind: 'dataset.moved',
      engagementId,
      subjectId: version.id,
      summary:
        `${ctx.actor.name} made ${version.name} v${String(version.version)} ${to}; ${String(dependants.length)} things rest on it. ${reason}`.slice(
          0,
          2000,
        ),
      at: ctx.now,
    })
    return { dependants }
  })
}

function enqueueErasure(tx: Tx, id: DatasetVersionId, sha256: string): Promise<void> {
  return enqueue(tx, 'erase_dataset', { datasetVersionId: id, sha256 }, { key: `erase:${id}` })
}

import type { PersonActor } from '#app/domain/actor.ts'
import type { DatasetInput } from '#app/domain/dataset.ts'
import { importRefusal } from '#app/domain/dataset.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId } from '#app/domain/ids.ts'
import { datasetDigest } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { ensureDatasetVersion, getDatasetVersion, saveDatasetBytes } from '#db/queries/datasets.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { DatasetProfile } from '#db/schema/datasets.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Fail before any byte is taken. @throws AppError `refused` */
export async function ensureMayImport(ctx: CommandContext<PersonActor>, engagementId: EngagementId): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, engagementId)
    ensure(importRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
  })
}

/**
 * Name stored bytes as a version of a dataset. The same bytes under the same name again are the version that is there.
 * @param input.stored the blob, which is on disk and synced
 */
export async function importDataset(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly form: DatasetInput
    readonly stored: { readonly sha256: string }
    readonly profile: DatasetProfile
  },
): Promise<DatasetVersionId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(importRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const { name, description, licence, sourceNote } = input.form
    const newest = newId<DatasetVersionId>()
    const id = await ensureDatasetVersion(tx, {
      id: newest,
      engagementId: engagement.id,
      name,
      description,
      licence,
      digest: datasetDigest(input.stored.sha256),
      sha256: input.stored.sha256,
      source: 'import',
      sourceNote,
      profile: input.profile,
      at: ctx.now,
    })
    // A client may have named these very bytes before anybody brought them.
    const isCompleted = id !== newest && (await saveDatasetBytes(tx, id, input))
    if (id !== newest && !isCompleted) return id
    const { version } = await getDatasetVersion(tx, engagement.id, id)
    await recordEvent(tx, ctx.actor, {
      kind: 'dataset.imported',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} imported ${name} v${String(version)}, ${input.profile.rows?.toLocaleString('en-GB') ?? 'unknown'} rows.`,
      at: ctx.now,
    })
    return id
  })
}

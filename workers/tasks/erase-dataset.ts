import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { countHolders, findDatasetEngagement, forgetDatasetBytes } from '#db/queries/datasets.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Remove the bytes of an erased dataset, unless something else holds them. Safe to repeat: what is gone is gone. */
export const eraseDataset: TaskHandler<'erase_dataset'> = async (payload, shell) => {
  const id = toId<DatasetVersionId>(payload.datasetVersionId)
  const { sha256 } = payload
  const engagementId = await shell.database.as({}, (tx) => findDatasetEngagement(tx, id))
  if (engagementId === null) return
  const holders = await shell.database.as({}, (tx) => countHolders(tx, engagementId, { sha256, besides: id }))
  if (holders === 0) await shell.blobs.remove(engagementId, sha256)
  // Only now: until the bytes are gone the row says where they are.
  await shell.database.as({}, (tx) => forgetDatasetBytes(tx, id))
}

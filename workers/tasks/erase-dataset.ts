import { forgetErased } from '#app/commands/storage.ts'
import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { findDatasetEngagement } from '#db/queries/datasets.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Remove the bytes of an erased dataset, unless something else holds them. Safe to repeat: what is gone is gone. */
export const eraseDataset: TaskHandler<'erase_dataset'> = async ({ datasetVersionId, sha256 }, shell) => {
  const id = toId<DatasetVersionId>(datasetVersionId)
  const engagementId = await shell.database.as({}, (tx) => findDatasetEngagement(tx, id))
  if (engagementId !== null) await forgetErased(shell, { engagementId, sha256 })
}

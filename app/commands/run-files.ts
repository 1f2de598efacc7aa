import type { RunId } from '#app/domain/ids.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { removeArtifacts, saveArtifact } from '#db/queries/artifacts.ts'
import { getRun } from '#db/queries/runs.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureOfExperiment, trackedEngagement } from './experiments.ts'
import { keepBlob } from './storage.ts'
import { ensureWritable } from './tracking.ts'

/** Publish bytes as a file of a run, which is of the experiment when one is said. */
export async function addArtifact(
  ctx: CommandContext,
  runId: RunId,
  file: { readonly path: string; readonly blob: StagedBlob; readonly experimentId?: number },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), runId)
    if (file.experimentId !== undefined) ensureOfExperiment(run, file.experimentId)
    ensureWritable(run, ctx.actor)
    const { engagementId } = run
    const { sha256, sizeBytes } = file.blob
    await keepBlob(tx, { engagementId, blob: file.blob, at: ctx.now })
    await saveArtifact(tx, { path: file.path, sha256, sizeBytes, engagementId, runId: run.id, at: ctx.now })
  })
}

/** Take a file off a run, or every file of a folder. @returns how many */
export async function deleteArtifacts(ctx: CommandContext, runId: RunId, path: string): Promise<number> {
  return transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), runId)
    ensureWritable(run, ctx.actor)
    return removeArtifacts(tx, run.id, path)
  })
}

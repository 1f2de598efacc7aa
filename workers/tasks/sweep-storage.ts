import { sweepStorage } from '#app/commands/storage.ts'
import { sizeWords } from '#app/domain/storage.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Remove files that nothing names, and say what was removed. */
export const sweep: TaskHandler<'sweep_storage'> = async (_payload, shell) => {
  const { uploads, staged, blobs, bytes, adopted } = await sweepStorage(shell, shell.now())
  if (uploads + staged + blobs > 0)
    process.stdout.write(
      `removed ${String(blobs)} blobs (${sizeWords(bytes)}) that nothing names, ${String(uploads)} old uploads, ${String(staged)} unfinished files\n`,
    )
  if (adopted > 0) process.stdout.write(`counted ${String(adopted)} blobs that were not counted yet\n`)
}

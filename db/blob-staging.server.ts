import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '#app/domain/errors.ts'
import type { StoredBlob } from './blobs.server.ts'

/** A file that nobody but its writer knows. */
export interface StagedFile extends StoredBlob {
  readonly place: string
}

/**
 * Take a stream into a file without a name, synced, and let `use` do with it what it wants. The file is gone afterwards,
 * unless it was moved away; a crash leaves it to removeStagedFiles.
 * @throws AppError `invalid` above `bytesMax`
 */
export async function stageFile<T>(
  folder: string,
  content: AsyncIterable<Uint8Array>,
  bytesMax: number,
  use: (staged: StagedFile) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const place = path.join(folder, randomUUID())
  const file = await open(place, 'wx', 0o600)
  try {
    const digest = createHash('sha256')
    let sizeBytes = 0
    for await (const piece of content) {
      sizeBytes += piece.byteLength
      if (sizeBytes > bytesMax)
        throw new AppError('invalid', `A file may have at most ${String(Math.floor(bytesMax / 1_048_576))} MiB.`)
      digest.update(piece)
      await file.write(piece)
    }
    await file.sync()
    await file.close()
    return await use({ place, sha256: digest.digest('hex'), sizeBytes })
  } finally {
    await file.close().catch(() => undefined) // closed already, unless the stream failed
    await rm(place, { force: true })
  }
}

/** Remove what was begun before a time. @returns how many files */
export async function removeStagedFiles(folder: string, before: Date): Promise<number> {
  let removed = 0
  for (const name of await namesIn(folder)) {
    const about = await stat(path.join(folder, name)).catch(() => null)
    if (!about?.isFile() || about.mtime >= before) continue
    await rm(path.join(folder, name), { force: true })
    removed += 1
  }
  return removed
}

/** Nothing for a folder that never was. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

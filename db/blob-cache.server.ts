import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { stageFile } from './blob-staging.server.ts'

/** Whoever was given a path reads it within this time. */
const YOUNG_MS = 10 * 60_000

/** Copies of blobs on the local disk, the least recently used removed first. Any of them may be gone at any time. */
export interface BlobCache {
  /**
   * Have a file with these bytes, its digest checked, wherever they were fetched.
   * @returns its path
   * @throws Error when other bytes were fetched
   */
  keep(place: string, sha256: string, fetch: () => AsyncIterable<Uint8Array>): Promise<string>
  drop(place: string): Promise<void>
  /** Remove what is above the bound; what was used just now stays. */
  trim(): Promise<void>
}

export function blobCache(folder: string, options: { temporaryDir: string; bytesMax: number }): BlobCache {
  const trim = async () => {
    const files = await filesIn(folder)
    let total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const { file, sizeBytes, usedAt } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= options.bytesMax || Date.now() - usedAt < YOUNG_MS) return
      await rm(file, { force: true })
      total -= sizeBytes
    }
  }
  return {
    trim,
    async keep(place, sha256, fetch) {
      const file = path.join(folder, place)
      if ((await digestOf(file)) === sha256) {
        const now = new Date()
        await utimes(file, now, now).catch(() => undefined) // one that was removed just now is fetched the next time
        return file
      }
      await stageFile(options.temporaryDir, fetch(), Number.MAX_SAFE_INTEGER, async (staged) => {
        if (staged.sha256 !== sha256) throw new Error(`The store sent other bytes than ${sha256}: ${staged.sha256}.`)
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
        await rename(staged.place, file)
      })
      await trim()
      return file
    },
    drop: (place) => rm(path.join(folder, place), { force: true }),
  }
}

/** Null for a file that cannot be read. */
async function digestOf(file: string): Promise<string | null> {
  const digest = createHash('sha256')
  try {
    for await (const piece of createReadStream(file)) digest.update(piece as Uint8Array) // a stream without an encoding
    return digest.digest('hex')
  } catch {
    return null
  }
}

async function filesIn(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const files = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name)
      const about = entry.isFile() ? await stat(file).catch(() => null) : null
      return about ? [{ file, sizeBytes: about.size, usedAt: about.mtimeMs }] : []
    }),
  )
  return files.flat()
}

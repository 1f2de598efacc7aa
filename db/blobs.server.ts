import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'

const SHA256 = /^[0-9a-f]{64}$/

/** Both ends are within. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface StoredBlob {
  readonly sha256: string
  readonly sizeBytes: number
}

/** Bytes on disk that nobody can read yet. */
export interface StagedBlob extends StoredBlob {
  /**
   * Put the bytes in their place, synced. Only in the transaction that names them and holds their lock: what has no
   * name may be removed at any time. Again changes nothing.
   * @throws AppError `conflict` when they were removed between two attempts of a transaction
   */
  publish(): Promise<void>
  /** What an engagement may hold when nobody set a limit of its own. */
  readonly quotaBytes: number
}

/**
 * Bytes on disk, named by the SHA-256 of their content, apart for each engagement: nothing that a client sends becomes
 * part of a path, and no engagement can find out what another holds.
 */
export interface Blobs {
  /** What an engagement may hold when nobody set a limit of its own. */
  readonly quotaBytes: number
  /**
   * Take a stream and let `name` publish it, in the transaction whose row names it. What was not published is gone
   * afterwards; a crash leaves nothing but a temporary file or a blob without a name, which are swept later.
   * @throws AppError `invalid` above `bytesMax`
   */
  write<T>(
    engagementId: EngagementId,
    content: AsyncIterable<Uint8Array>,
    bytesMax: number,
    name: (staged: StagedBlob) => Promise<T>,
  ): Promise<T>
  /** @throws AppError `not_found` */
  open(
    engagementId: EngagementId,
    sha256: string,
  ): Promise<{ readonly sizeBytes: number; readonly stream: (range?: ByteRange) => Readable }>
  /** The whole content, for small files. @throws AppError `not_found` */
  read(engagementId: EngagementId, sha256: string): Promise<Uint8Array>
  /** Remove a blob for good; one that is gone is gone. The caller knows that nothing refers to it. */
  remove(engagementId: EngagementId, sha256: string): Promise<void>
  /** Every blob of an engagement that lies on disk, with its size and when it was put there. */
  list(engagementId: EngagementId): AsyncIterable<StoredBlob & { readonly storedAt: Date }>
  /** Remove what was begun before a time and never published. @returns how many files */
  removeStagedBefore(before: Date): Promise<number>
  /** Where the blob lies, relative to the data folder. */
  relativePath(engagementId: EngagementId, sha256: string): string
}

/** 50 GiB. */
export const QUOTA_BYTES_DEFAULT = 50 * 1_073_741_824

/** @param options.quotaBytes what an engagement may hold when nobody set a limit of its own */
export function openBlobs(dataDir: string, options: { readonly quotaBytes?: number } = {}): Blobs {
  const quotaBytes = options.quotaBytes ?? QUOTA_BYTES_DEFAULT
  const temporaryDir = path.join(dataDir, 'tmp')
  const relativePath = (engagementId: EngagementId, sha256: string): string => {
    if (!SHA256.test(sha256)) throw new AppError('not_found', 'This file does not exist.')
    return path.join('artifacts', toId<EngagementId>(engagementId), sha256.slice(0, 2), sha256)
  }
  const placeOf = (engagementId: EngagementId, sha256: string) => path.join(dataDir, relativePath(engagementId, sha256))
  const missing = (cause: unknown) => new AppError('not_found', 'This file does not exist.', { cause })

  return {
    quotaBytes,
    relativePath,
    async write(engagementId, content, bytesMax, name) {
      await mkdir(temporaryDir, { recursive: true, mode: 0o700 })
      const temporary = path.join(temporaryDir, randomUUID())
      const file = await open(temporary, 'wx', 0o600)
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
        const sha256 = digest.digest('hex')
        const place = placeOf(engagementId, sha256)
        let isMoved = false
        const publish = async () => {
          await mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
          if (!isMoved) await rename(temporary, place)
          else if (!(await isThere(place)))
            throw new AppError('conflict', 'These bytes were removed while they came in. Send them again.')
          isMoved = true
          await syncDir(path.dirname(place))
        }
        return await name({ sha256, sizeBytes, quotaBytes, publish })
      } finally {
        await file.close().catch(() => undefined) // closed already, unless the stream failed
        await rm(temporary, { force: true })
      }
    },
    async *list(engagementId) {
      const folder = path.join(dataDir, 'artifacts', toId<EngagementId>(engagementId))
      for (const start of await namesIn(folder)) {
        for (const sha256 of await namesIn(path.join(folder, start))) {
          const about = SHA256.test(sha256) ? await stat(placeOf(engagementId, sha256)).catch(() => null) : null
          if (about) yield { sha256, sizeBytes: about.size, storedAt: about.mtime }
        }
      }
    },
    async removeStagedBefore(before) {
      let removed = 0
      for (const name of await namesIn(temporaryDir)) {
        const about = await stat(path.join(temporaryDir, name)).catch(() => null)
        if (!about?.isFile() || about.mtime >= before) continue
        await rm(path.join(temporaryDir, name), { force: true })
        removed += 1
      }
      return removed
    },
    async open(engagementId, sha256) {
      const place = placeOf(engagementId, sha256)
      const { size } = await stat(place).catch((error: unknown) => {
        throw missing(error)
      })
      return { sizeBytes: size, stream: (range) => createReadStream(place, range) }
    },
    async remove(engagementId, sha256) {
      const place = placeOf(engagementId, sha256)
      await rm(place, { force: true })
      await syncDir(path.dirname(place)).catch(() => undefined) // a folder that never was
    },
    read: (engagementId, sha256) =>
      readFile(placeOf(engagementId, sha256)).catch((error: unknown) => {
        throw missing(error)
      }),
  }
}

async function isThere(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  )
}

/** Nothing for a folder that never was. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

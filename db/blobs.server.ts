import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
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

/**
 * Bytes on disk, named by the SHA-256 of their content, apart for each engagement: nothing that a client sends becomes
 * part of a path, and no engagement can find out what another holds.
 */
export interface Blobs {
  /** Store a stream. It is there, synced, when this resolves; a crash before leaves nothing but a temporary file. @throws AppError `invalid` above `bytesMax` */
  write(engagementId: EngagementId, content: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredBlob>
  /** @throws AppError `not_found` */
  open(
    engagementId: EngagementId,
    sha256: string,
  ): Promise<{ readonly sizeBytes: number; readonly stream: (range?: ByteRange) => Readable }>
  /** The whole content, for small files. @throws AppError `not_found` */
  read(engagementId: EngagementId, sha256: string): Promise<Uint8Array>
  /** Remove a blob for good; one that is gone is gone. The caller knows that nothing refers to it. */
  remove(engagementId: EngagementId, sha256: string): Promise<void>
  /** Where the blob lies, relative to the data folder. */
  relativePath(engagementId: EngagementId, sha256: string): string
}

export function openBlobs(dataDir: string): Blobs {
  const relativePath = (engagementId: EngagementId, sha256: string): string => {
    if (!SHA256.test(sha256)) throw new AppError('not_found', 'This file does not exist.')
    return path.join('artifacts', toId<EngagementId>(engagementId), sha256.slice(0, 2), sha256)
  }
  const placeOf = (engagementId: EngagementId, sha256: string) => path.join(dataDir, relativePath(engagementId, sha256))
  const missing = (cause: unknown) => new AppError('not_found', 'This file does not exist.', { cause })

  return {
    relativePath,
    async write(engagementId, content, bytesMax) {
      const temporaryDir = path.join(dataDir, 'tmp')
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
        await mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
        await rename(temporary, place)
        await syncDir(path.dirname(place))
        return { sha256, sizeBytes }
      } catch (error) {
        await file.close().catch(() => undefined)
        await rm(temporary, { force: true })
        throw error
      }
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

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

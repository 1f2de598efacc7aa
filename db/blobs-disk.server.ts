import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { namesIn, removeStagedFiles, stageFile, syncDir } from './blob-staging.server.ts'
import type { Blobs } from './blobs.server.ts'
import { blobPlace, isDigest, missingBlob, QUOTA_BYTES_DEFAULT, removedMeanwhile } from './blobs.server.ts'

/**
 * Blobs as files below the data folder: staged under no name, synced, moved to their place.
 * @param options.quotaBytes what an engagement may hold when nobody set a limit of its own
 */
export function diskBlobs(dataDir: string, options: { readonly quotaBytes?: number } = {}): Blobs {
  const quotaBytes = options.quotaBytes ?? QUOTA_BYTES_DEFAULT
  const temporaryDir = path.join(dataDir, 'tmp')
  const placeOf = (engagementId: EngagementId, sha256: string) => path.join(dataDir, blobPlace(engagementId, sha256))
  const isMissing = (error: unknown): never => {
    throw missingBlob(error)
  }

  return {
    quotaBytes,
    write: (engagementId, content, bytesMax, name) =>
      stageFile(temporaryDir, content, bytesMax, async ({ place: temporary, sha256, sizeBytes }) => {
        const place = placeOf(engagementId, sha256)
        let isMoved = false
        const publish = async () => {
          await mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
          if (!isMoved) await rename(temporary, place)
          else if (!(await isThere(place))) throw removedMeanwhile()
          isMoved = true
          await syncDir(path.dirname(place))
        }
        return name({ sha256, sizeBytes, quotaBytes, publish })
      }),
    async *list(engagementId) {
      const folder = path.join(dataDir, 'artifacts', toId<EngagementId>(engagementId))
      for (const start of await namesIn(folder)) {
        for (const sha256 of await namesIn(path.join(folder, start))) {
          const about = isDigest(sha256) ? await stat(placeOf(engagementId, sha256)).catch(() => null) : null
          if (about) yield { sha256, sizeBytes: about.size, storedAt: about.mtime }
        }
      }
    },
    removeStagedBefore: (before) => removeStagedFiles(temporaryDir, before),
    async open(engagementId, sha256) {
      const place = placeOf(engagementId, sha256)
      const { size } = await stat(place).catch(isMissing)
      return { sizeBytes: size, stream: (range) => createReadStream(place, range) }
    },
    async remove(engagementId, sha256) {
      const place = placeOf(engagementId, sha256)
      await rm(place, { force: true })
      await syncDir(path.dirname(place)).catch(() => undefined) // a folder that never was
    },
    read: (engagementId, sha256) => readFile(placeOf(engagementId, sha256)).catch(isMissing),
    async pathOnDisk(engagementId, sha256) {
      await stat(placeOf(engagementId, sha256)).catch(isMissing)
      return blobPlace(engagementId, sha256)
    },
  }
}

async function isThere(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    () => false,
  )
}

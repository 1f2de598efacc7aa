import path from 'node:path'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { blobCache } from './blob-cache.server.ts'
import { removeStagedFiles, stageFile } from './blob-staging.server.ts'
import type { Blobs, ByteRange } from './blobs.server.ts'
import { blobPlace, isDigest, missingBlob, QUOTA_BYTES_DEFAULT } from './blobs.server.ts'
import type { Bucket } from './s3-bucket.server.ts'
import { bucketClient } from './s3-client.server.ts'
import { sendFile } from './s3-upload.server.ts'

/** A store that sends nothing for so long sends nothing more. */
const IDLE_MS = 60_000
const CACHE = 'cache'

/**
 * Blobs as objects of a bucket, under the keys that they would have as files. What comes in is staged on the local disk,
 * because an object must have its key, the digest, before its first byte is sent; its parts are sent before the
 * transaction and become an object within it (DECISIONS 0066).
 * @param options.quotaBytes what an engagement may hold when nobody set a limit of its own
 */
export function s3Blobs(dataDir: string, bucket: Bucket, options: { readonly quotaBytes?: number } = {}): Blobs {
  const client = bucketClient(bucket)
  const quotaBytes = options.quotaBytes ?? QUOTA_BYTES_DEFAULT
  const temporaryDir = path.join(dataDir, 'tmp')
  const cache = blobCache(path.join(dataDir, CACHE), { temporaryDir, bytesMax: bucket.cacheBytes })
  const targetOf = (engagementId: EngagementId, sha256: string) => ({
    Bucket: bucket.name,
    Key: bucket.prefix + blobPlace(engagementId, sha256),
  })

  return {
    quotaBytes,
    write: (engagementId, content, bytesMax, name) =>
      stageFile(temporaryDir, content, bytesMax, async (file) => {
        const { sha256, sizeBytes } = file
        const pending = await sendFile(client, targetOf(engagementId, sha256), file)
        try {
          return await name({ sha256, sizeBytes, quotaBytes, publish: () => pending.publish() })
        } finally {
          await pending.discard()
        }
      }),
    async open(engagementId, sha256) {
      const target = targetOf(engagementId, sha256)
      const { ContentLength = 0 } = await client.send(new HeadObjectCommand(target)).catch(orMissing)
      return {
        sizeBytes: ContentLength,
        stream: (range) => Readable.from(bytesOf(client, target, range), { objectMode: false }),
      }
    },
    async read(engagementId, sha256) {
      const pieces: Uint8Array[] = []
      for await (const piece of bytesOf(client, targetOf(engagementId, sha256))) pieces.push(piece)
      return Buffer.concat(pieces)
    },
    async remove(engagementId, sha256) {
      await client.send(new DeleteObjectCommand(targetOf(engagementId, sha256)))
      await cache.drop(blobPlace(engagementId, sha256))
    },
    async *list(engagementId) {
      const Prefix = `${bucket.prefix}artifacts/${toId<EngagementId>(engagementId)}/`
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket.name, Prefix })) {
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
          const sha256 = Key.slice(-64)
          const isOurs = isDigest(sha256) && Key === targetOf(engagementId, sha256).Key
          if (isOurs && LastModified) yield { sha256, sizeBytes: Size, storedAt: LastModified }
        }
      }
    },
    async removeStagedBefore(before) {
      await cache.trim()
      return (await removeStagedFiles(temporaryDir, before)) + (await endUploads(client, bucket, before))
    },
    async pathOnDisk(engagementId, sha256) {
      const place = blobPlace(engagementId, sha256)
      await cache.keep(place, sha256, () => bytesOf(client, targetOf(engagementId, sha256)))
      return path.join(CACHE, place)
    },
  }
}

/** @throws AppError `not_found` */
async function* bytesOf(
  client: S3Client,
  target: { readonly Bucket: string; readonly Key: string },
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  const Range = range && `bytes=${String(range.start)}-${String(range.end)}`
  const { Body } = await client.send(new GetObjectCommand({ ...target, Range })).catch(orMissing)
  if (!(Body instanceof Readable)) return // what a browser would be given
  const pieces = Body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> // a stream without an encoding
  try {
    for (;;) {
      const patience = setTimeout(() => Body.destroy(new Error('The store stopped sending.')), IDLE_MS)
      const next = await pieces.next().finally(() => clearTimeout(patience))
      if (next.done === true) return
      yield next.value
    }
  } finally {
    Body.destroy()
  }
}

/**
 * End uploads that a crash left without an object. A server that lists uploads of one key only, as MinIO does, forgets
 * old ones by itself. @returns how many
 */
async function endUploads(client: S3Client, bucket: Bucket, before: Date): Promise<number> {
  let ended = 0
  let after: { KeyMarker: string | undefined; UploadIdMarker: string | undefined } | null = null
  const about = { Bucket: bucket.name, Prefix: `${bucket.prefix}artifacts/` }
  do {
    const page = await listUploads(client, { ...about, ...after })
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || Initiated >= before) continue
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId }))
      ended += 1
    }
    after =
      page.IsTruncated === true ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null
  } while (after !== null)
  return ended
}

function listUploads(client: S3Client, about: ConstructorParameters<typeof ListMultipartUploadsCommand>[0]) {
  return client.send(new ListMultipartUploadsCommand(about))
}

function orMissing(error: unknown): never {
  if (error instanceof Error && ['NotFound', 'NoSuchKey'].includes(error.name)) throw missingBlob(error)
  throw error
}

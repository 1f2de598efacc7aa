import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, readFile } from 'node:fs/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { StagedFile } from './blob-staging.server.ts'
import { removedMeanwhile } from './blobs.server.ts'

/** At least 5 MiB by S3's rules. */
const PART_BYTES = 8 * 1_048_576
const PARTS_MAX = 10_000
/** Of one upload: what it holds in memory is this many parts. */
const PARTS_AT_ONCE = 2
/** Less than a transaction may stand still. */
const PUBLISH_MS = 20_000

interface Target {
  readonly Bucket: string
  readonly Key: string
}

/** Bytes in a bucket that nobody can read yet. */
export interface PendingObject {
  /** Make the object, whole, in one short request. Again changes nothing. */
  publish(): Promise<void>
  /** What was not published goes; safe after publishing. */
  discard(): Promise<void>
}

/**
 * Bring a staged file to a bucket, so that publishing it is one short request: a large file's parts are sent now, and
 * joined by publishing; a small one is sent by publishing itself.
 */
export async function sendFile(client: S3Client, target: Target, file: StagedFile): Promise<PendingObject> {
  return file.sizeBytes <= PART_BYTES ? smallObject(client, target, file) : partedObject(client, target, file)
}

function smallObject(client: S3Client, target: Target, file: StagedFile): PendingObject {
  return {
    async publish() {
      const content = await readFile(file.place)
      const command = new PutObjectCommand({ ...target, Body: content, ContentMD5: md5(content) })
      await client.send(command, { abortSignal: AbortSignal.timeout(PUBLISH_MS) })
    },
    discard: () => Promise.resolve(),
  }
}

async function partedObject(client: S3Client, target: Target, file: StagedFile): Promise<PendingObject> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target))
  const upload = { ...target, UploadId }
  let state: 'pending' | 'published' | 'gone' = 'pending'
  const discard = async () => {
    if (state !== 'pending') return
    state = 'gone'
    // One that cannot be told now is swept later.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
  }
  try {
    const parts = await sendParts(client, upload, file)
    return {
      discard,
      async publish() {
        const abortSignal = AbortSignal.timeout(PUBLISH_MS)
        if (state === 'published') return ensureThere(client, target, file.sizeBytes)
        try {
          const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } })
          await client.send(command, { abortSignal })
        } catch (error) {
          // Said of an upload that was completed by a request whose answer was lost.
          if (!(error instanceof Error) || error.name !== 'NoSuchUpload') throw error
          await ensureThere(client, target, file.sizeBytes)
        }
        state = 'published'
      },
    }
  } catch (error) {
    await discard()
    throw error
  }
}

async function sendParts(
  client: S3Client,
  upload: Target & { readonly UploadId: string | undefined },
  file: StagedFile,
) {
  const partBytes = Math.max(PART_BYTES, Math.ceil(file.sizeBytes / PARTS_MAX))
  const count = Math.ceil(file.sizeBytes / partBytes)
  const parts: { PartNumber: number; ETag: string | undefined }[] = []
  const handle = await open(file.place, 'r')
  let next = 0
  const sendSome = async () => {
    while (next < count) {
      const at = next
      next += 1
      const content = await bytesAt(handle, at * partBytes, Math.min(partBytes, file.sizeBytes - at * partBytes))
      const part = { ...upload, PartNumber: at + 1, Body: content, ContentMD5: md5(content) }
      const { ETag } = await client.send(new UploadPartCommand(part))
      parts[at] = { PartNumber: at + 1, ETag }
    }
  }
  const stop = (error: unknown) => {
    next = count
    throw error
  }
  try {
    const senders = Array.from({ length: PARTS_AT_ONCE }, () => sendSome().catch(stop))
    await Promise.allSettled(senders) // nobody reads the file once it is closed
    await Promise.all(senders)
    return parts
  } finally {
    await handle.close()
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const content = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(content, filled, length - filled, position + filled)
    if (bytesRead === 0) throw new Error('A staged file became shorter.')
    filled += bytesRead
  }
  return content
}

/** @throws AppError `conflict` when somebody removed it */
async function ensureThere(client: S3Client, target: Target, sizeBytes: number): Promise<void> {
  const found = await client.send(new HeadObjectCommand(target)).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'NotFound') return null
    throw error
  })
  if (found?.ContentLength !== sizeBytes) throw removedMeanwhile()
}

function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('base64')
}

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

/** Bytes that came in whole and that nobody can read yet. */
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
 * Bytes on disk or in a bucket, named by the SHA-256 of their content, apart for each engagement: nothing that a client
 * sends becomes part of a path, and no engagement can find out what another holds.
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
  /** Every blob of an engagement that is stored, with its size and when it was put there. */
  list(engagementId: EngagementId): AsyncIterable<StoredBlob & { readonly storedAt: Date }>
  /** Remove what was begun before a time and never published. @returns how many files and uploads */
  removeStagedBefore(before: Date): Promise<number>
  /**
   * A file with the bytes, relative to the data folder, for a process that reads files and not this interface. From a
   * bucket they are brought there first, and stay for some minutes at least.
   * @throws AppError `not_found`
   */
  pathOnDisk(engagementId: EngagementId, sha256: string): Promise<string>
}

/** 50 GiB. */
export const QUOTA_BYTES_DEFAULT = 50 * 1_073_741_824

/**
 * Where a blob lies below the root of its store, the same on disk and in a bucket, so that one is copied to the other.
 * @throws AppError `not_found` for what is no digest
 */
export function blobPlace(engagementId: EngagementId, sha256: string): string {
  if (!isDigest(sha256)) throw missingBlob()
  return path.posix.join('artifacts', toId<EngagementId>(engagementId), sha256.slice(0, 2), sha256)
}

export function isDigest(name: string): boolean {
  return SHA256.test(name)
}

export function missingBlob(cause?: unknown): AppError {
  return new AppError('not_found', 'This file does not exist.', { cause })
}

export function removedMeanwhile(): AppError {
  return new AppError('conflict', 'These bytes were removed while they came in. Send them again.')
}

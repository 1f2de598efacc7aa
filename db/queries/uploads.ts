import { and, eq, isNull, sql } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { uploadParts, uploads } from '../schema/uploads.ts'
import type { Tx } from '../types.ts'

export interface UploadRow {
  readonly place: string
  readonly secretHash: string
  readonly tokenHash: string
  readonly parts: number
  readonly createdAt: Date
}

export async function insertUpload(
  tx: Tx,
  row: Omit<UploadRow, 'createdAt'> & { readonly id: string; readonly engagementId: EngagementId; readonly at: Date },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(uploads).values({ ...values, createdAt: at })
}

/** An upload that goes on. */
export async function findUpload(tx: Tx, engagementId: EngagementId, id: string): Promise<UploadRow | null> {
  const [row] = await tx
    .select({
      place: uploads.place,
      secretHash: uploads.secretHash,
      tokenHash: uploads.tokenHash,
      parts: uploads.parts,
      createdAt: uploads.createdAt,
    })
    .from(uploads)
    .where(and(eq(uploads.engagementId, engagementId), eq(uploads.id, id), isNull(uploads.endedAt)))
  return row ?? null
}

export async function saveUploadPart(
  tx: Tx,
  row: {
    readonly engagementId: EngagementId
    readonly uploadId: string
    readonly part: number
    readonly sha256: string
    readonly sizeBytes: number
  },
): Promise<void> {
  await tx
    .insert(uploadParts)
    .values(row)
    .onConflictDoUpdate({
      target: [uploadParts.uploadId, uploadParts.part],
      set: { sha256: sql`excluded.sha256`, sizeBytes: sql`excluded.size_bytes` },
    })
}

export async function listUploadParts(tx: Tx, uploadId: string): Promise<{ part: number; sha256: string }[]> {
  return tx
    .select({ part: uploadParts.part, sha256: uploadParts.sha256 })
    .from(uploadParts)
    .where(eq(uploadParts.uploadId, uploadId))
    .orderBy(uploadParts.part)
    .limit(10_000)
}

/** No more parts come. */
export async function saveUploadEnd(tx: Tx, id: string, at: Date): Promise<void> {
  await tx
    .update(uploads)
    .set({ endedAt: at })
    .where(and(eq(uploads.id, id), isNull(uploads.endedAt)))
}

/** The engagement of an upload, also of one that ended; null when it is gone. */
export async function findUploadEngagement(tx: Tx, id: string): Promise<EngagementId | null> {
  const [row] = await tx.select({ engagementId: uploads.engagementId }).from(uploads).where(eq(uploads.id, id))
  return row ? toId<EngagementId>(row.engagementId) : null
}

/** The upload and its parts; the caller removes the bytes that nothing else names. */
export async function removeUpload(tx: Tx, id: string): Promise<void> {
  await tx.delete(uploads).where(eq(uploads.id, id))
}

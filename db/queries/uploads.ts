import { and, eq, sql } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import { uploadParts, uploads } from '../schema/uploads.ts'
import type { Tx } from '../types.ts'

export interface UploadRow {
  readonly place: string
  readonly secretHash: string
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

export async function findUpload(tx: Tx, engagementId: EngagementId, id: string): Promise<UploadRow | null> {
  const [row] = await tx
    .select({
      place: uploads.place,
      secretHash: uploads.secretHash,
      parts: uploads.parts,
      createdAt: uploads.createdAt,
    })
    .from(uploads)
    .where(and(eq(uploads.engagementId, engagementId), eq(uploads.id, id)))
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

/** The upload and its parts; the bytes go when nothing refers to them. */
export async function removeUpload(tx: Tx, id: string): Promise<void> {
  await tx.delete(uploads).where(eq(uploads.id, id))
}

import { and, asc, eq, lt, sql } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { BATCH_KEPT_DAYS } from '#app/domain/prediction-batch.ts'
import { datasetVersions } from '../schema/datasets.ts'
import { engagements } from '../schema/engagements.ts'
import { storageQuotas, storedBlobs } from '../schema/storage.ts'
import { uploads } from '../schema/uploads.ts'
import type { Tx } from '../types.ts'

export interface StorageRow {
  readonly usedBytes: number
  /** Null: the portal's own limit holds. */
  readonly limitBytes: number | null
}

const lockKey = (engagementId: EngagementId, start: string) =>
  sql`hashtextextended(${`blobs:${engagementId}:${start}`}, 0)`

/**
 * Hold blobs until the transaction ends. Whoever names one shares it; whoever removes one has it alone, and so finds
 * every row that names it. Blobs whose digests begin alike are held together, so that a model of many files takes at
 * most 256 locks; they are taken in order, so that nobody waits in a circle.
 */
export async function lockBlobs(
  tx: Tx,
  engagementId: EngagementId,
  digests: readonly string[],
  use: 'name' | 'remove',
): Promise<void> {
  const starts = [...new Set(digests.map((sha256) => sha256.slice(0, 2)))].sort()
  for (const start of starts) {
    const key = lockKey(engagementId, start)
    await tx.execute(
      use === 'remove' ? sql`select pg_advisory_xact_lock(${key})` : sql`select pg_advisory_xact_lock_shared(${key})`,
    )
  }
}

/**
 * Those of some blobs that something of the engagement names: data that may be used or is only restricted, files of runs,
 * models, versions, deliverables and environments, files of rows and their answers while they are kept and not
 * erased as data, parts of uploads.
 */
export async function listHeld(tx: Tx, engagementId: EngagementId, digests: readonly string[]): Promise<Set<string>> {
  const among = sql`= any(${sql.param([...digests])}::text[])`
  const rows = await tx.execute<{ sha256: string }>(sql`
    select sha256 from dataset_versions where engagement_id = ${engagementId} and sha256 ${among} and state <> 'erased'
    union select sha256 from artifacts where engagement_id = ${engagementId} and sha256 ${among}
    union select sha256 from logged_model_files where engagement_id = ${engagementId} and sha256 ${among}
    union select sha256 from deliverable_versions where engagement_id = ${engagementId} and sha256 ${among}
    union select sha256 from environment_packages where engagement_id = ${engagementId} and sha256 ${among}
    union select b.sha256 from prediction_batches p cross join lateral (values (p.input_sha256), (p.output_sha256)) b(sha256)
      where p.engagement_id = ${engagementId} and (p.input_sha256 ${among} or p.output_sha256 ${among}) and b.sha256 ${among}
        and (p.ended_at is null or p.ended_at > now() - make_interval(days => ${BATCH_KEPT_DAYS}))
        and not exists (select 1 from dataset_versions d where d.engagement_id = p.engagement_id
          and d.digest = left(p.input_sha256, 32) and d.state = 'erased')
    union select sha256 from upload_parts where engagement_id = ${engagementId} and sha256 ${among}
    union select f.value from model_versions v cross join jsonb_each_text(v.files) f
      where v.engagement_id = ${engagementId} and f.value ${among}`)
  return new Set([...rows].map(({ sha256 }) => sha256))
}

/** As lockBlobs to name one blob, in one round trip with what must be known before it is published. */
export async function lockBlobToKeep(
  tx: Tx,
  engagementId: EngagementId,
  sha256: string,
): Promise<StorageRow & { readonly isNoted: boolean }> {
  const [row] = await tx.execute<{ used: string | null; limit: string | null; noted: boolean }>(sql`
    select pg_advisory_xact_lock_shared(${lockKey(engagementId, sha256.slice(0, 2))}), q.used_bytes as used, q.limit_bytes as limit,
      exists (select 1 from stored_blobs b where b.engagement_id = ${engagementId} and b.sha256 = ${sha256}) as noted
    from (select 1) one left join storage_quotas q on q.engagement_id = ${engagementId}`)
  return {
    usedBytes: Number(row?.used ?? 0),
    limitBytes: row?.limit === null || row?.limit === undefined ? null : Number(row.limit),
    isNoted: row?.noted ?? false,
  }
}

/**
 * Note that a blob lies on disk, and count it when it was not noted before. The blob must be locked; the count is held
 * until the transaction ends.
 * @returns the count with it, or null when it was counted before
 */
export async function saveStoredBlob(
  tx: Tx,
  row: { readonly engagementId: EngagementId; readonly sha256: string; readonly sizeBytes: number; readonly at: Date },
): Promise<StorageRow | null> {
  const [counted] = await tx.execute<{ used: string; limit: string | null }>(sql`
    with noted as (
      insert into stored_blobs as b (engagement_id, sha256, size_bytes, stored_at)
        values (${row.engagementId}, ${row.sha256}, ${row.sizeBytes}, ${row.at.toISOString()}::timestamptz)
        on conflict (engagement_id, sha256) do update set stored_at = greatest(b.stored_at, excluded.stored_at)
        returning engagement_id, size_bytes, xmax = 0 as is_new)
    insert into storage_quotas as q (engagement_id, used_bytes) select engagement_id, size_bytes from noted where is_new
      on conflict (engagement_id) do update set used_bytes = q.used_bytes + excluded.used_bytes
      returning used_bytes as used, limit_bytes as limit`)
  if (!counted) return null
  return { usedBytes: Number(counted.used), limitBytes: counted.limit === null ? null : Number(counted.limit) }
}

/** A blob that is gone is not noted, nor counted. @returns its size in bytes; 0 when it was not noted */
export async function forgetStoredBlob(tx: Tx, engagementId: EngagementId, sha256: string): Promise<number> {
  const [row] = await tx
    .delete(storedBlobs)
    .where(and(eq(storedBlobs.engagementId, engagementId), eq(storedBlobs.sha256, sha256)))
    .returning({ sizeBytes: storedBlobs.sizeBytes })
  if (!row) return 0
  await tx
    .update(storageQuotas)
    .set({ usedBytes: sql`greatest(0, ${storageQuotas.usedBytes} - ${row.sizeBytes})` })
    .where(eq(storageQuotas.engagementId, engagementId))
  return row.sizeBytes
}

/** Erased data says where its bytes are until they are gone. */
export async function forgetErasedBytes(tx: Tx, engagementId: EngagementId, sha256: string): Promise<void> {
  await tx
    .update(datasetVersions)
    .set({ sha256: null })
    .where(
      and(
        eq(datasetVersions.engagementId, engagementId),
        eq(datasetVersions.sha256, sha256),
        eq(datasetVersions.state, 'erased'),
      ),
    )
}

export async function findStorage(tx: Tx, engagementId: EngagementId): Promise<StorageRow> {
  const [row] = await tx
    .select({ usedBytes: storageQuotas.usedBytes, limitBytes: storageQuotas.limitBytes })
    .from(storageQuotas)
    .where(eq(storageQuotas.engagementId, engagementId))
  return row ?? { usedBytes: 0, limitBytes: null }
}

export async function saveStorageLimit(tx: Tx, engagementId: EngagementId, limitBytes: number | null): Promise<void> {
  await tx
    .insert(storageQuotas)
    .values({ engagementId, limitBytes })
    .onConflictDoUpdate({ target: storageQuotas.engagementId, set: { limitBytes } })
}

/** Engagements after one, by id: for going through all of them. */
export async function listEngagementIds(tx: Tx, after: EngagementId | null, limit: number): Promise<EngagementId[]> {
  const rows = await tx
    .select({ id: engagements.id })
    .from(engagements)
    .where(after === null ? undefined : sql`${engagements.id} > ${after}`)
    .orderBy(asc(engagements.id))
    .limit(limit)
  return rows.map(({ id }) => toId<EngagementId>(id))
}

/** Noted blobs after one, by digest, that came in before a time. */
export async function listStoredBefore(
  tx: Tx,
  engagementId: EngagementId,
  page: { readonly before: Date; readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await tx
    .select({ sha256: storedBlobs.sha256 })
    .from(storedBlobs)
    .where(
      and(
        eq(storedBlobs.engagementId, engagementId),
        lt(storedBlobs.storedAt, page.before),
        sql`${storedBlobs.sha256} > ${page.after}`,
      ),
    )
    .orderBy(asc(storedBlobs.sha256))
    .limit(page.limit)
  return rows.map(({ sha256 }) => sha256)
}

/** Those of some blobs that are noted. */
export async function listNoted(tx: Tx, engagementId: EngagementId, digests: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .select({ sha256: storedBlobs.sha256 })
    .from(storedBlobs)
    .where(
      and(
        eq(storedBlobs.engagementId, engagementId),
        sql`${storedBlobs.sha256} = any(${sql.param([...digests])}::text[])`,
      ),
    )
  return new Set(rows.map(({ sha256 }) => sha256))
}

/** Uploads that were begun before a time, oldest first. */
export async function listUploadsBefore(
  tx: Tx,
  before: Date,
  limit: number,
): Promise<{ id: string; engagementId: EngagementId }[]> {
  const rows = await tx
    .select({ id: uploads.id, engagementId: uploads.engagementId })
    .from(uploads)
    .where(lt(uploads.createdAt, before))
    .orderBy(asc(uploads.createdAt))
    .limit(limit)
  return rows.map((row) => ({ id: row.id, engagementId: toId<EngagementId>(row.engagementId) }))
}

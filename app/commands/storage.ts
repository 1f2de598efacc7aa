import type { PersonActor } from '#app/domain/actor.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { Storage } from '#app/domain/storage.ts'
import { limitRefusal, quotaRefusal, sizeWords } from '#app/domain/storage.ts'
import type { Blobs, StagedBlob, StoredBlob } from '#db/blobs.server.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { StorageRow } from '#db/queries/storage.ts'
import {
  findStorage,
  forgetErasedBytes,
  forgetStoredBlob,
  listEngagementIds,
  listHeld,
  listNoted,
  listStoredBefore,
  listUploadsBefore,
  lockBlobs,
  lockBlobToKeep,
  saveStorageLimit,
  saveStoredBlob,
} from '#db/queries/storage.ts'
import { findUploadEngagement, listUploadParts, removeUpload } from '#db/queries/uploads.ts'
import type { Database, Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** What nothing names is kept for so long, so that nobody loses what is about to be named. */
const GRACE_MS = 24 * 3_600_000
/** An upload takes no part after a day; a day later nobody reads its parts any more. */
const UPLOAD_MS = 2 * GRACE_MS
const PAGE = 500

/** The store of a process, and the database that knows what is in it. */
interface Store {
  readonly database: Database
  readonly blobs: Blobs
}

/** What an engagement's files take and may take. */
export async function getStorage(tx: Tx, engagementId: EngagementId, blobs: Blobs): Promise<Storage> {
  const { usedBytes, limitBytes } = await findStorage(tx, engagementId)
  return { usedBytes, limitBytes: limitBytes ?? blobs.quotaBytes }
}

/**
 * Fail before bytes are taken that would not be kept.
 * @param input.sizeBytes what the sender says it will be; 0 when nobody says
 * @throws AppError `refused`
 */
export async function ensureRoom(
  tx: Tx,
  input: { readonly engagementId: EngagementId; readonly blobs: Blobs; readonly sizeBytes?: number },
): Promise<void> {
  ensure(quotaRefusal(await getStorage(tx, input.engagementId, input.blobs), input.sizeBytes ?? 0))
}

/**
 * Publish a blob in the transaction whose row names it. Nobody removes it until that transaction has ended, and then the
 * row is there to be found. One that turns out not to fit beside others that came at once is swept like any without a name.
 * @throws AppError `refused` when the engagement may not hold so much
 */
export async function keepBlob(
  tx: Tx,
  { engagementId, blob, at }: { readonly engagementId: EngagementId; readonly blob: StagedBlob; readonly at: Date },
): Promise<void> {
  const { sha256, sizeBytes } = blob
  const ensureFits = ({ usedBytes, limitBytes }: StorageRow) =>
    ensure(quotaRefusal({ usedBytes, limitBytes: limitBytes ?? blob.quotaBytes }, sizeBytes))
  const { isNoted, ...before } = await lockBlobToKeep(tx, engagementId, sha256)
  if (!isNoted && sizeBytes > 0) ensureFits(before)
  await blob.publish()
  // Counted last, because the count is held until the end: uploads of an engagement write their files beside each other.
  const counted = await saveStoredBlob(tx, { engagementId, sha256, sizeBytes, at })
  if (counted && sizeBytes > 0) ensureFits({ ...counted, usedBytes: counted.usedBytes - sizeBytes })
}

/**
 * Hold blobs that something names, while another thing is made to name them too.
 * @throws AppError `conflict` when one is named by nothing any more
 */
export async function holdNamedBlobs(tx: Tx, engagementId: EngagementId, digests: readonly string[]): Promise<void> {
  await lockBlobs(tx, engagementId, digests, 'name')
  const held = await listHeld(tx, engagementId, digests)
  if (!digests.every((sha256) => held.has(sha256)))
    throw new AppError('conflict', 'A file was deleted meanwhile. Look at what is there, and try again.')
}

/** Set what an engagement may hold; null for what the portal is configured with. */
export async function limitStorage(
  ctx: CommandContext<PersonActor>,
  input: { readonly engagementId: EngagementId; readonly limitBytes: number | null },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(limitRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    const { limitBytes } = await findStorage(tx, engagement.id)
    if (limitBytes === input.limitBytes) return
    await saveStorageLimit(tx, engagement.id, input.limitBytes)
    const to = input.limitBytes === null ? 'what the portal is configured with' : sizeWords(input.limitBytes)
    await recordEvent(tx, ctx.actor, {
      kind: 'storage.limited',
      engagementId: engagement.id,
      subjectId: engagement.id,
      summary: `${ctx.actor.name} set how much the engagement’s files may take to ${to}.`,
      at: ctx.now,
    })
  })
}

/** Erased data's bytes go, unless something else holds them; then its row says so. Safe to repeat. */
export async function forgetErased(
  store: Store,
  of: { readonly engagementId: EngagementId; readonly sha256: string },
): Promise<void> {
  await store.database.as({}, async (tx) => {
    await removeUnheld(tx, store.blobs, of)
    await forgetErasedBytes(tx, of.engagementId, of.sha256)
  })
}

/** An upload that ended: its parts go, and their bytes unless something else holds them. Safe to repeat. */
export async function clearUpload(store: Store, uploadId: string): Promise<void> {
  const found = await store.database.as({}, async (tx) => {
    const engagementId = await findUploadEngagement(tx, uploadId)
    if (engagementId === null) return null
    const parts = await listUploadParts(tx, uploadId)
    await removeUpload(tx, uploadId)
    return { engagementId, digests: [...new Set(parts.map((part) => part.sha256))] }
  })
  if (found === null) return
  for (const sha256 of found.digests)
    await store.database.as({}, (tx) => removeUnheld(tx, store.blobs, { ...found, sha256 }))
}

/** What a sweep did, for the log. */
export interface Swept {
  readonly uploads: number
  readonly staged: number
  readonly blobs: number
  readonly bytes: number
  /** Blobs that something names and that were not counted yet. */
  readonly adopted: number
}

/**
 * Remove what nothing names and what is older than a day: files that were begun and never published, uploads that were
 * never completed, blobs. A blob is looked at again under its lock, so that one which is being named stays. Whoever is
 * killed in between leaves a blob without a name, which the next sweep removes, and never a name without its blob.
 */
export async function sweepStorage(store: Store, now: Date): Promise<Swept> {
  const before = new Date(now.getTime() - GRACE_MS)
  const staged = await store.blobs.removeStagedBefore(before)
  const uploads = await sweepUploads(store, new Date(now.getTime() - UPLOAD_MS))
  const sum = { blobs: 0, bytes: 0, adopted: 0 }
  for (let after: EngagementId | null = null; ;) {
    const from: EngagementId | null = after
    const ids: readonly EngagementId[] = await store.database.as({}, (tx) => listEngagementIds(tx, from, PAGE))
    for (const engagementId of ids) {
      const swept = await sweepEngagement(store, { engagementId, before, now })
      sum.blobs += swept.blobs
      sum.bytes += swept.bytes
      sum.adopted += swept.adopted
    }
    after = ids.at(-1) ?? null
    if (ids.length < PAGE) break
  }
  return { uploads, staged, ...sum }
}

async function sweepUploads(store: Store, before: Date): Promise<number> {
  let count = 0
  for (;;) {
    const old = await store.database.as({}, (tx) => listUploadsBefore(tx, before, PAGE))
    for (const { id } of old) await clearUpload(store, id)
    count += old.length
    if (old.length < PAGE) return count
  }
}

async function sweepEngagement(
  store: Store,
  { engagementId, before, now }: { engagementId: EngagementId; before: Date; now: Date },
) {
  const sum = { blobs: 0, bytes: 0, adopted: 0 }
  const remove = async (sha256: string, sizeBytes?: number) => {
    const removed = await store.database.as({}, (tx) =>
      removeUnheld(tx, store.blobs, { engagementId, sha256, ...(sizeBytes === undefined ? {} : { sizeBytes }) }),
    )
    if (removed !== null) [sum.blobs, sum.bytes] = [sum.blobs + 1, sum.bytes + removed]
  }
  for (let after = ''; ;) {
    const [digests, held] = await store.database.as({}, async (tx) => {
      const page = await listStoredBefore(tx, engagementId, { before, after, limit: PAGE })
      return [page, await listHeld(tx, engagementId, page)] as const
    })
    for (const sha256 of digests) if (!held.has(sha256)) await remove(sha256)
    after = digests.at(-1) ?? ''
    if (digests.length < PAGE) break
  }
  // What lies on disk and is not noted: left by a crash, or stored before blobs were noted.
  for await (const page of pagesOf(store.blobs.list(engagementId))) {
    const noted = await store.database.as({}, (tx) =>
      listNoted(
        tx,
        engagementId,
        page.map(({ sha256 }) => sha256),
      ),
    )
    for (const blob of page) {
      if (noted.has(blob.sha256)) continue
      if (await adopt(store, { ...blob, engagementId, at: now })) sum.adopted += 1
      else if (blob.storedAt < before) await remove(blob.sha256, blob.sizeBytes)
    }
  }
  return sum
}

/** Note and count a blob that something names. @returns false when nothing names it */
async function adopt(
  store: Store,
  blob: StoredBlob & { readonly engagementId: EngagementId; readonly at: Date },
): Promise<boolean> {
  return store.database.as({}, async (tx) => {
    const { engagementId, sha256, sizeBytes, at } = blob
    await lockBlobs(tx, engagementId, [sha256], 'name')
    if (!(await listHeld(tx, engagementId, [sha256])).has(sha256)) return false
    return (await saveStoredBlob(tx, { engagementId, sha256, sizeBytes, at })) !== null
  })
}

/** Remove a blob, unless something names it. @returns its size in bytes, or null when it stays */
async function removeUnheld(
  tx: Tx,
  blobs: Blobs,
  of: { readonly engagementId: EngagementId; readonly sha256: string; readonly sizeBytes?: number },
): Promise<number | null> {
  await lockBlobs(tx, of.engagementId, [of.sha256], 'remove')
  const held = await listHeld(tx, of.engagementId, [of.sha256])
  if (held.has(of.sha256)) return null
  await blobs.remove(of.engagementId, of.sha256)
  const sizeBytes = await forgetStoredBlob(tx, of.engagementId, of.sha256)
  return of.sizeBytes ?? sizeBytes
}

async function* pagesOf<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let page: T[] = []
  for await (const item of items) {
    page.push(item)
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

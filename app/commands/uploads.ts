import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { isId } from '#app/domain/ids.ts'
import type { StoredBlob } from '#db/blobs.server.ts'
import { newSecret, sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { findUpload, insertUpload, listUploadParts, removeUpload, saveUploadPart } from '#db/queries/uploads.ts'
import type { Database } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { trackedEngagement } from './experiments.ts'

const missing = () => new AppError('not_found', 'There is no such upload.')
const HOURS_MAX = 24

function isTooOld(upload: { readonly createdAt: Date }, now: Date): boolean {
  return now.getTime() - upload.createdAt.getTime() > HOURS_MAX * 3_600_000
}

/** Begin a file in parts. The secret is returned this once: who has it may send parts, and nothing else. */
export async function beginUpload(
  ctx: CommandContext,
  input: { readonly place: string; readonly parts: number },
): Promise<{ readonly uploadId: string; readonly secret: string }> {
  const [uploadId, secret] = [newId<EngagementId>(), newSecret()] // any id: uploads have no brand of their own
  await transact(ctx, (tx) =>
    insertUpload(tx, {
      id: uploadId,
      engagementId: trackedEngagement(ctx.actor),
      place: input.place,
      secretHash: sha256(secret),
      parts: input.parts,
      at: ctx.now,
    }),
  )
  return { uploadId, secret }
}

export interface WantedPart {
  readonly engagementId: EngagementId
  readonly uploadId: string
  readonly part: number
  readonly secret: string
}

/** @throws AppError `not_found` when no such part is waited for (any more), or the secret is wrong */
export async function ensurePartWanted(database: Database, wanted: WantedPart, now: Date): Promise<void> {
  if (!isId(wanted.uploadId)) throw missing()
  const upload = await database.as({ engagementId: wanted.engagementId, door: 'job' }, (tx) =>
    findUpload(tx, wanted.engagementId, wanted.uploadId),
  )
  const isRight = upload?.secretHash === sha256(wanted.secret) && wanted.part >= 1 && wanted.part <= upload.parts
  if (!isRight || isTooOld(upload, now)) throw missing()
}

/** Note a part that is stored; the same part again replaces it. */
export async function addPart(database: Database, wanted: WantedPart, stored: StoredBlob): Promise<void> {
  await database.as({ engagementId: wanted.engagementId, door: 'job' }, async (tx) => {
    const upload = await findUpload(tx, wanted.engagementId, wanted.uploadId)
    if (!upload) throw missing()
    await saveUploadPart(tx, {
      engagementId: wanted.engagementId,
      uploadId: wanted.uploadId,
      part: wanted.part,
      ...stored,
    })
  })
}

export interface PartOrder {
  readonly part: number
  readonly etag: string
}

interface AboutUpload {
  readonly uploadId: string
  readonly place: string
}

/**
 * The digests of the parts in the order of their numbers.
 * @throws AppError `invalid` when one is missing, twice, or not what was sent
 */
export async function listParts(
  ctx: CommandContext,
  about: AboutUpload,
  order: readonly PartOrder[],
): Promise<string[]> {
  return transact(ctx, async (tx) => {
    const upload = isId(about.uploadId) ? await findUpload(tx, trackedEngagement(ctx.actor), about.uploadId) : null
    if (upload?.place !== about.place) throw missing()
    if (isTooOld(upload, ctx.now)) throw new AppError('invalid', 'This upload is too old. Begin again.')
    const stored = new Map((await listUploadParts(tx, about.uploadId)).map((part) => [part.part, part.sha256]))
    const numbers = new Set(order.map(({ part }) => part))
    if (numbers.size !== upload.parts || order.length !== upload.parts)
      throw new AppError('invalid', `This upload has ${String(upload.parts)} parts; name each once.`)
    return [...order]
      .sort((a, b) => a.part - b.part)
      .map(({ part, etag }) => {
        const digest = stored.get(part)
        if (digest === undefined || etag.replaceAll('"', '') !== digest)
          throw new AppError('invalid', `Part ${String(part)} is missing or is not what was sent.`)
        return digest
      })
  })
}

/** Forget an upload and its parts; their bytes stay in the store. Again changes nothing. */
export async function abortUpload(ctx: CommandContext, about: AboutUpload): Promise<void> {
  await transact(ctx, async (tx) => {
    const upload = isId(about.uploadId) ? await findUpload(tx, trackedEngagement(ctx.actor), about.uploadId) : null
    if (upload?.place === about.place) await removeUpload(tx, about.uploadId)
  })
}

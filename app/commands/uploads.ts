import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { isId } from '#app/domain/ids.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { newSecret, sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { enqueue } from '#db/queries/tasks.ts'
import { findUpload, insertUpload, listUploadParts, saveUploadEnd, saveUploadPart } from '#db/queries/uploads.ts'
import type { Database } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { trackedEngagement } from './experiments.ts'
import { keepBlob } from './storage.ts'
import { actorOfTokenHash } from './tokens.ts'

const missing = () => new AppError('not_found', 'There is no such upload.')
const HOURS_MAX = 24

function isTooOld(upload: { readonly createdAt: Date }, now: Date): boolean {
  return now.getTime() - upload.createdAt.getTime() > HOURS_MAX * 3_600_000
}

/**
 * Begin a file in parts. The secret is returned this once: who has it may send parts while the token is good, and
 * nothing else.
 * @param input.tokenHash SHA-256 of the token it is begun with
 */
export async function beginUpload(
  ctx: CommandContext,
  input: { readonly place: string; readonly parts: number; readonly tokenHash: string },
): Promise<{ readonly uploadId: string; readonly secret: string }> {
  const [uploadId, secret] = [newId<EngagementId>(), newSecret()] // any id: uploads have no brand of their own
  await transact(ctx, (tx) =>
    insertUpload(tx, {
      id: uploadId,
      engagementId: trackedEngagement(ctx.actor),
      place: input.place,
      secretHash: sha256(secret),
      tokenHash: input.tokenHash,
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

/**
 * On whose behalf a part comes. Asked of the database every time: a token that was revoked brings no part more.
 * @throws AppError `not_found` when no such part is waited for (any more), or the secret is wrong; as actorOfToken for the
 * token that the upload was begun with
 */
export async function partContext(database: Database, wanted: WantedPart, now: Date): Promise<CommandContext> {
  if (!isId(wanted.uploadId)) throw missing()
  const upload = await database.as({ engagementId: wanted.engagementId, door: 'job' }, (tx) =>
    findUpload(tx, wanted.engagementId, wanted.uploadId),
  )
  const isRight = upload?.secretHash === sha256(wanted.secret) && wanted.part >= 1 && wanted.part <= upload.parts
  if (!isRight || isTooOld(upload, now)) throw missing()
  const actor = await actorOfTokenHash(database, upload.tokenHash, { scope: 'track', use: 'write' }, now)
  return { database, actor, now }
}

/** Publish a part; the same part again replaces it. */
export async function addPart(ctx: CommandContext, wanted: WantedPart, blob: StagedBlob): Promise<void> {
  await transact(ctx, async (tx) => {
    const { engagementId, uploadId, part } = wanted
    if (!(await findUpload(tx, engagementId, uploadId))) throw missing()
    await keepBlob(tx, { engagementId, blob, at: ctx.now })
    await saveUploadPart(tx, { engagementId, uploadId, part, sha256: blob.sha256, sizeBytes: blob.sizeBytes })
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

/** End an upload, completed or not: its parts go. Again changes nothing. */
export async function endUpload(ctx: CommandContext, about: AboutUpload): Promise<void> {
  await transact(ctx, async (tx) => {
    const { uploadId } = about
    const upload = isId(uploadId) ? await findUpload(tx, trackedEngagement(ctx.actor), uploadId) : null
    if (upload?.place !== about.place) return
    await saveUploadEnd(tx, uploadId, ctx.now)
    await enqueue(tx, 'clear_upload', { uploadId }, { key: `clear:${uploadId}` })
  })
}

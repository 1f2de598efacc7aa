import { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { ensureRoom } from '#app/commands/storage.ts'
import type { PartOrder } from '#app/commands/uploads.ts'
import { addPart, beginUpload, endUpload, listParts, partContext } from '#app/commands/uploads.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { sha256 } from '#db/digest.ts'
import type { ApiContext } from '../door.ts'
import { bodyOf, declaredBytes, readJson, tokenContext, tokenOf } from '../door.ts'
import type { ArtifactPlace } from './artifact-place.ts'
import { artifactPlace, decodedSegments } from './artifact-place.ts'
import { addFile, ensurePlaceWritable, FILE_BYTES_MAX } from './artifacts.ts'
import { parse } from './endpoint.ts'
import { mlflowErrorResponse } from './errors.ts'
import { apiPath } from './path.ts'
import { text } from './wire.ts'

const PREFIX = '/api/2.0/mlflow-artifacts/mpu/'
const PARTS_MAX = 10_000

const Begin = z.object({ path: text, num_parts: z.number().int().min(1).max(PARTS_MAX) })
const Finish = z.object({
  path: text,
  upload_id: text,
  parts: z
    .array(z.object({ part_number: z.number().int().min(1).max(PARTS_MAX), etag: text }))
    .min(1)
    .max(PARTS_MAX),
})
const Abort = z.object({ path: text, upload_id: text })

/**
 * Files in parts: `POST …/mpu/create|complete|abort/<folder>` with a token, and `PUT …/mpu/parts/…` with the secret that
 * `create` gave away, because clients send no credentials with a part.
 */
export async function multipartDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const [verb = '', ...rest] = apiPath(c).slice(PREFIX.length).split('/')
    if (c.req.method === 'PUT' && verb === 'parts') return await takePart(c, deps, rest)
    const ctx = await tokenContext(c, deps, 'track', 'write')
    const input = await readJson(c)
    const engagementId = trackedEngagement(ctx.actor)
    const folder = decodedSegments(rest.join('/'))
    if (verb === 'create') {
      const { path, num_parts: parts } = parse(Begin, input)
      const place = placeIn(folder, path)
      await transact(ctx, async (tx) => {
        await ensurePlaceWritable(tx, ctx, place)
        await ensureRoom(tx, { engagementId, blobs: deps.blobs })
      })
      const tokenHash = sha256(tokenOf(c.req.header('authorization')))
      const { uploadId, secret } = await beginUpload(ctx, { place: keyOf(place), parts, tokenHash })
      const url = (part: number) =>
        `${deps.publicOrigin}${PREFIX}parts/${engagementId}/${uploadId}/${String(part)}?secret=${secret}`
      const credentials = Array.from({ length: parts }, (_, at) => ({
        url: url(at + 1),
        part_number: at + 1,
        headers: {},
      }))
      return Response.json({ upload_id: uploadId, credentials })
    }
    if (verb === 'complete') {
      const { path, upload_id: uploadId, parts } = parse(Finish, input)
      const place = placeIn(folder, path)
      const order = parts.map((part) => ({ part: part.part_number, etag: part.etag }))
      await assemble(deps.blobs, ctx, { place, uploadId, order })
      return Response.json({})
    }
    if (verb === 'abort') {
      const { path, upload_id: uploadId } = parse(Abort, input)
      await endUpload(ctx, { uploadId, place: keyOf(placeIn(folder, path)) })
      return Response.json({})
    }
    throw new AppError('not_found', 'There is no such endpoint.')
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${PREFIX} ${c.get('requestId')}`)
    })
  }
}

async function takePart(c: ApiContext, deps: WebDeps, [engagement, upload, part = '']: string[]): Promise<Response> {
  const wanted = {
    engagementId: toId<EngagementId>(engagement),
    uploadId: upload ?? '',
    part: /^\d{1,5}$/.test(part) ? Number(part) : 0,
    secret: c.req.query('secret') ?? '',
  }
  const { engagementId } = wanted
  const begun = await partContext(deps.database, wanted, new Date())
  const room = { engagementId, blobs: deps.blobs, sizeBytes: declaredBytes(c) }
  await transact(begun, (tx) => ensureRoom(tx, room))
  const stored = await deps.blobs.write(engagementId, bodyOf(c), FILE_BYTES_MAX, async (blob) => {
    // Asked again: the token may have been revoked while the bytes came in.
    await addPart(await partContext(deps.database, wanted, new Date()), wanted, blob)
    return blob
  })
  return new Response(null, { status: 200, headers: { etag: `"${stored.sha256}"` } })
}

/** Join the parts in their order into one file, and name it; then the parts go. */
async function assemble(
  blobs: Blobs,
  ctx: CommandContext,
  input: { place: ArtifactPlace; uploadId: string; order: readonly PartOrder[] },
): Promise<void> {
  const engagementId = trackedEngagement(ctx.actor)
  const about = { uploadId: input.uploadId, place: keyOf(input.place) }
  const digests = await listParts(ctx, about, input.order)
  await blobs.write(engagementId, joined(), FILE_BYTES_MAX, (blob) => addFile(ctx, input.place, blob))
  await endUpload(ctx, about)

  async function* joined(): AsyncIterable<Uint8Array> {
    for (const digest of digests) {
      const blob = await blobs.open(engagementId, digest)
      for await (const piece of blob.stream()) if (piece instanceof Uint8Array) yield piece
    }
  }
}

/** The file's name is the last part of what the client calls it; its own folders stay with the client. */
function placeIn(folder: readonly string[], path: string): ArtifactPlace {
  const name = path.split('/').at(-1) ?? ''
  const place = artifactPlace([...folder.filter((segment, at) => segment !== '' || at < folder.length - 1), name])
  if (place.path === '') throw new AppError('invalid', 'Invalid path: a file is missing.')
  return place
}

function keyOf({ owner, path }: ArtifactPlace): string {
  return `${owner.kind}/${owner.id}/${path}`
}

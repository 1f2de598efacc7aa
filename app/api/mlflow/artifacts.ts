import type { CommandContext } from '#app/commands/context.ts'
import { transact } from '#app/commands/context.ts'
import { ensureOfExperiment, trackedEngagement } from '#app/commands/experiments.ts'
import { addModelFile, ensureModelWritable } from '#app/commands/logged-models.ts'
import { ensureRoom } from '#app/commands/storage.ts'
import { addArtifact, deleteArtifacts } from '#app/commands/run-files.ts'
import { ensureWritable } from '#app/commands/tracking.ts'
import { AppError } from '#app/domain/errors.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import type { ArtifactRow } from '#db/queries/artifacts.ts'
import { findArtifact, findModelFile, listArtifacts, listModelFiles } from '#db/queries/artifacts.ts'
import { getLoggedModel } from '#db/queries/logged-models.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import type { ApiContext } from '../door.ts'
import { bodyOf, declaredBytes, tokenContext } from '../door.ts'
import { fileResponse } from '../file-response.ts'
import type { ArtifactPlace } from './artifact-place.ts'
import { artifactPlace, decodedSegments } from './artifact-place.ts'
import { mlflowErrorResponse } from './errors.ts'
import { apiPath } from './path.ts'
import { unlessEmpty, wireFiles } from './wire.ts'

const PREFIX = '/api/2.0/mlflow-artifacts/artifacts'
export const FILE_BYTES_MAX = 2 * 1024 * 1024 * 1024
const SMALL_BYTES_MAX = 1024 * 1024

/** The artifact proxy: `PUT`, `GET` and `DELETE …/artifacts/<place>`, and the listing `GET …/artifacts?path=<place>`. */
export async function artifactsDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(
      c,
      deps,
      'track',
      c.req.method === 'PUT' || c.req.method === 'DELETE' ? 'write' : 'read',
    )
    const raw = apiPath(c).slice(PREFIX.length)
    if (raw === '' || raw === '/') return Response.json(await listing(ctx, c.req.query('path') ?? ''))
    const place = artifactPlace(decodedSegments(raw.slice(1)))
    if (place.path === '') throw new AppError('invalid', 'Invalid path: a file is missing.')
    if (c.req.method === 'PUT') {
      await takeFile(c, deps, ctx, place)
      return Response.json({})
    }
    if (c.req.method === 'DELETE') {
      if (place.owner.kind !== 'run')
        throw new AppError('refused', 'Files of a logged model stay with it; delete the model.')
      await deleteArtifacts(ctx, place.owner.id, place.path)
      return Response.json({})
    }
    const file = await transact(ctx, (tx) => findFile(tx, ctx, place))
    if (!file) throw new AppError('not_found', `The file ${place.path.slice(0, 200)} does not exist.`)
    const name = place.path.split('/').at(-1) ?? 'file'
    return await fileResponse(deps.blobs, trackedEngagement(ctx.actor), { ...file, name }, c.req.raw)
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${PREFIX} ${c.get('requestId')}`)
    })
  }
}

/** Keep the body of a request as the file of a place. */
export async function takeFile(c: ApiContext, deps: WebDeps, ctx: CommandContext, place: ArtifactPlace): Promise<void> {
  const engagementId = trackedEngagement(ctx.actor)
  const sizeBytes = declaredBytes(c)
  // What is refused is refused before it is sent; a small file is there sooner than the question is answered.
  if (sizeBytes === 0 || sizeBytes > SMALL_BYTES_MAX) {
    await transact(ctx, async (tx) => {
      await ensurePlaceWritable(tx, ctx, place)
      await ensureRoom(tx, { engagementId, blobs: deps.blobs, sizeBytes })
    })
  }
  // The token is asked for again: it may have been revoked while the bytes came in.
  await deps.blobs.write(engagementId, bodyOf(c), FILE_BYTES_MAX, async (blob) =>
    addFile(await tokenContext(c, deps, 'track', 'write'), place, blob),
  )
}

async function listing(ctx: CommandContext, said: string) {
  const place = artifactPlace(said.split('/'))
  const files = await transact(ctx, async (tx) => {
    await getOwner(tx, ctx, place)
    return place.owner.kind === 'run'
      ? listArtifacts(tx, place.owner.id, place.path)
      : listModelFiles(tx, place.owner.id, place.path)
  })
  return unlessEmpty('files', wireFiles(files, place.path))
}

async function findFile(tx: Tx, ctx: CommandContext, place: ArtifactPlace): Promise<ArtifactRow | null> {
  await getOwner(tx, ctx, place)
  return place.owner.kind === 'run'
    ? findArtifact(tx, place.owner.id, place.path)
    : findModelFile(tx, place.owner.id, place.path)
}

/** @throws AppError `not_found` when the owner is not of this engagement and experiment */
async function getOwner(tx: Tx, ctx: CommandContext, place: ArtifactPlace) {
  const engagementId = trackedEngagement(ctx.actor)
  const owner =
    place.owner.kind === 'run'
      ? { run: await getRun(tx, engagementId, place.owner.id), model: null }
      : { run: null, model: await getLoggedModel(tx, engagementId, place.owner.id) }
  ensureOfExperiment(owner.run ?? owner.model, place.experimentId)
  return owner
}

/** Fail before bytes are taken when the actor may not write there. */
export async function ensurePlaceWritable(tx: Tx, ctx: CommandContext, place: ArtifactPlace): Promise<void> {
  const { run, model } = await getOwner(tx, ctx, place)
  if (run) ensureWritable(run, ctx.actor)
  if (model) await ensureModelWritable(tx, ctx, model)
}

/** Publish bytes as the file of a place. */
export async function addFile(ctx: CommandContext, place: ArtifactPlace, blob: StagedBlob): Promise<void> {
  const file = { path: place.path, blob, experimentId: place.experimentId }
  if (place.owner.kind === 'run') await addArtifact(ctx, place.owner.id, file)
  else await addModelFile(ctx, place.owner.id, file)
}

import type { CommandContext } from '#app/commands/context.ts'
import { transact } from '#app/commands/context.ts'
import { trackedEngagement } from '#app/commands/experiments.ts'
import { getVersionByNumber } from '#app/commands/registry.ts'
import type { TokenUse } from '#app/commands/tokens.ts'
import { AppError } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { loggedModelId } from '#app/domain/logged-model.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import { findArtifact, findModelFile } from '#db/queries/artifacts.ts'
import { getLoggedModel } from '#db/queries/logged-models.ts'
import { getRun } from '#db/queries/runs.ts'
import type { ApiContext } from '../door.ts'
import { declaredBytes, tokenContext } from '../door.ts'
import { fileResponse } from '../file-response.ts'
import { folderOf } from './artifact-place.ts'
import { takeFile } from './artifacts.ts'
import { versionNumber } from './endpoints/models.ts'
import { mlflowErrorResponse } from './errors.ts'

/** The addresses by which MLflow's own page reads and writes single files, beside its proxy of artifacts. */

/** `GET /get-artifact?run_id=…&path=…` */
export const runFileDoor = fileDoor('read', async (c, deps, ctx) => {
  const path = pathIn(c)
  const id = toRunId(runIn(c).slice(0, 100))
  const file = await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), id)
    return findArtifact(tx, run.id, path)
  })
  return answerFile(c, deps, ctx, { path, sha256: file?.sha256 })
})

/** `GET /model-versions/get-artifact?name=…&version=…&path=…`: the file as it was when the version was registered. */
export const versionFileDoor = fileDoor('read', async (c, deps, ctx) => {
  const path = pathIn(c)
  const of = { name: c.req.query('name') ?? '', version: versionNumber(c.req.query('version') ?? '') }
  const { files } = await transact(ctx, (tx) => getVersionByNumber(tx, trackedEngagement(ctx.actor), of))
  return answerFile(c, deps, ctx, { path, sha256: Object.hasOwn(files, path) ? files[path] : undefined })
})

/** `GET …/logged-models/<model>/artifacts/files?artifact_file_path=…` */
export const modelFileDoor = fileDoor('read', async (c, deps, ctx) => {
  const path = checkedPath(c.req.query('artifact_file_path'))
  const id = loggedModelId(c.req.param('modelId') ?? '')
  const file = await transact(ctx, async (tx) => {
    const model = await getLoggedModel(tx, trackedEngagement(ctx.actor), id)
    return findModelFile(tx, model.id, path)
  })
  return answerFile(c, deps, ctx, { path, sha256: file?.sha256 })
})

/** `POST …/upload-artifact?run_uuid=…&path=…`, with the bytes as the body. */
export const uploadDoor = fileDoor('write', async (c, deps, ctx) => {
  const said = runIn(c)
  if (said === '') throw new AppError('invalid', 'Request must specify run_uuid.')
  const path = pathIn(c)
  const isWithoutLength = c.req.header('transfer-encoding') !== undefined
  if (declaredBytes(c) === 0 && !isWithoutLength) throw new AppError('invalid', 'Request must specify data.')
  const id = toRunId(said.slice(0, 100))
  const { experimentId } = await transact(ctx, (tx) => getRun(tx, trackedEngagement(ctx.actor), id))
  await takeFile(c, deps, ctx, { experimentId, owner: { kind: 'run', id }, path })
  return Response.json({})
})

function fileDoor(use: TokenUse, work: (c: ApiContext, deps: WebDeps, ctx: CommandContext) => Promise<Response>) {
  return async (c: ApiContext, deps: WebDeps): Promise<Response> => {
    try {
      return await work(c, deps, await tokenContext(c, deps, 'track', use))
    } catch (error) {
      return mlflowErrorResponse(error, (fault) => {
        logError(fault, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
      })
    }
  }
}

function runIn(c: ApiContext): string {
  return c.req.query('run_id') ?? c.req.query('run_uuid') ?? ''
}

function pathIn(c: ApiContext): string {
  return checkedPath(c.req.query('path'))
}

/** @throws AppError `invalid` when it is missing, or no plain path */
function checkedPath(path = ''): string {
  if (path === '') throw new AppError('invalid', 'Request must specify path.')
  return folderOf(path)
}

function answerFile(
  c: ApiContext,
  deps: WebDeps,
  ctx: CommandContext,
  file: { readonly path: string; readonly sha256: string | undefined },
): Promise<Response> {
  if (file.sha256 === undefined) throw new AppError('not_found', `The file ${file.path.slice(0, 200)} does not exist.`)
  const name = file.path.split('/').at(-1) ?? 'file'
  return fileResponse(deps.blobs, trackedEngagement(ctx.actor), { sha256: file.sha256, name }, c.req.raw)
}

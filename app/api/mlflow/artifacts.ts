import { Readable } from 'node:stream'
import { transact } from '#app/commands/context.ts'
import { addArtifact, ensureWritable, trackedEngagement } from '#app/commands/tracking.ts'
import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { isStorable } from '#app/domain/text.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { findArtifact, listArtifacts } from '#db/queries/artifacts.ts'
import { getRun } from '#db/queries/runs.ts'
import type { ApiContext } from '../door.ts'
import { bodyOf, tokenContext } from '../door.ts'
import { mlflowErrorResponse } from './errors.ts'

const PREFIX = '/api/2.0/mlflow-artifacts/artifacts'
const FILE_BYTES_MAX = 2 * 1024 * 1024 * 1024
const PATH_LENGTH_MAX = 1000

/** The artifact proxy: `PUT` and `GET …/artifacts/<experiment>/<run>/artifacts/<path>`, and the listing `GET …/artifacts?path=`. */
export async function artifactsDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'track')
    const engagementId = trackedEngagement(ctx.actor)
    const raw = new URL(c.req.url).pathname.slice(PREFIX.length)
    if (raw === '' || raw === '/') {
      const { runId, path } = placeOf((c.req.query('path') ?? '').split('/'))
      const files = await transact(ctx, async (tx) => {
        const run = await getRun(tx, engagementId, runId)
        return listArtifacts(tx, run.id, path)
      })
      return Response.json(listingOf(files, path))
    }
    const { runId, path } = placeOf(raw.slice(1).split('/').map(decodeOnce))
    if (path === '') throw new AppError('invalid', 'Invalid path: a file is missing.')
    if (c.req.method === 'PUT') {
      await ensureWritable(ctx, runId)
      const stored = await deps.blobs.write(engagementId, bodyOf(c), FILE_BYTES_MAX)
      await addArtifact(ctx, runId, { path, ...stored })
      return Response.json({})
    }
    const file = await transact(ctx, async (tx) => {
      const run = await getRun(tx, engagementId, runId)
      return findArtifact(tx, run.id, path)
    })
    if (!file) throw new AppError('not_found', `The file ${path.slice(0, 200)} does not exist.`)
    return await fileResponse(deps.blobs, engagementId, { ...file, name: path.split('/').at(-1) ?? 'file' })
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${PREFIX} ${c.get('requestId')}`)
    })
  }
}

/** Bytes that somebody uploaded: a download with a type of ours, in a sandbox, whatever they are. */
export async function fileResponse(
  blobs: Blobs,
  engagementId: Parameters<Blobs['open']>[0],
  file: { readonly sha256: string; readonly name: string },
): Promise<Response> {
  const blob = await blobs.open(engagementId, file.sha256)
  const ascii = file.name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  return new Response(Readable.toWeb(blob.stream()) as ReadableStream, {
    // Node's web stream and the DOM's differ in type only
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(blob.sizeBytes),
      'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'content-security-policy': "sandbox; default-src 'none'",
      etag: `"${file.sha256}"`,
    },
  })
}

/** Folder contents as MLflow lists them: names relative to the folder, each child once. Nothing there is an empty answer. */
function listingOf(files: readonly { path: string; sizeBytes: number }[], folder: string) {
  const skip = folder === '' ? 0 : folder.length + 1
  const children = new Map<string, { path: string; is_dir: boolean; file_size?: number }>()
  for (const file of files) {
    const [name = '', ...below] = file.path.slice(skip).split('/')
    children.set(
      name,
      below.length > 0 ? { path: name, is_dir: true } : { path: name, is_dir: false, file_size: file.sizeBytes },
    )
  }
  return children.size === 0 ? {} : { files: [...children.values()] }
}

/** `<experiment>/<run>/artifacts/<path…>`; the path is a key of the database, never a path on disk. @throws AppError */
function placeOf(segments: readonly string[]): { readonly runId: RunId; readonly path: string } {
  const [experiment, run, word, ...rest] = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  if (!/^\d{1,15}$/.test(experiment ?? '') || word !== 'artifacts') throw new AppError('invalid', 'Invalid path')
  const isPlain = rest.every(
    (segment) =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      !/[/\\]/.test(segment) &&
      isStorable(segment) &&
      !hasControl(segment),
  )
  const path = rest.join('/')
  if (!isPlain || path.length > PATH_LENGTH_MAX) throw new AppError('invalid', 'Invalid path')
  return { runId: toRunId(run), path }
}

function hasControl(text: string): boolean {
  return [...text].some((char) => char < ' ' || char === '\u007f')
}

function decodeOnce(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new AppError('invalid', 'Invalid path', { cause: error })
  }
}

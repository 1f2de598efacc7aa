import { Readable } from 'node:stream'
import { modelImageEntries } from '#app/commands/model-image.ts'
import { SERVED_FILES } from '#app/commands/models.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { TarEntry } from '#app/domain/tar.ts'
import { TAR_END, tarEntry, tarFrame } from '#app/domain/tar.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { getModelVersion } from '#db/queries/models.ts'
import type { ApiContext } from './door.ts'
import { visitorOf } from './door.ts'

/**
 * Everything that is needed to build a model's image outside: a Dockerfile, the model as it was registered, and the
 * server that serves it here. It reproduces its stored example before it answers anything.
 */
export async function ociContext(c: ApiContext, deps: WebDeps): Promise<Response> {
  const visitor = await visitorOf(c, deps, 'team')
  if (!visitor?.table) return c.text('This page does not exist, or is not yours to see.', 404)
  const engagementId = visitor.table.engagement.id
  const version = await visitor.portal.reads((tx) =>
    getModelVersion(tx, engagementId, toId<ModelVersionId>(c.req.param('modelVersionId'))),
  )
  const name = `${version.modelName}-v${String(version.version)}`.replace(/[^A-Za-z0-9._-]+/g, '-')
  const absent = Object.values(SERVED_FILES).find((file) => version.files[file] === undefined)
  if (absent !== undefined) return c.text(`This version has no ${absent}, so there is nothing to build.`, 409)
  const entries = await modelImageEntries(name.toLowerCase())
  const stored: StoredEntry[] = []
  for (const file of Object.values(SERVED_FILES))
    stored.push({ path: `model/${file}`, blob: await deps.blobs.open(engagementId, version.files[file] ?? '') })
  const archive = Readable.toWeb(Readable.from(archiveOf(entries, stored))) as ReadableStream // Node's web stream and the DOM's differ in type only
  return new Response(archive, {
    headers: {
      'content-type': 'application/x-tar',
      'content-disposition': `attachment; filename="${name}-context.tar"`,
    },
  })
}

interface StoredEntry {
  readonly path: string
  readonly blob: Awaited<ReturnType<Blobs['open']>>
}

/** The archive piece by piece: a model can be larger than the memory. */
async function* archiveOf(entries: readonly TarEntry[], stored: readonly StoredEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) yield tarEntry(entry)
  for (const { path: place, blob } of stored) {
    const { header, padding } = tarFrame({ path: place }, blob.sizeBytes)
    yield header
    for await (const piece of blob.stream()) yield piece as Uint8Array // a stream of bytes, without an encoding
    yield padding
  }
  yield TAR_END
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
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

/** The serving code that goes along, from the root of the portal: the same that serves here. */
const SERVER_FOLDER = path.join('workers', 'serving')
const SERVER_FILES = ['standalone.ts', 'model.ts', 'protocol.ts'] as const

const DOCKERFILE = `# Build: docker build -t model . — Run: docker run --rm --read-only --cap-drop ALL -p 8080:8080 model
FROM node:24-slim
WORKDIR /srv
COPY package.json ./
RUN npm install --omit=dev --no-audit --no-fund --ignore-scripts && npm cache clean --force
COPY server ./server
COPY model ./model
USER 10001:10001
ENV NODE_ENV=production PORT=8080 HOST=0.0.0.0 MODEL_DIR=/srv/model
EXPOSE 8080
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--import", "tsx", "server/standalone.ts"]
`

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
  const entries: TarEntry[] = [
    { path: 'Dockerfile', bytes: text(DOCKERFILE) },
    { path: 'package.json', bytes: text(await manifest(name)) },
    { path: 'server/' },
    { path: 'model/' },
  ]
  for (const file of SERVER_FILES)
    entries.push({ path: `server/${file}`, bytes: new Uint8Array(await readFile(path.join(SERVER_FOLDER, file))) })
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

/** Pinned to the versions that serve here. */
async function manifest(name: string): Promise<string> {
  const own = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: Record<string, string> } // our own manifest
  const dependencies = Object.fromEntries(
    ['onnxruntime-web', 'tsx', 'zod'].map((library) => [library, own.dependencies[library]]),
  )
  return `${JSON.stringify({ name: name.toLowerCase(), version: '1.0.0', private: true, type: 'module', dependencies }, null, 2)}\n`
}

const text = (content: string) => new TextEncoder().encode(content)

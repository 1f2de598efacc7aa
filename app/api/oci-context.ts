import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { SERVED_FILES } from '#app/commands/models.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { TarEntry } from '#app/domain/tar.ts'
import { TAR_END, tarEntry } from '#app/domain/tar.ts'
import type { WebDeps } from '#app/server/context.server.ts'
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
  const version = await deps.database.as({ personId: visitor.actor.personId }, (tx) =>
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
  for (const file of Object.values(SERVED_FILES))
    entries.push({ path: `model/${file}`, bytes: await deps.blobs.read(engagementId, version.files[file] ?? '') })
  return new Response(Buffer.concat([...entries.map(tarEntry), TAR_END]), {
    headers: {
      'content-type': 'application/x-tar',
      'content-disposition': `attachment; filename="${name}-context.tar"`,
    },
  })
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

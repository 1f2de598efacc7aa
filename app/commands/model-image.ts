import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { TarEntry } from '#app/domain/tar.ts'

/** Where the server of one model lies here, from the root of the portal; it imports nothing but each other. */
const SERVER_FILES = [
  'workers/serving/standalone.ts',
  'workers/serving/model.ts',
  'workers/serving/protocol.ts',
  'app/domain/prediction-limits.ts',
] as const

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
 * What is needed to build the image of a model outside, but the model: a Dockerfile, a manifest with the versions that
 * serve here, and the server that serves here. It reproduces its stored example before it answers anything.
 * @param name lower-case letters, digits, dots and dashes
 */
export async function modelImageEntries(name: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = [
    { path: 'Dockerfile', bytes: text(DOCKERFILE) },
    { path: 'package.json', bytes: text(await manifest(name)) },
    { path: 'server/' },
    { path: 'model/' },
  ]
  for (const file of SERVER_FILES)
    entries.push({ path: `server/${path.basename(file)}`, bytes: new Uint8Array(await readFile(file)) })
  return entries
}

/** In the image every file of the server lies in one folder, whatever layer it comes from. */
async function manifest(name: string): Promise<string> {
  const own = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: Record<string, string> } // our own manifest
  const dependencies = Object.fromEntries(
    ['onnxruntime-web', 'tsx', 'zod'].map((library) => [library, own.dependencies[library]]),
  )
  const imports = { '#app/domain/*': './server/*' }
  return `${JSON.stringify({ name, version: '1.0.0', private: true, type: 'module', imports, dependencies }, null, 2)}\n`
}

const text = (content: string) => new TextEncoder().encode(content)

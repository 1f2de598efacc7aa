import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type Docker from 'dockerode'
import ts from 'typescript'
import type { TarEntry } from '#app/domain/tar.ts'
import { ensureImported, finished, findImage, IMAGE_LABEL, statusOf } from '#workers/docker/engine.ts'
import type { RootFileSystem } from '#workers/docker/root-file-system.ts'
import { archiveOf, below, read, rootFileSystem } from '#workers/docker/root-file-system.ts'
import type { ImageOrder, ModelOrder } from './engine.ts'

const PROGRAM = ['container', 'model', 'wire'] as const
/** What the runtime loads in Node; the rest of its package is for browsers. */
const RUNTIME = [
  'package.json',
  'dist/ort.node.min.mjs',
  'dist/ort-wasm-simd-threaded.mjs',
  'dist/ort-wasm-simd-threaded.wasm',
] as const

const MODULES = 'srv/node_modules'
const { resolve } = createRequire(import.meta.url)
const WEB = path.join(path.dirname(resolve('onnxruntime-web')), '..')
/** What the runtime's package imports. */
const COMMON = path.join(path.dirname(createRequire(WEB).resolve('onnxruntime-common')), '../..')

/** Where the program and its model lie inside, and how it is started: it may read there, and nothing else. */
export const COMMAND = [
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  '--allow-fs-read=/srv/',
  '--disallow-code-generation-from-strings',
  '--max-old-space-size=256',
  '--no-warnings',
  '/srv/container.js',
]

let made: RootFileSystem | null = null

/** The image of every model's container but the model: Node, the runtime and the program that answers. */
function modelServerRoot(): RootFileSystem {
  made ??= rootFileSystem(() => [
    { path: 'srv/package.json', bytes: bytes('{"type":"module"}') },
    ...PROGRAM.map((name) => ({ path: `srv/${name}.js`, bytes: bytes(transpiled(name)) })),
    ...RUNTIME.map((file) => ({ path: `${MODULES}/onnxruntime-web/${file}`, bytes: read(path.join(WEB, file)) })),
    { path: `${MODULES}/onnxruntime-common/package.json`, bytes: read(path.join(COMMON, 'package.json')) },
    ...below(path.join(COMMON, 'dist/esm'), `${MODULES}/onnxruntime-common/dist/esm`),
  ])
  return made
}

/** Types taken away, so that any Node runs it. */
function transpiled(name: string): string {
  const source = readFileSync(fileURLToPath(new URL(`../${name}.ts`, import.meta.url)), 'utf8')
  return ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText
}

/**
 * Names an image by what is in it: the program, the runtime and the model. The same model has the same image.
 * @returns lower-case hexadecimal, 32 characters
 */
export function imageTag({ onnxSha256, signature }: ImageOrder): string {
  return createHash('sha256')
    .update(`${modelServerRoot().digest}\n${onnxSha256}\n${JSON.stringify(signature)}`)
    .digest('hex')
    .slice(0, 32)
}

/**
 * Make the image of a model unless the engine has it. Nothing is pulled and nothing runs while it is made.
 * @param repository such as `throughline/model`
 * @returns its name, and its id `sha256:…`
 */
export async function ensureModelImage(
  docker: Docker,
  order: ModelOrder,
  { repository, instance }: { readonly repository: string; readonly instance: string },
): Promise<{ readonly name: string; readonly id: string }> {
  const name = `${repository}:${imageTag(order)}`
  const known = await findImage(docker, name)
  if (known !== null) return { name, id: known }
  const base = await ensureImported(docker, 'throughline/model-server', modelServerRoot())
  const context: TarEntry[] = [
    { path: 'Dockerfile', bytes: bytes(`FROM ${base}\nCOPY model /srv/model\n`) },
    { path: 'model/' },
    { path: 'model/model.onnx', bytes: order.onnx },
    { path: 'model/signature.json', bytes: bytes(JSON.stringify(order.signature)) },
  ]
  const labels = { [IMAGE_LABEL]: instance }
  await finished(
    docker,
    await docker.buildImage(archiveOf(context), {
      t: name,
      labels,
      networkmode: 'none',
      pull: undefined,
      forcerm: true,
    }),
  )
  const id = await findImage(docker, name)
  if (id === null) throw new Error(`The engine has no image ${name} after it made it.`)
  return { name, id }
}

/** Remove the images of ours that no order asks for; one that a container still uses stays. @returns their names */
export async function removeOtherImages(
  docker: Docker,
  orders: readonly ImageOrder[],
  { repository, instance }: { readonly repository: string; readonly instance: string },
): Promise<string[]> {
  const wanted = new Set(orders.map((order) => `${repository}:${imageTag(order)}`))
  const filters = { label: [`${IMAGE_LABEL}=${instance}`] }
  const names = (await docker.listImages({ filters })).flatMap(({ RepoTags }) => RepoTags ?? [])
  const removed: string[] = []
  for (const name of names.filter((each) => each.startsWith(`${repository}:`) && !wanted.has(each))) {
    const isGone = await docker
      .getImage(name)
      .remove()
      .then(
        () => true,
        (error: unknown) => {
          if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error
          return false
        },
      )
    if (isGone) removed.push(name)
  }
  return removed
}

const bytes = (content: string) => new TextEncoder().encode(content)

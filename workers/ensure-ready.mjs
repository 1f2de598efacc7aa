/**
 * Bring a checkout to where it can run: packages installed, pages and processes built. Only built-in modules, because it runs before
 * anything is installed. Does nothing when nothing changed.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const NODE_MIN = [20, 19]
const INSTALL_STAMP = path.join(ROOT, 'node_modules', '.throughline-installed')
const BUILD_STAMP = path.join(ROOT, 'build', '.throughline-built')
/** What a built page is made of. Pages bundle the queries, so the database's modules count. */
const BUILD_SOURCES = ['app', 'db', 'public', 'vite.config.ts', 'tsconfig.json', 'package-lock.json']
const NOT_BUILT = ['db/migrations', 'db/seed', 'db/demo']
/** What is started as a process: `workers/bundled.ts` names the file that each becomes. */
const ENTRIES = [
  'app/main.ts',
  'workers/main.ts',
  'workers/serving/main.ts',
  'workers/supervisor/main.ts',
  'db/seed/main.ts',
  'db/seed/set-up-link.ts',
]
const BUNDLES = path.join(ROOT, 'build', 'processes')
/** What a process is made of; `workers` holds this file. */
const BUNDLE_SOURCES = ['app', 'db', 'workers', 'package.json', 'package-lock.json', 'tsconfig.json']

/** Why it cannot go on, in one sentence. */
export class NotReady extends Error {}

/** The programs that run now; a signal to us is passed on to them. */
const running = new Set()
let isStopped = false
export function stopReadying(signal) {
  isStopped = true
  for (const child of running) child.kill(signal)
}

/** @returns one sentence when this Node is too old, or null */
export function nodeRefusal(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return null
  return `Throughline needs Node ${NODE_MIN.join('.')} or newer and this is Node ${version}: install a newer one from https://nodejs.org.`
}

// ---- Packages -------------------------------------------------------------------------------------------------------

/** Install the packages unless what package-lock.json names is there. */
export async function ensureInstalled() {
  const wanted = digestOf(['package.json', 'package-lock.json'])
  if (readIfThere(INSTALL_STAMP) === wanted) return
  if (!isInstalled()) {
    await longStep('Installing packages; the first time takes a minute or two', async () => {
      const npm = (...args) => runProgram(...npmCommand(args))
      const flags = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
      const clean = await npm('ci', ...flags)
      if (clean.code === 0) return
      say('npm ci did not succeed, trying npm install …')
      const plain = await npm('install', ...flags)
      if (plain.code !== 0) {
        process.stderr.write(plain.said)
        throw new NotReady('The packages could not be installed: npm says why above.')
      }
    })
  }
  // npm install may have completed the lock file, so it is read again.
  writeFileSync(INSTALL_STAMP, digestOf(['package.json', 'package-lock.json']))
}

/** Whether node_modules holds what the lock file names, whoever installed it: npm keeps its own list there. */
function isInstalled() {
  const manifest = parse(path.join(ROOT, 'package.json'))
  const wanted = parse(path.join(ROOT, 'package-lock.json'))?.packages
  const found = parse(path.join(ROOT, 'node_modules', '.package-lock.json'))?.packages
  if (!manifest || !wanted || !found) return false
  const isSame = (field) => JSON.stringify(manifest[field] ?? {}) === JSON.stringify(wanted['']?.[field] ?? {})
  if (!isSame('dependencies') || !isSame('devDependencies')) return false
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '' || entry.link) return true
    const there = found[place]
    return there ? there.version === entry.version : entry.optional === true || entry.peer === true
  })
}

function npmCommand(args) {
  const script = process.env.npm_execpath
  if (script && /\.c?js$/.test(script) && existsSync(script)) return [process.execPath, [script, ...args]]
  return ['npm', args]
}

// ---- Pages ----------------------------------------------------------------------------------------------------------

/** Build the pages, the processes and the interpreter's snapshot, unless what they are made of is that of the last build. */
export async function ensureBuilt() {
  // Remix begins by emptying `build`: the processes are put there when it is done.
  await Promise.all([ensurePages().then(ensureBundles), ensureSnapshot()])
}

async function ensurePages() {
  const wanted = digestOf(BUILD_SOURCES, NOT_BUILT)
  if (readIfThere(BUILD_STAMP) === wanted) return
  rmSync(BUILD_STAMP, { force: true })
  await longStep('Building the pages', async () => {
    const cli = path.join(ROOT, 'node_modules', '@remix-run', 'dev', 'dist', 'cli.js')
    const built = await runProgram(process.execPath, [cli, 'vite:build', '--logLevel', 'warn'], {
      NODE_ENV: 'production',
    })
    if (built.code !== 0) {
      process.stderr.write(built.said)
      throw new NotReady('The pages could not be built: the reason is above.')
    }
    await compressAssets(path.join(ROOT, 'build', 'client'))
  })
  mkdirSync(path.dirname(BUILD_STAMP), { recursive: true })
  writeFileSync(BUILD_STAMP, wanted)
}

/** Each process as a file or a few: compiling its modules anew took most of its start. Packages stay where they are. */
export async function ensureBundles() {
  const wanted = digestOf(BUNDLE_SOURCES, ['db/migrations'])
  const stamp = '.digest'
  if (readIfThere(path.join(BUNDLES, stamp)) === wanted) return
  const packages = createRequire(path.join(ROOT, 'package.json'))
  // The compiler of tsx, so that what is started and what is run from its sources mean the same.
  const { build } = createRequire(packages.resolve('tsx/package.json'))('esbuild')
  const made = `${BUNDLES}-${process.pid}`
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: ENTRIES,
      outbase: ROOT,
      outdir: made,
      bundle: true,
      splitting: true,
      chunkNames: 'parts/[name]-[hash]',
      format: 'esm',
      platform: 'node',
      target: `node${NODE_MIN.join('.')}`,
      keepNames: true,
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [inPlace],
    })
    writeFileSync(path.join(made, stamp), wanted)
    rmSync(BUNDLES, { recursive: true, force: true })
    renameSync(made, BUNDLES)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    // Another start may have been quicker.
    if (readIfThere(path.join(BUNDLES, stamp)) === wanted) return
    throw new NotReady(`The processes could not be built: ${error.message}`)
  }
}

/** Our modules go into the bundle, packages do not, and each module goes on finding the files that lie beside its source. */
const inPlace = {
  name: 'in-place',
  setup(build) {
    build.onResolve({ filter: /^#/ }, (found) => ({ path: path.join(ROOT, found.path.slice(1)) }))
    build.onResolve({ filter: /^[^.#]/ }, (found) => (found.kind === 'entry-point' ? null : { external: true }))
    build.onLoad({ filter: /\.tsx?$/ }, (found) => {
      const source = readFileSync(found.path, 'utf8')
      if (!source.includes('import.meta')) return null
      const name = `#${path.relative(ROOT, found.path).split(path.sep).join('/')}`
      const contents = source.replaceAll('import.meta.url', `import.meta.resolve('${name}')`)
      if (/\bimport\.meta\.(?!resolve\()/.test(contents)) throw new Error(`${name} may use import.meta.url only.`)
      return { contents, loader: found.path.endsWith('x') ? 'tsx' : 'ts' }
    })
  },
}

/** What programs begin from (workers/executors/python.ts looks for it under this name). Without it they start slower. */
async function ensureSnapshot() {
  const { version } = parse(path.join(ROOT, 'node_modules', 'pyodide', 'package.json'))
  const cage = path.join(ROOT, 'workers', 'executors', 'cage')
  const options = createHash('sha256')
    .update(readFileSync(path.join(cage, 'python.mjs')))
    .digest('hex')
    .slice(0, 12)
  const name = `python-${version}-${process.version}-${options}.snapshot`
  const file = path.join(ROOT, 'node_modules', '.cache', 'cage', name)
  if (existsSync(file)) return
  mkdirSync(path.dirname(file), { recursive: true })
  const maker = path.join(cage, 'make-snapshot.mjs')
  const made = await runProgram(process.execPath, [maker, file])
  if (made.code !== 0) say(`The interpreter's snapshot could not be made, so each job starts slower: ${made.said}`)
}

/** Compressed once here, so that serving costs nothing. */
async function compressAssets(folder) {
  const files = filesOf(folder).filter((file) => /\.(js|css|svg|json|txt|html|ico|wasm)$/.test(file))
  const brotli = promisify(brotliCompress)
  const zip = promisify(gzip)
  for (const file of files) {
    const bytes = await readFile(file)
    if (bytes.length < 1024) continue
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
    const [br, gz] = await Promise.all([brotli(bytes, quality), zip(bytes, { level: 8 })])
    await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)])
  }
}

// ---- Parts ----------------------------------------------------------------------------------------------------------

/** Say what takes long, that it still goes on, and how long it took. */
export async function longStep(what, work) {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${what} …`)
  const still = setInterval(() => say(`  still at it, ${Math.round(Number(seconds()))} s …`), 15_000)
  try {
    await work()
    say(`  done in ${seconds()} s`)
  } finally {
    clearInterval(still)
  }
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

function runProgram(command, args, env = {}) {
  if (isStopped) throw new NotReady('It was stopped.')
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let said = ''
    const hear = (piece) => {
      said = (said + String(piece)).slice(-100_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', (error) => resolve({ code: 1, said: `${error.message}\n` }))
    child.once('close', (code) => resolve({ code: code ?? 1, said }))
    child.once('close', () => running.delete(child))
  })
}

function digestOf(sources, except = []) {
  const hash = createHash('sha256')
  for (const source of sources) {
    const place = path.join(ROOT, source)
    if (!existsSync(place)) continue
    for (const file of filesOf(place)) {
      const name = path.relative(ROOT, file).split(path.sep).join('/')
      if (except.some((folder) => name.startsWith(`${folder}/`))) continue
      hash.update(`${name}\0`).update(readFileSync(file)).update('\0')
    }
  }
  return hash.digest('hex')
}

function filesOf(place) {
  let entries
  try {
    entries = readdirSync(place, { withFileTypes: true })
  } catch {
    return [place]
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesOf(path.join(place, entry.name)) : [path.join(place, entry.name)]))
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

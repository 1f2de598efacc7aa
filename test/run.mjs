/**
 * `npm test`: everything that must hold, in one summary. Only built-in modules here, because it also installs.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { ensureBuilt, ensureInstalled, nodeRefusal, NotReady, ROOT, stopReadying } from '../workers/ensure-ready.mjs'

const REPORTS = path.join(ROOT, '.test', 'reports')
const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name)
const report = (name) => path.join(REPORTS, `${name}.json`)

/** What is checked; each counts as one. */
const CHECKS = [
  ['types', bin('tsc'), []],
  ['lint', bin('eslint'), ['.', '--max-warnings', '0', '--cache', '--cache-location', 'node_modules/.cache/eslint/']],
  [
    'layers',
    bin('depcruise'),
    ['app', 'db', 'workers', 'test', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'],
  ],
  [
    'format',
    bin('prettier'),
    [
      '--check',
      '.',
      '--log-level',
      'warn',
      '--cache',
      '--cache-location',
      'node_modules/.cache/prettier/.prettier-cache',
    ],
  ],
]

const results = []
const children = new Set()
let isStopped = false

function say(text) {
  process.stdout.write(`${text}\n`)
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    isStopped = true
    stopReadying('SIGTERM')
    for (const child of children) child.kill('SIGTERM')
  })
}

/** Run one part, show what it said when it failed, and keep its result. `count` reads how many passed and failed. */
async function part(name, command, args, { env = {}, count = null } = {}) {
  if (isStopped) return
  const startedAt = performance.now()
  const { code, said } = await run(command, args, env)
  const counted = (count ? readCount(count) : null) ?? { passed: code === 0 && !count ? 1 : 0, failed: 0, skipped: 0 }
  // A part that failed without a failed test still failed: a suite that did not load, or nothing found.
  if (code !== 0 && counted.failed === 0) counted.failed = 1
  const seconds = (performance.now() - startedAt) / 1000
  results.push({ name, ...counted, seconds })
  if (counted.failed > 0) say(`\n──── ${name} ────\n${said.trimEnd()}\n────\n`)
  say(lineOf(results.at(-1)))
}

function lineOf({ name, passed, failed, skipped, seconds }) {
  const mark = failed === 0 ? '✓' : '✗'
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return `${mark} ${name.padEnd(12)} ${counts.padEnd(34)} ${seconds.toFixed(1)} s`
}

function readCount(count) {
  try {
    return count()
  } catch {
    return null
  }
}

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    let said = ''
    const hear = (piece) => {
      said = (said + String(piece)).slice(-200_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', (error) => resolve({ code: 1, said: error.message }))
    child.once('close', (code) => resolve({ code: code ?? 1, said }))
    child.once('close', () => children.delete(child))
  })
}

function vitestCount(name) {
  return () => {
    const read = JSON.parse(readFileSync(report(name), 'utf8'))
    const unloaded = read.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    return {
      passed: read.numPassedTests,
      failed: read.numFailedTests + unloaded.length,
      skipped: read.numPendingTests + (read.numTodoTests ?? 0),
    }
  }
}

function playwrightCount() {
  const { stats } = JSON.parse(readFileSync(report('browser'), 'utf8'))
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
}

const vitest = (project, workers, env = {}) =>
  part(
    project,
    bin('vitest'),
    [
      'run',
      '--project',
      project,
      `--maxWorkers=${workers}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report(project)}`,
    ],
    { env, count: vitestCount(project) },
  )

/**
 * The first start of a portal, with its demonstration, until it stops when told to. The tests of whole portals go on from
 * copies of its folder; each of them would train the same models again. @returns what tells them where it is
 */
async function seed() {
  const dataDir = path.join(ROOT, '.test', 'first-start')
  rmSync(dataDir, { recursive: true, force: true })
  await part('first start', process.execPath, [path.join(ROOT, 'test', 'support', 'first-start.mjs')], {
    env: { DATA_DIR: dataDir, PORT: String(await freePort()), DEMO: 'on', NODE_ENV: 'production' },
  })
  return { TEST_SEEDED_DIR: dataDir }
}

/** Say why it could not be made ready. */
function unready(error) {
  if (isStopped) process.exit(130)
  for (const child of children) child.kill('SIGTERM')
  fail(`${error instanceof NotReady ? error.message : error}\n\n0 passed, 1 failed`)
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

const refusal = nodeRefusal()
if (refusal) fail(refusal)

const startedAt = performance.now()
try {
  await ensureInstalled()
} catch (error) {
  unready(error)
}
rmSync(REPORTS, { recursive: true, force: true })
mkdirSync(REPORTS, { recursive: true })

// Two cores, three lanes: half of every part waits for processes, leases and pages, and lets the others work meanwhile.
// The longest part begins first and has a lane of its own. More at once, and killed processes come back later than callers wait.
// The checks read what is written by hand, so that the pages are built beside them.
const built = ensureBuilt().catch(unready)
const seeded = built.then(seed)
const inOneLane = async () => {
  await built
  await vitest('integration', 3)
}
const inAnother = async () => {
  for (const [name, command, args] of CHECKS) await part(name, command, args)
  const portal = { ...(await seeded), TEST_PORT: String(await freePort()) }
  await part('browser', bin('playwright'), ['test', '--reporter=list,json'], {
    env: { ...portal, PLAYWRIGHT_JSON_OUTPUT_NAME: report('browser') },
    count: playwrightCount,
  })
}
const inTheThird = async () => {
  const portal = await seeded
  await vitest('unit', 1)
  await vitest('system', 1, portal)
}
await Promise.all([inOneLane(), inAnother(), inTheThird()])
if (isStopped) process.exit(130)

const total = (field) => results.reduce((sum, result) => sum + result[field], 0)
say('')
for (const result of results) say(lineOf(result))
say(
  `\n${Math.round((performance.now() - startedAt) / 1000)} s${total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''}`,
)
say(`${total('passed')} passed, ${total('failed')} failed`)
process.exitCode = total('failed') === 0 ? 0 : 1

/**
 * The supervisor: checks, then starts and guards PostgreSQL, the web process, the worker and the serving process, and
 * stops them in order. It holds all secrets and speaks to nobody outside.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DATABASE_RETURNED } from '#db/database-returned.ts'
import { freePort } from '#db/postgres.server.ts'
import { ensurePortFree, ensureStore, ensureWritable, keptSecret } from './checks.ts'
import { keepRunning, runOnce, type KeptChild } from './children.ts'
import { migrate, startDatabase } from './database.ts'
import { environmentsOf } from './environments.ts'
import { greeting } from './greeting.ts'
import { isHealthy, watchHealth } from './health.ts'
import { lockInstance } from './instance-lock.ts'
import { logOf, step } from './log.ts'
import { StartRefused } from './refused.ts'
import { QUIET, readSettings, type Settings } from './settings.ts'

const READY_SECONDS_MAX = 180
const FAILURES_MAX = 6

const log = logOf('start')
const stopping = new AbortController()
/** What to undo, in the order in which it was done. */
const undo: (() => Promise<void> | void)[] = []
let stopped: Promise<void> | null = null

function stopAll(): Promise<void> {
  stopping.abort()
  stopped ??= (async () => {
    for (let last = undo.pop(); last; last = undo.pop()) await last()
  })()
  return stopped
}

async function start(): Promise<void> {
  const startedAt = performance.now()
  const settings = readSettings(process.env)
  await ensureWritable(settings.dataDir)
  const lock = lockInstance(settings.dataDir)
  undo.push(() => lock.release())
  await ensurePortFree(settings.host, settings.port, lock.wasLeftBehind)
  Object.assign(process.env, QUIET)
  await ensureStore(settings)
  const pooled: { web?: KeptChild; worker?: KeptChild } = {}
  // After a restart of the database nobody keeps an old pool. Callers go on asking the web process, which begins with new
  // connections; the worker gives back what it has and begins anew.
  const database = startDatabase(settings, () => {
    pooled.web?.tell(DATABASE_RETURNED)
    void pooled.worker?.restart('The database was away')
  })
  undo.push(() => database.stop())
  const ownerUrl = await database.ownerUrl
  stopping.signal.throwIfAborted()
  const urls = await migrate(settings, ownerUrl)
  const environments = environmentsOf(settings, {
    ...urls,
    servingPort: await freePort(),
    servingSecret: await keptSecret(settings.dataDir, 'serving'),
    instanceSecret: await keptSecret(settings.dataDir, 'instance'),
  })
  stopping.signal.throwIfAborted()
  // Undone from the end: the web process stops first, so that nothing new arrives while the others finish.
  const keep = (name: string, entry: string, environment: Readonly<Record<string, string>>) => {
    const child = keepRunning({ name, entry, environment })
    undo.push(() => child.stop())
    return child
  }
  keep('serving', 'workers/serving/main.ts', environments.serving)
  pooled.worker = keep('worker', 'workers/main.ts', environments.worker)
  const web = keep('web', 'app/main.ts', environments.web)
  pooled.web = web
  await step(log, 'Starting the processes', () => webIsReady(settings, web))
  undo.push(
    watchHealth({
      origin: settings.localOrigin,
      databaseUrl: ownerUrl,
      restart: () => web.restart('It does not answer well'),
    }),
  )
  const notes = await prepare(settings, environments.seed)
  stopping.signal.throwIfAborted()
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  process.stdout.write(
    await greeting({
      origin: settings.publicOrigin,
      dataDir: settings.dataDir,
      bucket: settings.bucket,
      isDemo: settings.isDemo,
      notes,
      elapsedSeconds,
    }),
  )
}

async function webIsReady(settings: Settings, web: KeptChild): Promise<void> {
  const deadline = performance.now() + READY_SECONDS_MAX * 1000
  while (performance.now() < deadline && web.failures() < FAILURES_MAX) {
    stopping.signal.throwIfAborted()
    if (await isHealthy(settings.localOrigin)) return
    await sleep(40)
  }
  throw new StartRefused('The web process does not get ready: its last lines above say why.')
}

/** Fill the demonstration, or make the link by which the first person sets an empty portal up. @returns lines to show */
async function prepare(settings: Settings, environment: Readonly<Record<string, string>>): Promise<string[]> {
  const notes: string[] = []
  const child = settings.isDemo
    ? runOnce({ name: 'demo', entry: 'db/seed/main.ts', environment }, logOf('demo'))
    : runOnce({ name: 'set-up', entry: 'db/seed/set-up-link.ts', environment }, (line) => notes.push(line))
  undo.push(() => child.stop())
  await child.done
  return notes
}

function stopOn(why: string): void {
  if (stopping.signal.aborted) return
  log(`${why}: stopping …`)
  void stopAll().then(() => {
    log('stopped')
    process.exit(0)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopOn(signal))
process.once('disconnect', () => stopOn('Whoever started us is gone'))
process.channel?.unref()
// A closed terminal must not keep us from stopping in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

async function giveUp(error: unknown): Promise<void> {
  if (stopping.signal.aborted) return
  const said =
    error instanceof StartRefused ? error.message : error instanceof Error ? (error.stack ?? error.message) : 'unknown'
  await stopAll()
  process.stderr.write(`${said}\n`)
  process.exit(1)
}

// While everything stops, a connection that is cut is no news.
process.on('uncaughtException', (error) => void giveUp(error))
process.on('unhandledRejection', (error) => void giveUp(error))
start().catch(giveUp)

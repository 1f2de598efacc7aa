import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrateDatabase } from '#db/migrate.server.ts'
import { ensureDatabase, PostgresError, startPostgres, type RunningPostgres } from '#db/postgres.server.ts'
import { ensureServer } from './checks.ts'
import { logOf, step } from './log.ts'
import { StartRefused } from './refused.ts'
import type { Settings } from './settings.ts'

const NAME = 'throughline'
const BACKOFF_MS_MIN = 250
/** Callers wait twelve seconds for it, its start included. */
const BACKOFF_MS_MAX = 2000
const WELL_AFTER_MS = 30_000
const log = logOf('postgres')

export interface StartingDatabase {
  /** The owner's URL, once a query was answered. */
  readonly ownerUrl: Promise<string>
  stop(): Promise<void>
}

/**
 * The database server: DATABASE_URL if there is one, else the packaged one, which is started again when it dies.
 * @param onRestart called when it is back: connections from before are worth nothing
 */
export function startDatabase(settings: Settings, onRestart: () => void): StartingDatabase {
  const { databaseUrl } = settings
  if (databaseUrl !== null) {
    return { ownerUrl: ensureServer(databaseUrl).then(() => databaseUrl), stop: async () => undefined }
  }
  const stopping = new AbortController()
  const start = () => startPostgres({ dataDir: settings.dataDir, log, signal: stopping.signal })
  let running: Promise<RunningPostgres> = step(log, 'Starting PostgreSQL', start)
  const watch = async () => {
    await running
    for (let backoffMs = BACKOFF_MS_MIN; ; backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)) {
      const server = await running.catch((error: unknown) => log(error instanceof Error ? error.message : 'failed'))
      const startedAt = performance.now()
      await server?.ended
      if (stopping.signal.aborted) return
      if (performance.now() - startedAt > WELL_AFTER_MS) backoffMs = BACKOFF_MS_MIN
      log(`is not running; starting again in ${backoffMs / 1000} s`)
      await sleep(backoffMs, undefined, { signal: stopping.signal })
      running = step(log, 'Starting PostgreSQL again', start)
      running.then(onRestart, () => undefined)
    }
  }
  // The failure of the first start is told by `ownerUrl`; later there is only the stop to end the watch.
  watch().catch(() => undefined)
  const ownerUrl = running
    .then((server) => ensureDatabase(server.ownerUrl, NAME))
    .catch((error: unknown) => {
      throw error instanceof PostgresError ? new StartRefused(error.message, { cause: error }) : error
    })
  return {
    ownerUrl,
    async stop() {
      stopping.abort()
      const server = await running.catch(() => null)
      await server?.stop()
    },
  }
}

/** @throws StartRefused with what the database said */
export async function migrate(settings: Settings, ownerUrl: string) {
  const secretsDir = path.join(settings.dataDir, 'secrets')
  try {
    return await step(log, 'Bringing the database up to date', () => migrateDatabase({ ownerUrl, secretsDir }))
  } catch (cause) {
    const why =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : 'unknown'
    throw new StartRefused(`The database could not be brought up to date: ${why.split('\n')[0]}.`, { cause })
  }
}

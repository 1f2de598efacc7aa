import { readdirSync } from 'node:fs'
import { rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrateDatabase } from '#db/migrate.server.ts'
import { ensureDatabase, startPostgres } from '#db/postgres.server.ts'
import { isAlive } from './is-alive.ts'

declare module 'vitest' {
  interface ProvidedContext {
    template: { ownerUrl: string; webUrl: string; workerUrl: string; queueUrl: string }
  }
}

const FOLDER = path.resolve('.test')
/** Where a database is copied ten times as fast as on a disk. */
const MEMORY_FOLDER = '/dev/shm'
const MEMORY_BYTES_MIN = 4 * 1_073_741_824
const NAME = /^throughline-database-(\d+)$/

/**
 * Once for a run of the integration tests: a PostgreSQL (TEST_DATABASE_URL, or the packaged one without fsync) and in it
 * one migrated database, of which every test gets a copy.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer()
  const name = `throughline_template_${process.pid}`
  try {
    const ownerUrl = await ensureDatabase(server.ownerUrl, name)
    const urls = await migrateDatabase({ ownerUrl, secretsDir: server.secretsDir })
    project.provide('template', { ownerUrl, ...urls })
  } catch (error) {
    await server.stop()
    throw error
  }
  return async () => {
    if (server.isShared) await dropDatabase(server.ownerUrl, name)
    await server.stop()
  }
}

async function startServer() {
  const given = process.env.TEST_DATABASE_URL
  if (given) {
    const secretsDir = path.join(FOLDER, 'secrets')
    return { ownerUrl: given, secretsDir, isShared: true, stop: async () => undefined }
  }
  const folder = await databaseFolder()
  await sweepFolders(folder)
  const dataDir = path.join(folder, `throughline-database-${process.pid}`)
  const running = await startPostgres({
    dataDir,
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      shared_buffers: '128MB',
      max_wal_size: '256MB',
    },
    log: (line) => process.stderr.write(`postgres | ${line}\n`),
  })
  const stop = async () => {
    await running.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { ownerUrl: running.ownerUrl, secretsDir: path.join(dataDir, 'secrets'), isShared: false, stop }
}

/** Memory, where there is enough of it; containers often have 64 MB. */
async function databaseFolder(): Promise<string> {
  const free = await statfs(MEMORY_FOLDER).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  return free >= MEMORY_BYTES_MIN ? MEMORY_FOLDER : FOLDER
}

/** Stop and remove what runs that were killed left behind. */
async function sweepFolders(folder: string): Promise<void> {
  for (const name of existing(folder)) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0)
    if (pid === 0 || isAlive(pid)) continue
    const dataDir = path.join(folder, name)
    const left = await startPostgres({ dataDir, log: () => undefined }).catch(() => null)
    await left?.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function existing(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

async function dropDatabase(ownerUrl: string, name: string): Promise<void> {
  const sql = postgres(ownerUrl, { max: 1 })
  await sql`drop database if exists ${sql(name)} with (force)`
  await sql.end()
}

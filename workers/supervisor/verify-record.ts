/**
 * `npm run --silent verify-record`: check the decision record, of the database or (with `--file EXPORT.json`, offline) of an
 * export. Says the first row that does not hold and ends with 1.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileFault, RecordFile } from '#app/domain/record.ts'
import { openDatabase } from '#db/client.server.ts'
import { ensureDatabase, startPostgres } from '#db/postgres.server.ts'
import { CRYPTOGRAPHY, openRecordKey } from '#db/record-key.server.ts'
import { verifyDatabase } from '#db/verify-record.ts'
import { StartRefused } from './refused.ts'
import type { Settings } from './settings.ts'
import { readSettings } from './settings.ts'

async function main(): Promise<number> {
  const [option, file] = process.argv.slice(2)
  if (option !== undefined && (option !== '--file' || file === undefined))
    throw new StartRefused('Usage: npm run verify-record [-- --file EXPORT.json]')
  return file === undefined ? checkDatabase(readSettings(process.env)) : checkFile(file)
}

async function checkFile(file: string): Promise<number> {
  const parsed = RecordFile.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!parsed.success) throw new StartRefused(`${file} is no export of a record.`)
  const fault = fileFault(parsed.data, null, CRYPTOGRAPHY)
  if (fault !== null) return say(`It does not hold. ${fault}`, 1)
  const { record } = parsed.data.content
  return say(
    `It holds: ${String(record.links.length)} records, ${String(record.checkpoints.length)} checkpoints, key ${parsed.data.seal.keyId}.`,
    0,
  )
}

async function checkDatabase(settings: Settings): Promise<number> {
  const server = await reachDatabase(settings)
  const database = openDatabase(server.ownerUrl, { connectionsMax: 1, name: 'throughline verification' })
  try {
    const key = await openRecordKey(settings.dataDir)
    const found = await verifyDatabase(database, key.keyId, CRYPTOGRAPHY)
    if (found.fault !== null) return say(`It does not hold. ${found.fault}`, 1)
    return say(
      `It holds: ${String(found.recordCount)} records in ${String(found.chainCount)} chains, ${String(found.checkpointCount)} checkpoints, key ${key.keyId}.`,
      0,
    )
  } finally {
    await database.close()
    await server.stop()
  }
}

/** The database of the running portal; when it does not run, its own PostgreSQL is started for the check. */
async function reachDatabase(settings: Settings): Promise<{ ownerUrl: string; stop: () => Promise<void> }> {
  const nothing = async () => undefined
  if (settings.databaseUrl !== null) return { ownerUrl: settings.databaseUrl, stop: nothing }
  const running = await runningUrl(settings.dataDir)
  if (running !== null) return { ownerUrl: running, stop: nothing }
  const started = await startPostgres({ dataDir: settings.dataDir, log: () => undefined })
  return { ownerUrl: await ensureDatabase(started.ownerUrl, 'throughline'), stop: () => started.stop() }
}

/** Null when no server answers on the port of last time. */
async function runningUrl(dataDir: string): Promise<string | null> {
  const read = (name: string) => readFile(path.join(dataDir, name), 'utf8').catch(() => null)
  const [port, password] = [await read('postgres.port'), await read(path.join('secrets', 'postgres-owner'))]
  if (port === null || password === null) return null
  const url = `postgres://throughline_owner:${password.trim()}@127.0.0.1:${port.trim()}/throughline`
  const database = openDatabase(url, { connectionsMax: 1, name: 'throughline verification' })
  try {
    await database.answers()
    return url
  } catch {
    return null
  } finally {
    await database.close()
  }
}

function say(sentence: string, code: number): number {
  const to = code === 0 ? process.stdout : process.stderr
  to.write(`${sentence}\n`)
  return code
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof StartRefused ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)

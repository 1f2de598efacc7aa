import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { ensureDatabase, serverVersion, startPostgres, type RunningPostgres } from '#db/postgres.server.ts'
import { query, test } from '#test/support/database.ts'

const started: RunningPostgres[] = []
let dataDir = ''
let lines: string[] = []

beforeEach(async () => {
  await mkdir('.test', { recursive: true })
  dataDir = await mkdtemp(path.join(path.resolve('.test'), 'postgres-'))
  lines = []
})

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(): Promise<RunningPostgres> {
  const server = await startPostgres({ dataDir, log: (line) => lines.push(line) })
  started.push(server)
  return server
}

describe('the packaged PostgreSQL', () => {
  test('keeps its port, its password and its rows from one start to the next', async () => {
    const first = await start()
    const url = await ensureDatabase(first.ownerUrl, 'kept')
    await query(url, (sql) => sql`create table note as select 'written' as text`)
    await first.stop()
    const second = await start()
    expect(second.ownerUrl).toBe(first.ownerUrl)
    expect(await query(url, (sql) => sql`select text from note`)).toEqual([{ text: 'written' }])
    expect(await serverVersion(url)).toBeGreaterThanOrEqual(15)
    expect((await stat(path.join(dataDir, 'secrets', 'postgres-owner'))).mode & 0o777).toBe(0o600)
  })

  test('is refused without the password, and listens on this machine only', async () => {
    const server = await start()
    const stranger = new URL(server.ownerUrl)
    stranger.password = 'guessed'
    await expect(query(stranger.toString(), (sql) => sql`select 1`)).rejects.toMatchObject({ code: '28P01' })
    const addresses = await query(server.ownerUrl, (sql) => sql`show listen_addresses`)
    expect(addresses).toEqual([{ listen_addresses: '127.0.0.1' }])
  })

  test('loses no acknowledged row when it is killed while it is being written to', async () => {
    const first = await start()
    const url = await ensureDatabase(first.ownerUrl, 'killed')
    await query(url, (sql) => sql`create table note (number int primary key)`)
    let acknowledged = 0
    const writing = query(url, async (writer) => {
      for (let number = 1; number < 100_000; number += 1) {
        await writer`insert into note values (${number})`
        acknowledged = number
      }
    }).catch((error: unknown) => error)
    while (acknowledged < 200) await new Promise((resolve) => setTimeout(resolve, 5))
    process.kill(first.pid, 'SIGKILL')
    expect(await writing).toBeInstanceOf(Error)
    await first.ended
    await start()
    const [row] = await query(url, (sql) => sql<{ count: number }[]>`select count(*)::int as count from note`)
    expect(row?.count).toBeGreaterThanOrEqual(acknowledged)
    expect(lines.join('\n')).toMatch(/was interrupted/)
  })

  test('takes the place of one that a killed parent left running', async () => {
    const orphan = await orphanedPostgres()
    const server = await start()
    expect(server.pid).not.toBe(orphan)
    const lock = await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
    expect(lock.split('\n')[0]).toBe(String(server.pid))
    expect(lines).toContain('Stopping the PostgreSQL that an earlier run left behind …')
    expect(await query(server.ownerUrl, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  test('starts although its old process number belongs to somebody else by now', async () => {
    const first = await start()
    await first.stop()
    const lock = path.join(dataDir, 'postgres', 'postmaster.pid')
    await writeFile(lock, `${process.pid}\n${path.join(dataDir, 'postgres')}\n0\n5432\n\n127.0.0.1\n0 0\nready\n`)
    const second = await start()
    expect(await query(second.ownerUrl, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  test('gets a new password when the kept one is lost', async () => {
    const first = await start()
    await first.stop()
    await rm(path.join(dataDir, 'secrets', 'postgres-owner'))
    const second = await start()
    expect(second.ownerUrl).not.toBe(first.ownerUrl)
    expect(await query(second.ownerUrl, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  test('is not left half made by a start that was killed', async () => {
    await writeFile(path.join(dataDir, 'postgres.password'), 'of the killed start')
    await start()
    await expect(readFile(path.join(dataDir, 'postgres.password'))).rejects.toThrow('ENOENT')
  })
})

describe('the database of a test', () => {
  test('is migrated, and each role gets in', async ({ database }) => {
    for (const url of Object.values(database)) {
      const [row] = await query(url, (sql) => sql<{ name: string }[]>`select current_database() as name`)
      expect(row?.name).toMatch(/^test_[0-9a-f]{12}$/)
    }
  })
})

/** A PostgreSQL whose parent was killed with -9. @returns its process number */
async function orphanedPostgres(): Promise<number> {
  const program = `
    import { startPostgres } from '#db/postgres.server.ts'
    const server = await startPostgres({ dataDir: process.argv[1], log: () => undefined })
    process.stdout.write(String(server.pid) + '\\n')
    setInterval(() => undefined, 1000)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said]: unknown[] = await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  return Number(String(said))
}

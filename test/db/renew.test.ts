import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'
import { isDatabaseAway, openDatabase } from '#db/client.server.ts'
import { test } from '#test/support/database.ts'

test('new connections answer at once while those of before hang, and what hung ends as if the database were away', async ({
  database,
}) => {
  const opened = openDatabase(database.webUrl, { connectionsMax: 1, name: 'renewed' })
  // The only connection there is.
  const hung = opened.as({}, (tx) => tx.execute(sql`select pg_sleep(15)`)).catch((error: unknown) => error)
  const waits = opened.answers().catch((error: unknown) => error)
  const renewed = opened.renew()
  await opened.answers()
  expect(isDatabaseAway(await hung)).toBe(true)
  expect(isDatabaseAway(await waits)).toBe(true)
  await renewed
  await opened.answers()
  await opened.close()
})

test('a server where nobody listens is away; one that refuses a statement is not', async ({ database }) => {
  const opened = openDatabase(database.webUrl, { connectionsMax: 1, name: 'refused' })
  const refused = await opened.as({}, (tx) => tx.execute(sql`select nothing`)).catch((error: unknown) => error)
  expect(isDatabaseAway(refused)).toBe(false)
  await opened.close()
  const nobody = openDatabase('postgres://x:y@127.0.0.1:9/x', { connectionsMax: 1, name: 'nobody' })
  expect(isDatabaseAway(await nobody.answers().catch((error: unknown) => error))).toBe(true)
  await nobody.close()
})

test('a process goes on when connections are ended in the middle of what is done over them', async ({ database }) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'test/support/lost-write.ts', database.webUrl],
    { timeout: 60_000 },
  )
  expect(JSON.parse(stdout)).toEqual({ ends: Array.from({ length: 5 }, () => 'away'), hasLostWrites: true })
})

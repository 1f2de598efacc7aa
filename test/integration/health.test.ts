import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { isHealthy, watchHealth } from '#workers/supervisor/health.ts'
import { query, test } from '../support/database.ts'
import { eventually, startPortal } from '../support/processes.ts'

const EVERY_MS = 200
/** Several times as many as the supervisor takes. */
const BAD_ANSWERS = 20

test('a web process is left alone while its database is away, and started afresh when it hangs', async ({
  database,
}) => {
  const server = new URL(database.ownerUrl)
  const name = server.pathname.slice(1)
  server.pathname = '/postgres'
  const admit = (isAllowed: boolean) =>
    query(server.toString(), async (sql) => {
      await sql`alter database ${sql(name)} with allow_connections ${sql.unsafe(String(isAllowed))}`
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
    })
  const portal = await startPortal(database)
  let restarts = 0
  const stop = watchHealth(
    { origin: portal.origin, databaseUrl: database.ownerUrl, restart: async () => void (restarts += 1) },
    EVERY_MS,
  )
  try {
    expect(await isHealthy(portal.origin)).toBe(true)
    await admit(false)
    for (let bad = 0; bad < BAD_ANSWERS; bad += (await isHealthy(portal.origin, EVERY_MS)) ? 0 : 1)
      await sleep(EVERY_MS)
    expect(restarts).toBe(0)

    await admit(true)
    await eventually(async () => ((await isHealthy(portal.origin)) ? true : null), 30, 'it is well again')
    portal.web.child.kill('SIGSTOP')
    await eventually(async () => (restarts > 0 ? true : null), 30, 'it is started afresh')
  } finally {
    stop()
    await portal.stop()
  }
})

import { describe, expect } from 'vitest'
import type { Database } from '#db/types.ts'
import { query } from '#test/support/database.ts'
import { cookieOf, watching } from '#test/support/event-stream.ts'
import type { Client } from '#test/support/http.ts'
import { aRun, startServer, test } from '#test/support/http.ts'

const log = (client: Client, run_id: string, step: number, value: number | string = step / 10) =>
  client.post('runs/log-batch', { run_id, metrics: [{ key: 'loss', value, step, timestamp: step }] })

describe('watching a run', () => {
  test('shows what it logs, goes on where a lost connection was, and ends with it', async ({
    pools,
    fixture,
    server,
    client,
  }) => {
    const runId = await aRun(client)
    await log(client, runId, 1)
    await log(client, runId, 2, 'NaN')
    const place = `/live/engagements/${fixture.engagementId}/runs/${runId}`
    const cookie = await cookieOf(pools.web, fixture.client, server)
    const first = await watching(server, place, { cookie })
    const told = await first.next()
    expect(JSON.parse(told?.data ?? '')).toEqual([{ key: 'loss', points: [{ step: 1, value: 0.1 }, { step: 2, value: null }] }]) // prettier-ignore
    await log(client, runId, 3)
    const more = await first.next()
    expect(more?.data).toContain('"step":3')
    first.leave()

    // Nothing new: the first thing that is told is what comes after.
    const again = await watching(server, place, { cookie, 'last-event-id': more?.id ?? '' })
    const later = again.next()
    await log(client, runId, 4)
    expect((await later)?.data).toContain('"step":4')
    await client.post('runs/update', { run_id: runId, status: 'FINISHED', end_time: 9 })
    expect(await again.next()).toMatchObject({ event: 'end' })
    expect(await again.next()).toBeNull()
    const over = await watching(server, place, { cookie })
    expect((await over.next())?.event).toBe('metrics')
    expect((await over.next())?.event).toBe('end')
  })

  test('is for who may see the run; anything else is not there', async ({ pools, fixture, other, server, client }) => {
    const runId = await aRun(client)
    const at = (engagementId: string, run = runId) => `/live/engagements/${engagementId}/runs/${run}`
    const status = async (place: string, headers: Record<string, string> = {}) => {
      const stream = await watching(server, place, headers)
      stream.leave()
      return stream.status
    }
    const lead = { cookie: await cookieOf(pools.web, fixture.lead, server) }
    const stranger = { cookie: await cookieOf(pools.web, other.client, server) }
    expect(await status(at(fixture.engagementId), lead)).toBe(200)
    expect(await status(at(fixture.engagementId))).toBe(404)
    expect(await status(at(fixture.engagementId), stranger)).toBe(404)
    expect(await status(at(other.engagementId), stranger)).toBe(404)
    expect(await status(at(fixture.engagementId, 'f'.repeat(32)), lead)).toBe(404)
    expect(await status(at(fixture.engagementId, 'nothing'), lead)).toBe(404)
  })

  test('asks the database once a second for all who watch, and not at all when they left', async ({
    pools,
    fixture,
    client,
  }) => {
    let asked = 0
    const counted: Database = {
      ...pools.web,
      as: (scope, work) => {
        asked += 1
        return pools.web.as(scope, work)
      },
    }
    const server = await startServer({ ...pools, web: counted })
    try {
      const runId = await aRun(client)
      const cookie = await cookieOf(pools.web, fixture.lead, server)
      const place = `/live/engagements/${fixture.engagementId}/runs/${runId}`
      const streams = await Promise.all(Array.from({ length: 8 }, () => watching(server, place, { cookie })))
      await Promise.all(streams.map((stream) => stream.next()))
      asked = 0
      const since = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 2500))
      expect(asked).toBeGreaterThan(0)
      // Each of the eight by itself would ask as often again.
      expect(asked).toBeLessThanOrEqual((performance.now() - since) / 1000 + 1)
      for (const stream of streams) stream.leave()
      await new Promise((resolve) => setTimeout(resolve, 1500))
      asked = 0
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect(asked).toBe(0)
    } finally {
      await server.close()
    }
  })

  test('ends for whoever loses the seat while watching', async ({ pools, fixture, server, client, database }) => {
    const runId = await aRun(client)
    const cookie = await cookieOf(pools.web, fixture.client, server)
    const stream = await watching(server, `/live/engagements/${fixture.engagementId}/runs/${runId}`, { cookie })
    await stream.next()
    await query(
      database.ownerUrl,
      (sql) => sql`update seats set vacated_at = now() where person_id = ${fixture.client.personId}`,
    )
    expect(await stream.next()).toBeNull()
  })
})

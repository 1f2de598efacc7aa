import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { JobActor } from '#app/domain/actor.ts'
import type { LogTail } from '#app/domain/job-log.ts'
import { LOG_SHOWN_BYTES_MAX, LOG_SHOWN_PIECES_MAX, longerTail } from '#app/domain/job-log.ts'
import { loader as jobPage } from '#app/routes/jobs/detail.tsx'
import { loader as logTxt } from '#app/routes/jobs/log-txt.ts'
import type { LogPiece } from '#db/queries/job-leases.ts'
import { insertJobLog } from '#db/queries/job-leases.ts'
import type { JobLogPiece } from '#db/queries/jobs.ts'
import { listJobLog } from '#db/queries/jobs.ts'
import type { Database } from '#db/types.ts'
import { query } from '#test/support/database.ts'
import { cookieOf, watching } from '#test/support/event-stream.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aJobActor } from '#test/support/factories.ts'
import { startServer } from '#test/support/http.ts'
import { test } from '#test/support/web.ts'

const say = (pools: Pools, { engagementId }: EngagementFixture, { jobId }: JobActor, pieces: readonly LogPiece[]) =>
  pools.worker.as({}, (tx) => insertJobLog(tx, { id: jobId, engagementId, attempt: 1 }, pieces))

/** As a program prints that does not stop: numbered lines in pieces of 16 KB, up to what is kept. */
const endless = (pieceCount: number): LogPiece[] =>
  Array.from({ length: pieceCount }, (_, at) => ({
    stream: 'stdout',
    text: `${String(at).padStart(4, '0')} ünd so on\n`.repeat(1000),
  }))

describe('the log of a job that prints without end', () => {
  test('is on its page in its newest part, and whole as a download for the team', async ({ pools, fixture, web }) => {
    const job = await aJobActor(pools, fixture)
    const all = endless(320)
    for (let at = 0; at < all.length; at += 100) await say(pools, fixture, job, all.slice(at, at + 100))
    const whole = all.map(({ text }) => text).join('')
    const page = await web.get(fixture.lead, jobPage, { jobId: job.jobId })
    expect(JSON.stringify(page).length).toBeLessThan(2 * LOG_SHOWN_BYTES_MAX)
    const shown = page.log.pieces.map(({ text }) => text).join('')
    expect(whole.endsWith(shown)).toBe(true)
    expect(Buffer.byteLength(shown)).toBe(page.log.bytes)
    expect(page.log.bytes).toBeGreaterThan(LOG_SHOWN_BYTES_MAX - 20_000)
    expect(page.log.bytes + page.log.leftOutBytes).toBe(Buffer.byteLength(whole))
    // The page says the same as a browser that watched from the beginning.
    const pieces = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listJobLog(tx, job.jobId, 0, 1000))
    const nothing: LogTail<JobLogPiece> = { pieces: [], bytes: 0, leftOutBytes: 0 }
    expect(pieces.reduce<LogTail<JobLogPiece>>(longerTail, nothing)).toEqual(page.log)

    const before = web.readsCount()
    const file = await web.get(fixture.lead, logTxt, { jobId: job.jobId })
    expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="job-[0-9a-f-]{36}[.]txt"$/)
    expect((await file.text()) === whole).toBe(true)
    expect(web.readsCount() - before).toBeGreaterThan(2)
    await expect(web.get(fixture.lead, logTxt, { jobId: fixture.engagementId })).rejects.toMatchObject({ status: 404 })
    await expect(web.get(fixture.client, logTxt, { jobId: job.jobId })).rejects.toMatchObject({ status: 404 })
  })

  test('is short on its page also when it came letter by letter', async ({ pools, fixture, web, database }) => {
    const job = await aJobActor(pools, fixture)
    await query(
      database.ownerUrl,
      (sql) => sql`insert into job_logs (engagement_id, job_id, attempt, stream, text)
        select ${fixture.engagementId}, ${job.jobId}, 1, case when g % 2 = 0 then 'stdout' else 'stderr' end, 'x'
        from generate_series(1, 20000) g`,
    )
    const { log } = await web.get(fixture.lead, jobPage, { jobId: job.jobId })
    expect([log.pieces.length, log.leftOutBytes]).toEqual([LOG_SHOWN_PIECES_MAX, 20_000 - LOG_SHOWN_PIECES_MAX])
  })

  test('goes on live where the page ends and where a connection was lost', async ({
    pools,
    fixture,
    web,
    database,
  }) => {
    const server = await startServer(pools)
    try {
      const job = await aJobActor(pools, fixture)
      await say(pools, fixture, job, endless(30))
      const { log } = await web.get(fixture.lead, jobPage, { jobId: job.jobId })
      const cookie = await cookieOf(pools.web, fixture.lead, server)
      const place = `/live/engagements/${fixture.engagementId}/jobs/${job.jobId}`
      const first = await watching(server, `${place}?after=${String(log.pieces.at(-1)?.id)}`, { cookie })
      expect((await first.next())?.event).toBe('state')
      await say(pools, fixture, job, [{ stream: 'stdout', text: 'then\n' }])
      const then = await first.next()
      expect(JSON.parse(then?.data ?? '')).toEqual({ stream: 'stdout', text: 'then\n' })
      first.leave()

      await say(pools, fixture, job, [{ stream: 'stderr', text: 'meanwhile\n' }])
      const again = await watching(server, `${place}?after=0`, { cookie, 'last-event-id': then?.id ?? '' })
      expect(JSON.parse((await again.next())?.data ?? '')).toEqual({ stream: 'stderr', text: 'meanwhile\n' })
      await query(database.ownerUrl, (sql) => sql`update jobs set state = 'succeeded' where id = ${job.jobId}`)
      expect((await again.next())?.event).toBe('state')
      expect(JSON.parse((await again.next())?.data ?? '')).toMatchObject({ state: 'succeeded' })
      expect((await again.next())?.event).toBe('end')
      expect(await again.next()).toBeNull()
    } finally {
      await server.close()
    }
  })

  test('waits for a database that is away, before it begins and in the middle', async ({ pools, fixture }) => {
    let isAway = false
    const away = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    const web: Database = {
      ...pools.web,
      as: (scope, work) => (isAway ? away() : pools.web.as(scope, work)),
      call: (scope, name, given) => (isAway ? away() : pools.web.call(scope, name, given)),
    }
    const server = await startServer({ ...pools, web })
    try {
      const job = await aJobActor(pools, fixture)
      const cookie = await cookieOf(pools.web, fixture.lead, server)
      const leave = async (forMs: number) => {
        isAway = true
        await sleep(forMs)
        isAway = false
      }
      const back = leave(700)
      const stream = await watching(server, `/live/engagements/${fixture.engagementId}/jobs/${job.jobId}`, { cookie })
      await back
      expect([stream.status, (await stream.next())?.event]).toEqual([200, 'state'])
      await Promise.all([leave(1500), say(pools, fixture, job, [{ stream: 'stdout', text: 'meanwhile\n' }])])
      expect(JSON.parse((await stream.next())?.data ?? '')).toEqual({ stream: 'stdout', text: 'meanwhile\n' })
      stream.leave()
    } finally {
      await server.close()
    }
  })
})

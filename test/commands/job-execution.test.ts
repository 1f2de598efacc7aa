import { describe, expect } from 'vitest'
import { beginJob, endJob, giveBackJob, reapJobs } from '#app/commands/job-execution.ts'
import { cancelJob, replayJob } from '#app/commands/jobs.ts'
import { newId } from '#db/new-id.ts'
import { getJob, insertJob, listJobLog } from '#db/queries/jobs.ts'
import type { JobId } from '#app/domain/ids.ts'
import type { JobEnd } from '#app/domain/job.ts'
import type { EngagementFixture, Pools } from '../support/factories.ts'
import { aFirm, anEngagement, as, NOW, training } from '../support/factories.ts'
import { query } from '../support/database.ts'
import { test } from '#test/support/engagement.ts'

const begin = (pools: Pools) =>
  beginJob(pools.worker, {
    workerId: 'worker-1',
    executor: 'cage',
    environment: 'test',
    interpreter: 'python',
    now: NOW,
  }).then((begun) => begun?.lease ?? null)

function aJob(
  pools: Pools,
  fixture: EngagementFixture,
  options: { title?: string; priority?: number; at?: Date; key?: string; runName?: string } = {},
): Promise<JobId> {
  return pools.web
    .as({ personId: fixture.lead.personId }, (tx) =>
      insertJob(tx, {
        id: newId<JobId>(),
        engagementId: fixture.engagementId,
        title: options.title ?? 'a job',
        work: training(options.runName ?? 'a'),
        idempotencyKey: options.key ?? null,
        ...(options.priority === undefined ? {} : { priority: options.priority }),
        requestedBy: fixture.lead.personId,
        at: options.at ?? NOW,
      }),
    )
    .then(({ id }) => id)
}

const jobOf = (pools: Pools, fixture: EngagementFixture, id: JobId) =>
  pools.web.as({ personId: fixture.lead.personId }, (tx) => getJob(tx, fixture.engagementId, id))

const ended = (state: JobEnd['state'], reasonCode: JobEnd['reasonCode'], exitCode: number | null = null): JobEnd => ({
  state,
  reasonCode,
  reason: reasonCode === null ? '' : 'Because.',
  exitCode,
})

describe('who is next', () => {
  test('is the engagement with the least share; within it the higher priority, then the older', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const busy = await anEngagement(pools, lead, 'Busy')
    const small = await anEngagement(pools, lead, 'Small')
    const at = (minute: number) => new Date(NOW.getTime() + minute * 60_000)
    await aJob(pools, busy, { title: 'busy 1', at: at(0) })
    await aJob(pools, busy, { title: 'busy 2', at: at(1) })
    await aJob(pools, busy, { title: 'busy urgent', at: at(2), priority: 1 })
    await aJob(pools, busy, { title: 'busy whenever', at: at(0), priority: -1 })
    await aJob(pools, small, { title: 'small 1', at: at(5) })
    await aJob(pools, small, { title: 'small 2', at: at(6) })
    // One slot: whoever was served goes to the back of the row, however much waits there and however urgent it is.
    const order: string[] = []
    for (let turn = 0; turn < 6; turn += 1) {
      const lease = await begin(pools)
      if (!lease) break
      order.push(lease.title)
      await endJob(pools.worker, lease, { end: ended('succeeded', null), variation: 0, now: NOW })
    }
    const ofBusy = order.filter((title) => title.startsWith('busy'))
    expect(ofBusy).toEqual(['busy urgent', 'busy 1', 'busy 2', 'busy whenever'])
    expect(order.slice(0, 4).filter((title) => title.startsWith('small'))).toEqual(['small 1', 'small 2'])
    expect(await begin(pools)).toBeNull()
  })

  test('is never one job twice, however many ask', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    for (let count = 0; count < 5; count += 1) await aJob(pools, fixture)
    const leases = await Promise.all(Array.from({ length: 12 }, () => begin(pools)))
    const claimed = leases.flatMap((lease) => lease?.id ?? [])
    expect(claimed).toHaveLength(5)
    expect(new Set(claimed).size).toBe(5)
  })

  test('is not a job that waits to be tried again', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    await aJob(pools, fixture, { at: new Date(Date.now() + 60_000) })
    expect(await begin(pools)).toBeNull()
  })
})

describe('an attempt that ends', () => {
  test('has each reason distinct, and is tried again only when the house failed', async ({ pools, database }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const cases = [
      [ended('failed', 'exit_code', 3), 'failed'],
      [ended('failed', 'exception'), 'failed'],
      [ended('failed', 'out_of_memory'), 'failed'],
      [ended('timed_out', 'time_limit'), 'timed_out'],
      [ended('cancelled', 'cancelled'), 'cancelled'],
      [ended('failed', 'crashed'), 'queued'],
      [ended('failed', 'not_started'), 'queued'],
    ] as const
    for (const [end, state] of cases) {
      const id = await aJob(pools, fixture)
      const lease = await begin(pools)
      expect(lease?.id).toBe(id)
      if (!lease) continue
      expect(await endJob(pools.worker, lease, { end, variation: 0.5, now: NOW })).toBe(state)
      const job = await jobOf(pools, fixture, id)
      expect(job.state).toBe(state)
      if (state === 'queued') {
        expect(job.reason).toBe('Because. It is tried again.')
        expect(job.runAt.getTime()).toBeGreaterThan(Date.now())
      } else expect(job).toMatchObject({ reasonCode: end.reasonCode, exitCode: end.exitCode })
      // A second delivery of the same end finds nothing that it may change.
      expect(await endJob(pools.worker, lease, { end, variation: 0.5, now: NOW })).toBeNull()
      await query(database.ownerUrl, (sql) => sql`delete from job_logs`)
      await query(database.ownerUrl, (sql) => sql`update jobs set state = 'cancelled' where state = 'queued'`)
    }
  })

  test('stays ended at the last attempt, as a dead letter that a person replays once per click', async ({
    pools,
    database,
  }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const id = await aJob(pools, fixture)
    for (const state of ['queued', 'queued', 'failed']) {
      const lease = await begin(pools)
      if (!lease) throw new Error('Nothing to claim')
      expect(await endJob(pools.worker, lease, { end: ended('failed', 'crashed'), variation: 0, now: NOW })).toBe(state)
      await query(database.ownerUrl, (sql) => sql`update jobs set run_at = now() where state = 'queued'`)
    }
    const ask = (key: string) =>
      replayJob(as(pools, lead), { engagementId: fixture.engagementId, jobId: id, idempotencyKey: key })
    const first = await ask('a')
    expect(await ask('a')).toBe(first)
    expect(await ask('b')).not.toBe(first)
    expect(await jobOf(pools, fixture, first)).toMatchObject({ state: 'queued', replayOf: id, attempt: 0 })
    await expect(
      ask('a').then(() =>
        replayJob(as(pools, lead), { engagementId: fixture.engagementId, jobId: first, idempotencyKey: 'c' }),
      ),
    ).rejects.toMatchObject({
      code: 'refused',
      message: 'The job is still queued.',
    })
  })

  test('is written by nobody whose lease was taken away', async ({ pools, database }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const id = await aJob(pools, fixture)
    const lease = await begin(pools)
    if (!lease) throw new Error('Nothing to claim')
    await query(database.ownerUrl, (sql) => sql`update jobs set lease_until = now() - interval '1 second'`)
    expect(await reapJobs(pools.worker, NOW)).toBe(1)
    expect(await reapJobs(pools.worker, NOW)).toBe(0)
    expect(await jobOf(pools, fixture, id)).toMatchObject({ state: 'queued', attempt: 1 })
    expect(await endJob(pools.worker, lease, { end: ended('succeeded', null), variation: 0, now: NOW })).toBeNull()
    await giveBackJob(pools.worker, lease)
    expect(await jobOf(pools, fixture, id)).toMatchObject({ state: 'queued', attempt: 1 })
    const log = await pools.web.as({ personId: lead.personId }, (tx) => listJobLog(tx, id, 0))
    expect(log.map((piece) => piece.text)).toEqual(['The worker died. The job starts again.\n'])
  })

  test('whose worker died after a person cancelled it is cancelled', async ({ pools, database }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const id = await aJob(pools, fixture)
    await begin(pools)
    await cancelJob(as(pools, lead), { engagementId: fixture.engagementId, jobId: id })
    await query(database.ownerUrl, (sql) => sql`update jobs set lease_until = now() - interval '1 second'`)
    await reapJobs(pools.worker, NOW)
    expect(await jobOf(pools, fixture, id)).toMatchObject({ state: 'cancelled', reasonCode: 'cancelled' })
  })
})

describe('a request', () => {
  test('with a used key is the same job, and refused for other work', async ({ pools }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const id = await aJob(pools, fixture, { key: 'k' })
    expect(await aJob(pools, fixture, { key: 'k' })).toBe(id)
    await expect(aJob(pools, fixture, { key: 'k', runName: 'other' })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('to replay is refused to the client, and to people of another engagement it does not exist', async ({
    pools,
  }) => {
    const { lead } = await aFirm(pools)
    const fixture = await anEngagement(pools, lead)
    const other = await anEngagement(pools, lead, 'Other')
    const id = await aJob(pools, fixture)
    const lease = await begin(pools)
    if (lease) await endJob(pools.worker, lease, { end: ended('failed', 'exception'), variation: 0, now: NOW })
    const ask = (who: EngagementFixture['client'], engagementId: EngagementFixture['engagementId']) =>
      replayJob(as(pools, who), { engagementId, jobId: id, idempotencyKey: 'x' })
    // Jobs are rows of the team: for the client they do not exist.
    await expect(ask(fixture.client, fixture.engagementId)).rejects.toMatchObject({ code: 'not_found' })
    await expect(ask(other.client, fixture.engagementId)).rejects.toMatchObject({ code: 'not_found' })
    await expect(ask(lead, other.engagementId)).rejects.toMatchObject({ code: 'not_found' })
  })
})

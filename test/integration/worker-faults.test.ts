import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { beginJob, endJob } from '#app/commands/job-execution.ts'
import { cancelJob, replayJob } from '#app/commands/jobs.ts'
import type { JobId } from '#app/domain/ids.ts'
import { isJobEnded } from '#app/domain/job.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { appendJobLog, renewLease } from '#db/queries/job-leases.ts'
import { getJob, listJobLog, listRunsOfJob } from '#db/queries/jobs.ts'
import { freePort } from '#db/postgres.server.ts'
import { query, test as withDatabase } from '../support/database.ts'
import type { EngagementFixture, Pools } from '../support/factories.ts'
import { aFirm, anEngagement, as, openPools } from '../support/factories.ts'
import type { TrainingFixture } from '../support/jobs.ts'
import { aStoredDataset, aTraining, LONG, QUICK } from '../support/jobs.ts'
import type { Portal, PortalProcess } from '../support/processes.ts'
import { eventually, startPortal } from '../support/processes.ts'

interface Setting {
  readonly portal: Portal
  readonly pools: Pools
  readonly fixture: EngagementFixture
  readonly data: TrainingFixture
}

const test = withDatabase.extend<{ setting: Setting }>({
  setting: async ({ database }, use) => {
    const pools = openPools(database)
    const portal = await startPortal(database)
    try {
      const { lead } = await aFirm(pools)
      const fixture = await anEngagement(pools, lead)
      const data = {
        train: await aStoredDataset(pools, fixture, diskBlobs(portal.dataDir), 'birdstrikes-train'),
        test: await aStoredDataset(pools, fixture, diskBlobs(portal.dataDir), 'birdstrikes-holdout'),
      }
      await use({ portal, pools, fixture, data })
    } finally {
      await portal.stop()
      await pools.close()
    }
  },
})

const jobOf = ({ pools, fixture }: Setting, id: JobId) =>
  pools.web.as({ personId: fixture.lead.personId }, (tx) => getJob(tx, fixture.engagementId, id))

/** The lease of a job as its worker holds it. */
async function leaseOf({ pools, fixture }: Setting, id: JobId) {
  const job = await pools.worker.as({}, (tx) => getJob(tx, fixture.engagementId, id))
  const { token } = await pools.worker.as({}, async (tx) => {
    const [row] = await tx.execute<{ token: string }>(`select lease_token as token from jobs where id = '${id}'`)
    return row ?? { token: '' }
  })
  return { ...job, leaseToken: token, requestedBy: fixture.lead.personId }
}

/** Wait until the job's own code runs: it has logged something itself. */
async function untilInside(setting: Setting, id: JobId, attempt = 1): Promise<void> {
  const { pools, fixture } = setting
  await eventually(
    async () => {
      const pieces = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listJobLog(tx, id, 0))
      return pieces.some((piece) => piece.attempt === attempt && piece.stream === 'stdout') ? true : null
    },
    60,
    `attempt ${String(attempt)} prints something`,
  )
}

const cagesBelow = (worker: PortalProcess): number[] =>
  readdirSync('/proc').flatMap((name) => {
    try {
      const parent = /\) [A-Z] (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]
      return Number(parent) === worker.child.pid ? [Number(name)] : []
    } catch {
      return []
    }
  })

const isAlive = (pid: number): boolean => {
  try {
    return (
      execFileSync('cat', [`/proc/${String(pid)}/stat`], { encoding: 'utf8', stdio: 'pipe' }).includes(') Z ') === false
    )
  } catch {
    return false
  }
}

describe('a worker that is killed in the middle of a job', { timeout: 180_000 }, () => {
  test('has its job run again within 15 s, and what it held is worth nothing', async ({ setting, database }) => {
    const { portal, pools, fixture, data } = setting
    const id = await aTraining(pools, fixture, data, { fields: LONG })
    const first = portal.startWorker()
    await untilInside(setting, id)
    const stale = await leaseOf(setting, id)
    const cages = cagesBelow(first)
    expect(cages.length).toBeGreaterThan(0)
    first.child.kill('SIGKILL')
    const killedAt = performance.now()
    const second = portal.startWorker()
    await eventually(
      async () => {
        const job = await jobOf(setting, id)
        expect(isJobEnded(job.state)).toBe(false)
        return job.state === 'running' && job.attempt === 2 ? true : null
      },
      15,
      'the job runs again',
    )
    expect((performance.now() - killedAt) / 1000).toBeLessThan(15)
    expect(cages.filter(isAlive)).toEqual([])

    // The worker that was killed comes back to life, so to say: it still holds its token and may write nothing.
    const end = { state: 'succeeded', reasonCode: null, reason: '', exitCode: 0 } as const
    expect(await endJob(pools.worker, stale, { end, variation: 0, now: new Date() })).toBeNull()
    const progress = { fraction: 1, note: '', memoryMbMax: 0, cpuSeconds: 0 }
    expect(await pools.worker.as({}, (tx) => renewLease(tx, stale, progress))).toBe('lost')
    expect(await pools.worker.as({}, (tx) => appendJobLog(tx, stale, [{ stream: 'stdout', text: 'x' }]))).toBe(false)
    const runs = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listRunsOfJob(tx, id))
    expect(runs[0]).toMatchObject({ state: 'lost' })
    expect((await jobOf(setting, id)).state).toBe('running')

    // And a person cancels the second attempt: within 10 s nothing of it is left.
    await untilInside(setting, id, 2)
    // Whoever holds a task is among the living, or its tasks would be taken away from it.
    const holders = await query(
      database.ownerUrl,
      (sql) => sql`select id from workers where id in (select locked_by from graphile_worker.jobs)`,
    )
    expect(holders.length).toBeGreaterThan(0)
    const tree = cagesBelow(second)
    expect(tree.length).toBeGreaterThan(0)
    await cancelJob(as(pools, fixture.lead, new Date()), { engagementId: fixture.engagementId, jobId: id })
    const cancelled = await eventually(
      async () => {
        const job = await jobOf(setting, id)
        return isJobEnded(job.state) ? job : null
      },
      10,
      'the job ends',
    )
    expect(cancelled).toMatchObject({ state: 'cancelled', reasonCode: 'cancelled', reason: 'A person cancelled it.' })
    expect(tree.filter(isAlive)).toEqual([])
  })

  test('has its job settled by the next one, even if that one never opens its queue', async ({ setting, database }) => {
    const { portal, pools, fixture, data } = setting
    const id = await aTraining(pools, fixture, data, { fields: QUICK })
    const held = { workerId: 'dead', executor: 'cage', environment: '', interpreter: '', now: new Date() }
    expect((await beginJob(pools.worker, held))?.lease.id).toBe(id)
    await query(database.ownerUrl, (sql) => sql`update jobs set lease_until = now() - interval '1 second'`)
    const nobody = `postgres://nobody@127.0.0.1:${String(await freePort())}/nothing`
    const next = portal.startWorker({ QUEUE_DATABASE_URL: nobody })
    expect(await next.ended).toBe('exit code 1')
    expect(next.said()).toContain('settled 1 jobs')
    expect(next.said()).not.toContain('ready')
    expect(await jobOf(setting, id)).toMatchObject({ state: 'queued', attempt: 1 })
  })

  test('three times makes its job lost, never more; a replay runs it afresh', async ({ setting }) => {
    const { portal, pools, fixture, data } = setting
    const id = await aTraining(pools, fixture, data, { fields: QUICK })
    for (const attempt of [1, 2, 3]) {
      const worker = portal.startWorker()
      await eventually(
        async () => {
          const job = await jobOf(setting, id)
          return job.state === 'running' && job.attempt === attempt ? true : null
        },
        30,
        `attempt ${String(attempt)} begins`,
      )
      worker.child.kill('SIGKILL')
    }
    const last = portal.startWorker()
    const lost = await eventually(
      async () => {
        const job = await jobOf(setting, id)
        return isJobEnded(job.state) ? job : null
      },
      15,
      'the job is settled',
    )
    expect(lost).toMatchObject({ state: 'lost', reasonCode: 'worker_lost', attempt: 3, exitCode: null })

    const ask = () =>
      replayJob(as(pools, fixture.lead, new Date()), {
        engagementId: fixture.engagementId,
        jobId: id,
        idempotencyKey: 'one click',
      })
    const [one, two] = await Promise.all([ask(), ask()])
    expect(two).toBe(one)
    const replayed = await eventually(
      async () => {
        const job = await jobOf(setting, one)
        return isJobEnded(job.state) ? job : null
      },
      60,
      'the replay ends',
    )
    expect(replayed).toMatchObject({ state: 'succeeded', attempt: 1, replayOf: id, exitCode: 0, progress: 1 })
    expect(replayed.memoryMbMax).toBeGreaterThan(50)
    expect(await jobOf(setting, id)).toMatchObject({ state: 'lost' })
    expect(last.said()).toContain('settled 1 jobs')
  })
})

describe('a worker that is told to stop', { timeout: 120_000 }, () => {
  test('lets a short job finish, gives a long one back without counting it, and leaves in order', async ({
    setting,
  }) => {
    const { portal, pools, fixture, data } = setting
    const long = await aTraining(pools, fixture, data, { fields: LONG })
    const first = portal.startWorker({ WORKER_DRAIN_SECONDS: '1' })
    await untilInside(setting, long)
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe('exit code 0')
    expect(await jobOf(setting, long)).toMatchObject({ state: 'queued', attempt: 0 })
    await cancelJob(as(pools, fixture.lead, new Date()), { engagementId: fixture.engagementId, jobId: long })

    const short = await aTraining(pools, fixture, data, { fields: QUICK })
    const second = portal.startWorker({ WORKER_DRAIN_SECONDS: '60' })
    await untilInside(setting, short)
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe('exit code 0')
    expect(await jobOf(setting, short)).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(await jobOf(setting, long)).toMatchObject({ state: 'cancelled', reason: 'Cancelled before it began.' })
  })
})

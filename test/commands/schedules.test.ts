import { describe, expect } from 'vitest'
import { describeDataset, importDataset } from '#app/commands/datasets.ts'
import { addSchedule, fireSchedule, fireSchedules, pauseSchedule } from '#app/commands/schedules.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { DatasetForm, DatasetTermsForm } from '#app/domain/dataset.ts'
import type { ScheduleId } from '#app/domain/ids.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import { newId } from '#db/new-id.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import type { JobRow } from '#db/queries/jobs.ts'
import { listJobs } from '#db/queries/jobs.ts'
import { getSchedule, listFirings, listSchedules } from '#db/queries/schedules.ts'
import { aBlob } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { anEngagement, as, NOW } from '#test/support/factories.ts'

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

/** A time of the day of the tests; NOW is 09:00. */
const at = (time: string) => new Date(`2026-03-02T${time}Z`)

/** Stored bytes under a name, as an import leaves them. */
function imported(pools: Pools, { engagementId, lead }: EngagementFixture, name: string, digit: string) {
  return importDataset(as(pools, lead), {
    engagementId,
    form: DatasetForm.parse({ name, description: '', sourceNote: 'a test', licence: 'CC0' }),
    blob: aBlob(digit.repeat(64)),
    profile: { rows: 10, columns: ['a'], positives: null },
  })
}

async function aSchedule(
  pools: Pools,
  fixture: EngagementFixture,
  change: Record<string, string> = {},
): Promise<ScheduleId> {
  const train = await imported(pools, fixture, 'train', 'a')
  const holdout = await imported(pools, fixture, 'test', 'b')
  return addSchedule(as(pools, fixture.lead), {
    engagementId: fixture.engagementId,
    form: ScheduleForm.parse({
      name: 'Hourly',
      trigger: 'time',
      cron: '0 * * * *',
      timeZone: 'Europe/Berlin',
      overlap: 'parallel',
      misfire: 'once',
      requestKey: newId(),
      ...change,
    }),
    job: {
      recipe: { key: 'bird-strike-damage', title: 'Bird-strike damage' },
      runName: 'nightly',
      parameters: {},
      datasets: [
        { role: 'train', datasetVersionId: train },
        { role: 'test', datasetVersionId: holdout },
      ],
    },
  })
}

const trainingOf = (job: JobRow | undefined) => {
  if (job?.kind !== 'train') throw new Error('No training')
  return job.payload
}

const firingsOf = async (pools: Pools, { lead }: EngagementFixture, id: ScheduleId) =>
  (await read(pools, lead, (tx) => listFirings(tx, id))).map(({ state, fireAt }) => [
    fireAt.toISOString().slice(11, 16),
    state,
  ])

const jobCount = async (pools: Pools, { lead, engagementId }: EngagementFixture) =>
  (await read(pools, lead, (tx) => listJobs(tx, engagementId, {}))).length

const endJobs = (ownerUrl: string) =>
  query(ownerUrl, (sql) => sql`update jobs set state = 'succeeded', ended_at = now()`)

describe('a schedule of times', () => {
  test('fires when its time has come, once, however many workers look, and starts a job as its maker', async ({
    pools,
    fixture,
  }) => {
    const { lead, engagementId } = fixture
    const id = await aSchedule(pools, fixture)
    await fireSchedules(pools.worker, at('09:59:59'))
    expect(await jobCount(pools, fixture)).toBe(0)
    await Promise.all([1, 2, 3, 4].map(() => fireSchedules(pools.worker, at('10:00:02'))))
    await fireSchedules(pools.worker, at('10:00:04'))
    expect(await firingsOf(pools, fixture, id)).toEqual([['10:00', 'started']])
    expect(await read(pools, lead, (tx) => listJobs(tx, engagementId, {}))).toMatchObject([
      { title: 'Hourly: nightly', state: 'queued', requestedByName: lead.name },
    ])
    const { nextAt } = await read(pools, lead, (tx) => getSchedule(tx, engagementId, id))
    expect(nextAt).toEqual(at('11:00:00'))
  })

  test('loses no firing to a worker that dies in the middle of it', async ({ pools, fixture }) => {
    const id = await aSchedule(pools, fixture)
    await expect(
      pools.worker.as({}, async (tx) => {
        await fireSchedule(tx, id, at('10:00:02'))
        throw new Error('killed')
      }),
    ).rejects.toThrow('killed')
    expect([await firingsOf(pools, fixture, id), await jobCount(pools, fixture)]).toEqual([[], 0])
    await fireSchedules(pools.worker, at('10:00:04'))
    expect([await firingsOf(pools, fixture, id), await jobCount(pools, fixture)]).toEqual([[['10:00', 'started']], 1])
  })

  test('leaves a schedule to the worker that is at it', async ({ pools, fixture }) => {
    const id = await aSchedule(pools, fixture)
    await pools.worker.as({}, async (tx) => {
      await fireSchedule(tx, id, at('10:00:02'))
      await fireSchedules(pools.worker, at('10:00:02'))
    })
    expect(await jobCount(pools, fixture)).toBe(1)
  })

  test.for([
    ['skip', [['10:00', 'missed']], 0],
    [
      'once',
      [
        ['12:00', 'started'],
        ['11:00', 'missed'],
        ['10:00', 'missed'],
      ],
      1,
    ],
    [
      'all',
      [
        ['12:00', 'started'],
        ['11:00', 'started'],
        ['10:00', 'started'],
      ],
      3,
    ],
  ] as const)('makes up for missed times as it says: %s', async ([misfire, expected, count], { pools, fixture }) => {
    const id = await aSchedule(pools, fixture, { misfire })
    await fireSchedules(pools.worker, misfire === 'skip' ? at('10:30:00') : at('12:30:00'))
    expect(await firingsOf(pools, fixture, id)).toEqual(expected)
    expect(await jobCount(pools, fixture)).toBe(count)
  })

  test('while its last job runs: skips, waits, or starts beside it', async ({ pools, fixture, database }) => {
    const twice = async (overlap: string) => {
      const id = await aSchedule(pools, fixture, { overlap })
      await fireSchedules(pools.worker, at('10:00:01'))
      await fireSchedules(pools.worker, at('11:00:01'))
      const during = await firingsOf(pools, fixture, id)
      await endJobs(database.ownerUrl)
      await fireSchedules(pools.worker, at('11:00:30'))
      await pauseSchedule(as(pools, fixture.lead), {
        engagementId: fixture.engagementId,
        scheduleId: id,
        isPaused: true,
      })
      return [during, await firingsOf(pools, fixture, id)]
    }
    const first = ['10:00', 'started']
    expect(await twice('skip')).toEqual([
      [['11:00', 'skipped'], first],
      [['11:00', 'skipped'], first],
    ])
    expect(await twice('queue')).toEqual([
      [['11:00', 'waiting'], first],
      [['11:00', 'started'], first],
    ])
    expect(await twice('parallel')).toEqual([
      [['11:00', 'started'], first],
      [['11:00', 'started'], first],
    ])
  })

  test('pauses and goes on: what would have fired meanwhile is left out', async ({ pools, fixture }) => {
    const { lead, engagementId, client } = fixture
    const scheduleId = await aSchedule(pools, fixture)
    const pause = (who: PersonActor, isPaused: boolean, now = NOW) =>
      pauseSchedule(as(pools, who, now), { engagementId, scheduleId, isPaused })
    await pause(lead, true)
    await pause(lead, true)
    await fireSchedules(pools.worker, at('10:00:01'))
    await pause(lead, false, at('12:15:00'))
    await fireSchedules(pools.worker, at('12:15:01'))
    expect(await firingsOf(pools, fixture, scheduleId)).toEqual([])
    await fireSchedules(pools.worker, at('13:00:01'))
    expect(await firingsOf(pools, fixture, scheduleId)).toEqual([['13:00', 'started']])
    await expect(pause(client, true)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('starts nothing for somebody who left the team, and says so', async ({ pools, fixture, database }) => {
    const { lead } = fixture
    const id = await aSchedule(pools, fixture)
    await query(database.ownerUrl, (sql) => sql`update seats set vacated_at = now() where person_id = ${lead.personId}`)
    await fireSchedules(pools.worker, at('10:00:01'))
    const firings = await pools.worker.as({}, (tx) => listFirings(tx, id))
    expect(firings).toMatchObject([{ state: 'refused', reason: /run jobs/ }])
  })
})

describe('a schedule of data', () => {
  test('fires for each new version of its data, which the job gets', async ({ pools, fixture }) => {
    const { lead, engagementId } = fixture
    const id = await aSchedule(pools, fixture, { trigger: 'data_arrived', watch: 'train' })
    await imported(pools, fixture, 'other', 'e')
    const second = await imported(pools, fixture, 'train', 'c')
    expect(await imported(pools, fixture, 'train', 'c')).toBe(second)
    await fireSchedules(pools.worker, at('09:00:10'))
    await fireSchedules(pools.worker, at('09:00:12'))
    expect(await read(pools, lead, (tx) => listFirings(tx, id))).toMatchObject([
      { state: 'started', key: `dataset:${second}` },
    ])
    const [job] = await read(pools, lead, (tx) => listJobs(tx, engagementId, {}))
    const versions = await read(pools, lead, (tx) =>
      Promise.all(
        trainingOf(job).datasets.map(async ({ role, datasetVersionId }) => {
          const { name, version } = await getDatasetVersion(tx, engagementId, datasetVersionId as typeof second)
          return [role, name, version]
        }),
      ),
    )
    expect(versions).toEqual([
      ['train', 'train', 2],
      ['test', 'test', 1],
    ])
  })

  test('fires when a version is published: when its terms are said for the first time', async ({ pools, fixture }) => {
    const { lead, engagementId } = fixture
    const id = await aSchedule(pools, fixture, { trigger: 'dataset_published', watch: 'test' })
    const version = await imported(pools, fixture, 'test', 'd')
    await fireSchedules(pools.worker, at('09:00:10'))
    expect(await jobCount(pools, fixture)).toBe(0)
    const terms = DatasetTermsForm.parse({ legalBasis: 'contract', purposes: 'triage' })
    await describeDataset(as(pools, lead), { engagementId, id: version, terms })
    await describeDataset(as(pools, lead), { engagementId, id: version, terms })
    await fireSchedules(pools.worker, at('09:00:20'))
    expect(await firingsOf(pools, fixture, id)).toEqual([['09:00', 'started']])
  })
})

describe('making a schedule', () => {
  test('twice with one form makes one; a client is refused and sees none; another client’s finds nothing', async ({
    pools,
    fixture,
  }) => {
    const { lead, client, engagementId } = fixture
    const requestKey = newId()
    const first = await aSchedule(pools, fixture, { requestKey })
    expect(await aSchedule(pools, fixture, { requestKey })).toBe(first)
    // What was typed anew after going back is not what was sent.
    await expect(aSchedule(pools, fixture, { requestKey, name: 'Daily' })).rejects.toMatchObject({ code: 'conflict' })
    expect(await read(pools, lead, (tx) => listSchedules(tx, engagementId))).toHaveLength(1)
    expect(await read(pools, client, (tx) => listSchedules(tx, engagementId))).toEqual([])
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(read(pools, other.client, (tx) => getSchedule(tx, engagementId, first))).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(read(pools, lead, (tx) => getSchedule(tx, other.engagementId, first))).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('says beside the field what cannot be read', () => {
    const parsed = ScheduleForm.safeParse({
      name: 'x',
      trigger: 'time',
      cron: '61 * * * *',
      timeZone: 'Berlin',
      overlap: 'skip',
      misfire: 'once',
      requestKey: newId(),
    })
    expect(parsed.error?.issues.map(({ path }) => path[0])).toContain('timeZone')
    const cron = ScheduleForm.safeParse({
      ...{ name: 'x', trigger: 'time', cron: '61 * * * *', timeZone: 'UTC' },
      overlap: 'skip',
      misfire: 'once',
      requestKey: newId(),
    })
    expect(cron.error?.issues).toMatchObject([{ path: ['cron'], message: /minute “61”/ }])
  })
})

import { describe, expect } from 'vitest'
import { deployModelVersion, rollBack } from '#app/commands/deployments.ts'
import { addAlertRule, watchEndpoints } from '#app/commands/monitoring.ts'
import { advanceRetraining } from '#app/commands/retraining-execution.ts'
import { approveRetraining, cancelRetraining, rejectRetraining, requestRetraining } from '#app/commands/retrainings.ts'
import { addRetrainingSchedule, fireSchedules } from '#app/commands/schedules.ts'
import { suspendCriterion } from '#app/commands/suspensions.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ScheduleForm } from '#app/domain/schedule.ts'
import { newId } from '#db/new-id.ts'
import { listEvents } from '#db/queries/events.ts'
import { listJobs } from '#db/queries/jobs.ts'
import { compareWithLive } from '#db/queries/retraining-comparison.ts'
import { listRetrainingMoves } from '#db/queries/retrainings.ts'
import { listFirings } from '#db/queries/schedules.ts'
import { listRetrainingsToDecide, listWaiting } from '#db/queries/waiting.ts'
import { query } from '#test/support/database.ts'
import { servedScores } from '#test/support/drift.ts'
import { anEngagement, as, NOW, ORIGIN } from '#test/support/factories.ts'
import type { RetrainingStage } from '#test/support/retraining.ts'
import { strikes, test } from '#test/support/retraining.ts'

const FRESH = strikes('8,140,Climb,Night,A,B,C,Small,Gull,0')

const ask = ({ pools, fixture, endpointId }: RetrainingStage, who: PersonActor = fixture.lead) =>
  requestRetraining(as(pools, who), { engagementId: fixture.engagementId, endpointId })

const shownOf = async ({ pools, fixture, get }: RetrainingStage, id: RetrainingId) => {
  const { baseVersionId: live, candidateVersionId } = await get(id)
  const candidate = found(candidateVersionId)
  return pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    compareWithLive(tx, fixture.engagementId, { live, candidate }),
  )
}

/** Retrained with fresh data, to this AUC, and waiting for a decision. */
async function waiting(stage: RetrainingStage, auc: number): Promise<RetrainingId> {
  await stage.importCsv('train', FRESH)
  const id = await ask(stage)
  await stage.check(id)
  await stage.work(auc)
  await stage.round()
  await stage.round()
  return id
}

const decision = async (stage: RetrainingStage, id: RetrainingId, rationale = '') => ({
  engagementId: stage.fixture.engagementId,
  retrainingId: id,
  shown: (await shownOf(stage, id)).hash,
  rationale,
})

const statesOf = async ({ pools, fixture }: RetrainingStage, id: RetrainingId) =>
  (await pools.web.as({ personId: fixture.lead.personId }, (tx) => listRetrainingMoves(tx, id))).map(
    ({ state }) => state,
  )

describe('a retraining at a person’s word', () => {
  test('goes from fresh data to live: checked, trained, judged, compared, approved once, deployed by the gate', async ({
    stage,
  }) => {
    const { pools, fixture, get } = stage
    const { engagementId, lead } = fixture
    const id = await waiting(stage, 0.9)
    expect(await get(id)).toMatchObject({
      state: 'awaiting_approval',
      reason: 'Of 1 signed criterion, the candidate is better on 1.',
      baseVersion: 1,
      candidateVersion: 2,
      recipe: { key: 'bird-strike-damage', parameters: { algorithm: 'logistic', iterations: 20 } },
      datasets: [
        { role: 'train', name: 'train', version: 2, liveVersion: 1 },
        { role: 'test', name: 'holdout-data', version: 1, liveVersion: 1 },
      ],
    })
    const { rows } = await shownOf(stage, id)
    expect(rows).toMatchObject([
      { outcome: 'better', live: { value: 0.8 }, candidate: { value: 0.9, verdict: 'met' }, dataset: 'holdout-data' },
    ])
    const asked = await pools.web.as({ personId: lead.personId }, (tx) => listWaiting(tx, lead.personId))
    expect(asked).toMatchObject([{ kind: 'retraining', id }])

    await approveRetraining(as(pools, lead), await decision(stage, id))
    expect((await get(id)).state).toBe('deploying')
    await stage.round()
    expect((await get(id)).state).toBe('deploying')
    await stage.bringUp()
    await stage.round()
    expect(await get(id)).toMatchObject({ state: 'done', decidedByName: lead.name, shown: [{ outcome: 'better' }] })
    expect(await statesOf(stage, id)).toEqual([
      ...['checking', 'training', 'judging', 'awaiting_approval', 'deploying', 'done'],
    ])
    await expect(approveRetraining(as(pools, lead), await decision(stage, id))).rejects.toMatchObject({
      code: 'refused',
    })
    const kinds = (await pools.web.as({ personId: lead.personId }, (tx) => listEvents(tx, engagementId, 100))).map(
      ({ kind }) => kind,
    )
    expect(kinds).toEqual(expect.arrayContaining(['retraining.started', 'retraining.moved', 'retraining.decided']))
  })

  test('is refused before anything is trained when a column is missing, and says which', async ({ stage }) => {
    await stage.importCsv(
      'train',
      strikes('7,Climb,0', 'month,phase_of_flight,damaged').replaceAll(
        '7,130,Approach,Day,A,B,C,Small,Gull,',
        '7,Climb,',
      ),
    )
    const id = await ask(stage)
    await stage.check(id)
    const { state, reason, jobId } = await stage.get(id)
    expect([state, jobId]).toEqual(['refused', null])
    expect(reason).toContain('train v2 has no column speed_knots, which the live model asks for.')
    expect(reason).toContain('train v2 has no column wildlife_size, which the recipe asks for.')
  })

  test('is refused when a number became a word, with the line', async ({ stage }) => {
    await stage.importCsv('train', FRESH.replace('7,130', '7,fast'))
    const id = await ask(stage)
    await stage.check(id)
    expect(await stage.get(id)).toMatchObject({
      state: 'refused',
      reason: 'train v2, line 2: speed_knots is “fast”, and the live model asks for a number.',
    })
  })

  test('is refused without anything new, and when the fresh data is what it is tested on', async ({ stage }) => {
    const stale = await ask(stage)
    await stage.check(stale)
    expect(await stage.get(stale)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('Nothing is new'),
    })
    await stage.importCsv('train', strikes('7,130,Descent,Day,A,B,C,Small,Gull,1'))
    const leaking = await ask(stage)
    await stage.check(leaking)
    expect(await stage.get(leaking)).toMatchObject({
      state: 'refused',
      reason: 'train v2 is the very data that it is tested on.',
    })
  })

  test('goes one at a time, and a newer version of the test data does not change what both are measured on', async ({
    stage,
  }) => {
    await stage.importCsv('holdout-data', strikes('9,130,Descent,Day,A,B,C,Small,Gull,1'))
    const id = await waiting(stage, 0.9)
    await expect(ask(stage)).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('under way') })
    expect((await stage.get(id)).datasets).toMatchObject([{}, { role: 'test', version: 1, newerVersion: 2 }])
    expect(await shownOf(stage, id)).toMatchObject({ rows: [{ outcome: 'better' }] })
  })

  test('lets a worse model live only with a reason, and keeps what is live when it is rejected', async ({ stage }) => {
    const { pools, fixture, get } = stage
    const id = await waiting(stage, 0.7)
    const silent = await decision(stage, id)
    await expect(approveRetraining(as(pools, fixture.lead), silent)).rejects.toMatchObject({
      code: 'invalid',
      fields: { rationale: expect.stringContaining('worse on a signed criterion') },
    })
    await expect(rejectRetraining(as(pools, fixture.lead), silent)).rejects.toMatchObject({ code: 'invalid' })
    expect((await get(id)).state).toBe('awaiting_approval')
    await rejectRetraining(as(pools, fixture.lead), { ...silent, rationale: 'It misses too much.' })
    expect(await get(id)).toMatchObject({ state: 'rejected', rationale: 'It misses too much.' })
    await stage.round()
    expect((await get(id)).state).toBe('rejected')
  })

  test('does not pass a gate that any other version would not pass, and waits on', async ({ stage }) => {
    const { pools, fixture, get } = stage
    const id = await waiting(stage, 0.6)
    const refused = approveRetraining(as(pools, fixture.lead), await decision(stage, id, 'We need it.'))
    await expect(refused).rejects.toMatchObject({ code: 'refused', message: expect.stringMatching(/Not deployed. C1/) })
    expect((await get(id)).state).toBe('awaiting_approval')
  })

  test('is decided on what is shown: another comparison since is a conflict', async ({ stage, database }) => {
    const { pools, fixture, get } = stage
    const id = await waiting(stage, 0.9)
    const seen = await decision(stage, id)
    const [criterion] = await query(database.ownerUrl, (sql) => sql`select id from criteria`)
    const criterionId = toId<CriterionId>(criterion?.['id'] as string) // the column holds an id
    const { engagementId, lead } = fixture
    await suspendCriterion(as(pools, lead), { engagementId, criterionId, reason: 'law', evidence: 'x', origin: ORIGIN })
    await expect(approveRetraining(as(pools, lead), seen)).rejects.toMatchObject({ code: 'conflict' })
    expect((await get(id)).state).toBe('awaiting_approval')
  })
})

describe('a retraining that ends otherwise', () => {
  test('fails with its job, and is superseded by another model that goes live', async ({ stage }) => {
    const { pools, fixture, get } = stage
    await stage.importCsv('train', FRESH)
    const failing = await ask(stage)
    await stage.check(failing)
    const end = { state: 'failed', reasonCode: 'exception', reason: 'It diverged.', exitCode: null } as const
    await stage.work(0.9, end)
    await stage.round()
    expect(await get(failing)).toMatchObject({ state: 'failed', reason: 'The training failed.' })

    const id = await waiting(stage, 0.9)
    const modelVersionId = found((await get(id)).candidateVersionId)
    await deployModelVersion(as(pools, fixture.lead), { engagementId: fixture.engagementId, modelVersionId })
    await stage.bringUp()
    await stage.round()
    expect(await get(id)).toMatchObject({
      state: 'superseded',
      reason: expect.stringContaining('strikes version 2 went live meanwhile'),
    })
  })

  test('is cancelled with its job', async ({ stage }) => {
    const { pools, fixture, get } = stage
    await stage.importCsv('train', FRESH)
    const id = await ask(stage)
    await stage.check(id)
    await cancelRetraining(as(pools, fixture.lead), { engagementId: fixture.engagementId, retrainingId: id })
    await stage.round()
    const { state, jobId } = await get(id)
    const jobs = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listJobs(tx, fixture.engagementId))
    expect([state, jobs.find((job) => job.id === jobId)?.state]).toEqual(['cancelled', 'cancelled'])
    await stage.check(id)
    expect((await get(id)).state).toBe('cancelled')
  })

  test('loses nothing to a worker that dies in the middle of a step, and takes none twice', async ({ stage }) => {
    const { pools, get } = stage
    await stage.importCsv('train', FRESH)
    const id = await ask(stage)
    await Promise.all([1, 2, 3].map(() => stage.check(id)))
    await stage.work(0.9)
    await expect(
      pools.worker.as({}, async (tx) => {
        await advanceRetraining(tx, id, { now: NOW, origin: ORIGIN })
        throw new Error('killed')
      }),
    ).rejects.toThrow('killed')
    expect((await get(id)).state).toBe('training')
    await Promise.all([1, 2, 3, 4].map(() => stage.round()))
    await stage.round()
    expect((await get(id)).candidateVersion).toBe(2)
    expect(await statesOf(stage, id)).toEqual(['checking', 'training', 'judging', 'awaiting_approval'])
  })
})

describe('who may', () => {
  test('another client’s people do not know of it; this client’s see it and decide once they run it', async ({
    stage,
    database,
  }) => {
    const { pools, fixture, get } = stage
    const stranger = (await anEngagement(pools, fixture.lead, 'Other Client')).client
    await expect(ask(stage, stranger)).rejects.toMatchObject({ code: 'not_found' })
    await expect(ask(stage, fixture.client)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('until the hand-over is signed'),
    })
    await expect(stage.importCsv('train', FRESH, fixture.client)).rejects.toMatchObject({ code: 'refused' })
    const id = await waiting(stage, 0.9)
    const seen = await decision(stage, id)
    await expect(approveRetraining(as(pools, stranger), seen)).rejects.toMatchObject({ code: 'not_found' })
    await expect(approveRetraining(as(pools, fixture.client), seen)).rejects.toMatchObject({ code: 'refused' })
    for (const table of ['retrainings', 'retraining_moves']) {
      const count = async (who: PersonActor) =>
        (await pools.web.as({ personId: who.personId }, (tx) => tx.execute(`select id from ${table}`))).length
      expect(await count(stranger), table).toBe(0)
      expect(await count(fixture.client), table).toBeGreaterThan(0)
    }

    await query(database.ownerUrl, (sql) => sql`update engagements set state = 'operate'`)
    const asked = await pools.web.as({ personId: fixture.client.personId }, (tx) =>
      listRetrainingsToDecide(tx, fixture.client.personId),
    )
    expect(asked).toMatchObject([{ id }])
    await approveRetraining(as(pools, fixture.client), seen)
    await stage.bringUp()
    await stage.round()
    expect(await get(id)).toMatchObject({ state: 'done', decidedByName: fixture.client.name })

    // And from the first click on, without anybody of ours.
    await stage.importCsv('train', strikes('9,150,Climb,Night,A,B,C,Small,Gull,0'), fixture.client)
    const theirs = await ask(stage, fixture.client)
    await stage.check(theirs)
    await stage.work(0.95)
    await stage.round()
    await stage.round()
    expect(await get(theirs)).toMatchObject({ state: 'awaiting_approval', requestedByName: fixture.client.name })
    const back = { engagementId: fixture.engagementId, endpointId: stage.endpointId, liveRevision: 2 }
    await rollBack(as(pools, fixture.client), back)
    await stage.bringUp()
    await stage.round()
    expect((await get(theirs)).state).toBe('superseded')
  })
})

describe('a retraining that starts by itself', () => {
  test('by a schedule: once for each firing, and not beside one that is under way', async ({ stage }) => {
    const { pools, fixture, endpointId } = stage
    const { engagementId, lead } = fixture
    const form = ScheduleForm.parse({
      ...{ name: 'Monthly', trigger: 'time', cron: '0 * * * *', timeZone: 'UTC', overlap: 'skip', misfire: 'once' },
      requestKey: newId(),
    })
    const scheduleId = await addRetrainingSchedule(as(pools, lead), { engagementId, endpointId, form })
    const at = (time: string) => new Date(`2026-03-02T${time}Z`)
    await Promise.all([1, 2, 3].map(() => fireSchedules(pools.worker, at('10:00:02'))))
    await fireSchedules(pools.worker, at('11:00:02'))
    const firings = await pools.web.as({ personId: lead.personId }, (tx) => listFirings(tx, scheduleId))
    expect(firings).toMatchObject([
      { state: 'skipped', reason: 'The retraining before had not ended.' },
      { state: 'started', retrainingState: 'checking' },
    ])
    expect(await stage.list()).toMatchObject([{ trigger: 'schedule', triggerNote: 'Monthly', state: 'checking' }])
  })

  test('by data that the client brings, who sees no schedule', async ({ stage, database }) => {
    const { pools, fixture, endpointId } = stage
    const { engagementId, lead } = fixture
    const form = ScheduleForm.parse({
      ...{ name: 'Fresh', trigger: 'data_arrived', timeZone: 'UTC', watch: 'train', overlap: 'skip', misfire: 'once' },
      requestKey: newId(),
    })
    await addRetrainingSchedule(as(pools, lead), { engagementId, endpointId, form })
    await query(database.ownerUrl, (sql) => sql`update engagements set state = 'operate'`)
    await stage.importCsv('train', FRESH, fixture.client)
    await stage.importCsv('holdout-data', strikes('9,130,Descent,Day,A,B,C,Small,Gull,1'), fixture.client)
    await fireSchedules(pools.worker, NOW)
    await fireSchedules(pools.worker, NOW)
    expect(await stage.list()).toMatchObject([{ trigger: 'schedule', triggerNote: 'Fresh' }])
  })

  test('by drift that is told: one for the alert, and no other soon after', async ({ stage, database }) => {
    const { pools, fixture, endpointId } = stage
    const { engagementId, lead } = fixture
    const served = (counts: readonly number[]) => servedScores(database, counts)
    const watch = (minutes: number) =>
      watchEndpoints(pools.worker, { now: new Date(NOW.getTime() + minutes * 60_000), origin: ORIGIN })
    const rule = { engagementId, endpointId, kind: 'drift', threshold: 0.25, suspends: false } as const
    await addAlertRule(as(pools, lead), { ...rule, forMinutes: 5, retrains: true, recipients: [] })
    await served([950, 50, 0])
    await watch(0)
    expect(await stage.list()).toEqual([])
    await watch(6)
    await watch(7)
    const [started] = await stage.list()
    expect(await stage.list()).toMatchObject([{ trigger: 'drift', triggerNote: expect.stringMatching(/PSI/) }])
    await stage.check(found(started).id)
    expect((await stage.list())[0]).toMatchObject({ state: 'refused' })
    await served([510, 490, 0])
    await watch(8)
    await served([950, 50, 0])
    await watch(9)
    await watch(14.5)
    expect(await stage.list()).toHaveLength(1)
  })
})

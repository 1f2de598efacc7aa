import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { judgeEngagement } from '#app/commands/judging.ts'
import { moveRun } from '#app/commands/tracking.ts'
import type { RunId } from '#app/domain/ids.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { as, aSignedCriterion, NOW } from '#test/support/factories.ts'
import type { Measured } from '#test/support/runs.ts'
import { aVerifiedRun, judgeAll } from '#test/support/runs.ts'

const verdictsOn = (pools: Pools, { engagementId, lead }: EngagementFixture, runId: RunId) =>
  pools.web.as({ personId: lead.personId }, (tx) => listEvaluations(tx, engagementId, { runId }))

describe('judging an engagement', () => {
  test('says what holds of every run, however many there are', async ({ pools, database, fixture }) => {
    await aSignedCriterion(pools, fixture)
    await aVerifiedRun(pools, fixture)
    const runsCount = 5200
    const standing = () =>
      query(
        database.ownerUrl,
        (sql) => sql`select verdict, sequence, count(*)::int from (
            select distinct on (run_id) * from evaluations order by run_id, sequence desc) latest
          group by verdict, sequence`,
      )
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into runs select (jsonb_populate_record(r, jsonb_build_object('id', md5(g::text)))).*
        from runs r, generate_series(1, ${runsCount - 1}) g`
      await sql`insert into latest_metrics select (jsonb_populate_record(m, jsonb_build_object('run_id', md5(g::text)))).*
        from latest_metrics m, generate_series(1, ${runsCount - 1}) g`
    })
    await judgeAll(pools, fixture)
    expect([...(await standing())]).toEqual([{ verdict: 'met', sequence: 1, count: runsCount }])
    await query(database.ownerUrl, (sql) => sql`update latest_metrics set value = 0.5`)
    await judgeAll(pools, fixture)
    await judgeAll(pools, fixture)
    expect([...(await standing())]).toEqual([{ verdict: 'not_met', sequence: 2, count: runsCount }])
  }, 60_000)

  test('appends more verdicts than one statement takes', async ({ pools, database, fixture }) => {
    const runId = await aVerifiedRun(pools, fixture)
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into runs select (jsonb_populate_record(r, jsonb_build_object('id', md5(g::text)))).*
        from runs r, generate_series(1, 499) g`
    })
    for (let at = 0; at < 10; at += 1) await aSignedCriterion(pools, fixture, { name: `Goal ${String(at)}` })
    await judgeAll(pools, fixture)
    expect(await verdictsOn(pools, fixture, runId)).toHaveLength(10)
    const [row] = await query(database.ownerUrl, (sql) => sql`select count(*)::int from evaluations`)
    expect(row?.count).toBe(5000)
  }, 60_000)

  test('does not outlast a change of the run that happens meanwhile', async ({ pools, fixture }) => {
    const runId = await aVerifiedRun(pools, fixture)
    await aSignedCriterion(pools, fixture)
    const signals = new EventEmitter()
    const judged = once(signals, 'judged')
    const released = once(signals, 'released')
    const judging = pools.worker.as({}, async (tx) => {
      await judgeEngagement(tx, { engagementId: fixture.engagementId, now: NOW })
      signals.emit('judged')
      await released
    })
    await judged
    const tracker = as(pools, { ...fixture.lead, onlyEngagementId: fixture.engagementId })
    const deleting = moveRun(tracker, runId, 'deleted')
    await sleep(300)
    signals.emit('released')
    await Promise.all([judging, deleting])
    expect(await verdictsOn(pools, fixture, runId)).toMatchObject([{ sequence: 2, reason: 'The run was deleted.' }])
  })

  test('waits for a change of the run that holds it, and says what then holds', async ({ pools, fixture }) => {
    await aSignedCriterion(pools, fixture)
    const runIds = [await aVerifiedRun(pools, fixture), await aVerifiedRun(pools, fixture)]
    const tracker = as(pools, { ...fixture.lead, onlyEngagementId: fixture.engagementId })
    for (const stage of ['deleted', 'active', 'deleted'] as const)
      await Promise.all([
        judgeAll(pools, fixture),
        ...runIds.map((runId) => moveRun(tracker, runId, stage)),
        judgeAll(pools, fixture),
      ])
    for (const runId of runIds)
      expect(await verdictsOn(pools, fixture, runId)).toMatchObject([{ reason: 'The run was deleted.' }])
  })
})

describe('an interval', () => {
  test('rests on the standard error of the criterion’s own dataset', async ({ pools, fixture }) => {
    await aSignedCriterion(pools, fixture, {
      metricKey: 'cost_saved',
      decisionRule: 'confidence_bound',
      baseline: '1',
      target: '10',
    })
    const { datasetDigest } = fixture
    const value = { key: 'cost_saved', value: 12, datasetDigest }
    const elsewhere = { key: 'cost_saved_se', value: 0.001, datasetDigest: 'e5'.repeat(16) }
    const here = { key: 'cost_saved_se', value: 5, datasetDigest }
    const said = async (metrics: readonly Measured[]) =>
      (await verdictsOn(pools, fixture, await aVerifiedRun(pools, fixture, metrics)))[0]
    expect(await said([value, elsewhere])).toMatchObject({ verdict: 'not_comparable', interval: null })
    expect(await said([value, elsewhere, here])).toMatchObject({ verdict: 'met_within_noise' })
  })
})

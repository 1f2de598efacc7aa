import { describe, expect } from 'vitest'
import { moveDataset } from '#app/commands/datasets.ts'
import { beginDeployment, goLive } from '#app/commands/deployment-execution.ts'
import { deployModelVersion, promoteCandidate, rollBack } from '#app/commands/deployments.ts'
import { giveSeat, moveEngagement } from '#app/commands/engagements.ts'
import { decideWaiver, requestWaiver } from '#app/commands/gate-waivers.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { scaleRevision } from '#app/commands/scaling.ts'
import { addAlertRule, watchEndpoints } from '#app/commands/monitoring.ts'
import { deleteVersion } from '#app/commands/registry.ts'
import { suspendCriterion } from '#app/commands/suspensions.ts'
import { addArtifact } from '#app/commands/run-files.ts'
import { logBatch, startRun, updateRun } from '#app/commands/tracking.ts'
import { AlertRuleForm } from '#app/domain/alert.ts'
import type { DeploymentMode } from '#app/domain/deployment.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, EndpointId, ModelVersionId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { EngineOrder } from '#app/domain/serving-engine.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { listEvents } from '#db/queries/events.ts'
import { listWantedRevisions } from '#db/queries/wanted-revisions.ts'
import { aBlob } from '../support/blobs.ts'
import { query, test as withDatabase } from '../support/database.ts'
import { servedScores } from '../support/drift.ts'
import type { EngagementFixture, Pools } from '../support/factories.ts'
import {
  actorOf,
  aFirm,
  aJobActor,
  anEngagement,
  as,
  aSignedCriterion,
  aSignedProblem,
  NOW,
  openPools,
  ORIGIN,
} from '../support/factories.ts'

const MODEL_FILES = ['model.onnx', 'signature.json', 'input_example.json', 'expected_output.json']

/** A signed engagement with one registered version of a model, and what a test does with its revisions. */
interface Stage {
  readonly pools: Pools
  readonly fixture: EngagementFixture
  readonly criterionId: CriterionId
  version(value?: number): Promise<ModelVersionId>
  deploy(modelVersionId: ModelVersionId, mode?: DeploymentMode): Promise<EndpointId>
  /** As the worker does when the revision reproduced its example. */
  bringUp(now?: Date): Promise<void>
  revisions(): ReturnType<typeof listDeployments>
}

const test = withDatabase.extend<{ stage: Stage }>({
  stage: async ({ database }, use) => {
    const pools = openPools(database)
    const fixture = await anEngagement(pools, (await aFirm(pools)).lead)
    const { engagementId, lead, datasetDigest } = fixture
    await aSignedProblem(pools, fixture)
    const criterionId = await aSignedCriterion(pools, fixture)
    const revisions = () => pools.web.as({ personId: lead.personId }, (tx) => listDeployments(tx, engagementId))
    await use({
      pools,
      fixture,
      criterionId,
      revisions,
      async version(value = 0.95) {
        const job = as(pools, await aJobActor(pools, fixture))
        const { run } = await startRun(job, {
          experimentId: '0',
          name: 'r',
          userName: 'x',
          startTime: null,
          tags: [],
        })
        const point = { key: 'roc_auc', value, timestamp: 1, step: 0, datasetName: 'holdout', modelId: '' }
        await logBatch(job, run.id, { params: [], tags: [], metrics: [{ ...point, datasetDigest }] })
        for (const file of MODEL_FILES) await addArtifact(job, run.id, { path: `model/${file}`, blob: aBlob() })
        await updateRun(job, run.id, { state: 'finished' })
        return registerRunModel(as(pools, lead), { engagementId, name: 'm', runId: run.id })
      },
      deploy: (modelVersionId, mode = 'replace') =>
        deployModelVersion(as(pools, lead), { engagementId, modelVersionId, mode, trafficPercent: 10 }),
      async bringUp(now = NOW) {
        const { id } = found((await revisions()).find(({ state }) => state === 'requested'))
        const work = found(await beginDeployment(pools.worker, id))
        await goLive(pools.worker, work, { maxAbsDiff: 0, tolerance: 1, latencyMs: 1 }, now)
      },
    })
    await pools.close()
  },
})

/** Revision 1 is live, 2 is a canary, 3 waits on the queue. */
async function threeRevisions(stage: Stage) {
  const modelVersionId = await stage.version()
  await stage.deploy(await stage.version())
  await stage.bringUp()
  const endpointId = await stage.deploy(modelVersionId, 'canary')
  await stage.bringUp()
  await stage.deploy(modelVersionId)
  const canary = found((await stage.revisions()).find(({ state }) => state === 'candidate'))
  const { engagementId, lead } = stage.fixture
  return {
    endpointId,
    promote: () => promoteCandidate(as(stage.pools, lead), { engagementId, endpointId, deploymentId: canary.id }),
  }
}

async function expectNeitherLive(stage: Stage, promote: () => Promise<void>, reason: string) {
  await expect(promote()).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining(reason) })
  await stage.bringUp()
  expect((await stage.revisions()).map(({ revision, state }) => [revision, state])).toEqual([
    [3, 'failed'],
    [2, 'candidate'],
    [1, 'live'],
  ])
  expect((await stage.revisions())[0]?.failure).toContain(reason)
}

test('every change of what answers is looked at for callers: a new revision, a promoted one, a rollback', async ({
  stage,
  database,
}) => {
  const { engagementId, lead } = stage.fixture
  const looks = () =>
    query(
      database.ownerUrl,
      (sql) => sql`select payload from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'tell_callers'`,
    )
  const modelVersionId = await stage.version()
  await stage.deploy(modelVersionId)
  await stage.bringUp()
  expect(await looks()).toHaveLength(0)
  const endpointId = await stage.deploy(await stage.version())
  await stage.bringUp()
  const [second, first] = await stage.revisions()
  expect(await looks()).toMatchObject([{ payload: { deploymentId: second?.id, replacedId: first?.id } }])
  await rollBack(as(stage.pools, lead), { engagementId, endpointId, liveRevision: 2 })
  await stage.bringUp()
  expect(await looks()).toHaveLength(2)
  await stage.deploy(modelVersionId, 'canary')
  await stage.bringUp()
  const canary = found((await stage.revisions()).find(({ state }) => state === 'candidate'))
  await promoteCandidate(as(stage.pools, lead), { engagementId, endpointId, deploymentId: canary.id })
  expect(await looks()).toHaveLength(3)
})

describe('a revision that was let through', () => {
  test('does not go live when its criterion was suspended since', async ({ stage }) => {
    const { pools, fixture, criterionId } = stage
    const { promote } = await threeRevisions(stage)
    const { engagementId, lead } = fixture
    await suspendCriterion(as(pools, lead), { engagementId, criterionId, reason: 'law', evidence: 'x', origin: ORIGIN })
    await expectNeitherLive(stage, promote, 'No version of it is signed')
  })

  test('keeps its version while it is a candidate; one that was deleted later does not come back', async ({
    stage,
  }) => {
    const { pools, fixture } = stage
    const { promote, endpointId } = await threeRevisions(stage)
    const { engagementId, lead } = fixture
    await stage.bringUp()
    const canary = await stage.version()
    await stage.deploy(canary, 'canary')
    await stage.bringUp()
    const remove = (version: number) =>
      deleteVersion(as(pools, { ...lead, onlyEngagementId: engagementId }), { name: 'm', version })
    await expect(remove(3)).rejects.toMatchObject({ code: 'refused' })
    await expect(promote()).rejects.toMatchObject({ message: 'This revision is retired, not a candidate.' })

    await remove(2)
    await expect(rollBack(as(pools, lead), { engagementId, endpointId, liveRevision: 3 })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('It was deleted.'),
    })
  })

  test('does not go live when the engagement ended since, nor is anything rolled back', async ({ stage }) => {
    const { pools, fixture } = stage
    const { promote, endpointId } = await threeRevisions(stage)
    const { engagementId, lead } = fixture
    await moveEngagement(as(pools, lead), { engagementId, to: 'cancelled' })
    await expectNeitherLive(stage, promote, 'cancelled')
    await expect(rollBack(as(pools, lead), { engagementId, endpointId, liveRevision: 1 })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('cancelled'),
    })
  })

  test('does not go live when its waiver ended since', async ({ stage }) => {
    const { pools, fixture } = stage
    const { engagementId, lead, client } = fixture
    const modelVersionId = await stage.version(0.7)
    const waiverId = await requestWaiver(as(pools, lead), {
      ...{ engagementId, modelVersionId, origin: ORIGIN },
      ...{ reason: 'The old model is down.', risk: 'More false alarms.', days: 3 },
    })
    await decideWaiver(as(pools, client), { engagementId, waiverId, outcome: 'granted' })
    await stage.deploy(modelVersionId)
    await stage.bringUp(new Date(NOW.getTime() + 3 * 86_400_000))
    expect((await stage.revisions())[0]).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('Not met: '),
    })
  })

  test('has its engine from whoever deployed it, and more replicas where the engine has any', async ({ stage }) => {
    const { pools, fixture } = stage
    const { engagementId, lead } = fixture
    const order = { engine: 'swarm', replicas: 2, placement: ['node.labels.zone==north'] } as const
    const deploy = async (how: EngineOrder | null) =>
      deployModelVersion(as(pools, lead), {
        engagementId,
        modelVersionId: await stage.version(),
        ...(how === null ? {} : { order: how }),
      })
    const endpointId = await deploy({ ...order, placement: [...order.placement] })
    await stage.bringUp()
    const [live] = await stage.revisions()
    expect(live?.order).toEqual(order)
    const wanted = () => pools.worker.as({}, (tx) => listWantedRevisions(tx))
    expect(await wanted()).toEqual([{ id: live?.id, mustAnswer: true, order }])
    const scale = (replicas: number, actor = lead) =>
      scaleRevision(as(pools, actor), { engagementId, endpointId, deploymentId: found(live).id, replicas })
    await scale(4)
    await scale(4)
    expect((await wanted())[0]?.order).toEqual({ ...order, replicas: 4 })
    const told = await pools.web.as({ personId: lead.personId }, (tx) => listEvents(tx, engagementId, 50))
    expect(told.filter(({ kind }) => kind === 'deployment.scaled')).toHaveLength(1)

    await expect(scale(5, fixture.client)).rejects.toMatchObject({ code: 'refused' })
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(scale(5, other.client)).rejects.toMatchObject({ code: 'not_found' })
    expect((await wanted())[0]?.order.replicas).toBe(4)

    // The next revision is on the usual engine, which has no replicas; going back brings the service and its number back.
    await deploy(null)
    await stage.bringUp()
    const [second] = await stage.revisions()
    expect(second?.order.engine).toBe('onnx')
    await expect(scale(5)).rejects.toMatchObject({ code: 'refused', message: /takes no traffic/ })
    await expect(
      scaleRevision(as(pools, lead), { engagementId, endpointId, deploymentId: found(second).id, replicas: 2 }),
    ).rejects.toMatchObject({ message: /Only a service/ })
    await rollBack(as(pools, lead), { engagementId, endpointId, liveRevision: 2 })
    expect((await stage.revisions())[0]?.order).toEqual({ ...order, replicas: 4 })
  })

  test('is not let through on data that was withdrawn, judged again or not', async ({ stage }) => {
    const { pools, fixture } = stage
    const { engagementId, lead, datasetVersionId } = fixture
    const modelVersionId = await stage.version()
    await moveDataset(as(pools, lead), { engagementId, id: datasetVersionId, to: 'withdrawn', reason: 'No consent.' })
    await expect(stage.deploy(modelVersionId)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('The dataset holdout was withdrawn.'),
    })
  })
})

describe('a rule that suspends', () => {
  test('takes the agreement out of force while live scores are unlike those that were agreed on', async ({
    stage,
    database,
  }) => {
    const { pools, fixture, criterionId } = stage
    const { engagementId, lead } = fixture
    const endpointId = await stage.deploy(await stage.version())
    await stage.bringUp()
    const served = (counts: readonly number[]) => servedScores(database, counts)
    const states = async () =>
      (
        await pools.web.as({ personId: lead.personId }, (tx) => getCriterion(tx, engagementId, criterionId))
      ).versions.map(({ state }) => state)
    const watch = () => watchEndpoints(pools.worker, { now: NOW, origin: ORIGIN })
    const form = { kind: 'drift', threshold: '0.25', forMinutes: '0', signs_it: 'yes' }
    const rule = { ...AlertRuleForm.parse(form), engagementId, endpointId }
    await addAlertRule(as(pools, lead), { ...rule, suspends: false, retrains: false })
    await served([950, 50, 0])
    await watch()
    expect(await states()).toEqual(['agreed'])
    const told = await query(
      database.ownerUrl,
      (sql) => sql`select to_address as to from mail_outbox where subject like 'm%: The scores drifted%' order by 1`,
    )
    expect(told).toEqual([{ to: fixture.client.email }, { to: lead.email }])

    const scientist = await aScientist(pools, fixture)
    await expect(
      addAlertRule(as(pools, scientist), { ...rule, suspends: true, retrains: false }),
    ).rejects.toMatchObject({
      code: 'refused',
    })
    await addAlertRule(as(pools, lead), { ...rule, suspends: true, retrains: false })
    await served([510, 490, 0])
    await watch()
    expect(await states()).toEqual(['agreed'])
    await served([950, 50, 0])
    await watch()
    await watch()
    expect(await states()).toEqual(['suspended'])
    const events = await query(
      database.ownerUrl,
      (sql) => sql`select summary, detail from events where kind = 'criterion.suspended'`,
    )
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ detail: { reason: 'drift' } })
    expect(events[0]?.['summary']).toMatch(/no more like .* PSI \d/)
  })
})

async function aScientist(pools: Pools, { engagementId, lead }: EngagementFixture) {
  await giveSeat(as(pools, lead), {
    ...{ engagementId, name: 'Cole Colleague', email: 'colleague@firm.test', origin: ORIGIN },
    ...{ function: 'data_scientist', raci: 'R' },
  })
  const [row] = await pools.web.as({ door: 'auth' }, (tx) =>
    tx.execute<{ id: string }>(`select id from persons where email = 'colleague@firm.test'`),
  )
  return actorOf(pools, toId<PersonId>(row?.id))
}

import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { deployModelVersion, promoteCandidate, rollBack, withdrawRevision } from '#app/commands/deployments.ts'
import { as } from '../support/factories.ts'
import {
  aPredictToken,
  aTrainedRun,
  aVersion,
  deployed,
  revisionsOf,
  test,
  untilSettled,
} from '../support/deployments.ts'
import type { Answer } from '../support/load.ts'
import { isFailed, load, predict } from '../support/load.ts'
import { eventually } from '../support/processes.ts'

describe('an endpoint under load', { timeout: 240_000 }, () => {
  test('answers every request while revisions are switched, rolled back, killed and removed', async ({ stage }) => {
    const { portal, pools, fixture } = stage
    portal.startWorker()
    const runId = await aTrainedRun(stage)
    const first = await deployed(stage, await aVersion(stage, runId))
    expect(first).toMatchObject({ state: 'live', revision: 1, mode: 'replace', waiverId: null })
    const { endpointId, slug } = first
    const token = await aPredictToken(stage)
    const lead = () => as(pools, fixture.lead, new Date())
    const { engagementId } = fixture
    expect(await predict(stage, slug, token)).toMatchObject({ status: 200, revision: '1' })

    const traffic = load(stage, slug, token)
    const second = await deployed(stage, await aVersion(stage, runId))
    expect(second).toMatchObject({ state: 'live', revision: 2 })
    await eventually(async () => ((traffic.answers.at(-1)?.revision ?? '') === '2' ? true : null), 10, 'the switch')

    // One click back, well within a minute; a second click of the same page does not go back once more.
    const clickedAt = performance.now()
    const click = () => rollBack(lead(), { engagementId, endpointId, liveRevision: 2 })
    const clicks = await Promise.allSettled([click(), click()])
    expect(clicks.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const third = await untilSettled(stage, endpointId)
    expect((performance.now() - clickedAt) / 1000).toBeLessThan(60)
    expect(third).toMatchObject({ state: 'live', revision: 3, modelVersion: 1, rollbackOf: first.id })
    expect((await revisionsOf(stage, endpointId)).map(({ revision, state }) => [revision, state])).toEqual([
      [3, 'live'],
      [2, 'rolled_back'],
      [1, 'retired'],
    ])
    await expect(rollBack(lead(), { engagementId, endpointId, liveRevision: 3 })).rejects.toMatchObject({
      code: 'refused',
      message: 'No earlier revision was live, so there is nothing to go back to.',
    })
    await eventually(async () => ((traffic.answers.at(-1)?.revision ?? '') === '3' ? true : null), 10, 'the way back')

    // The serving process is killed, comes back empty-handed, and has its revision again by itself.
    portal.servingProcess().child.kill('SIGKILL')
    await portal.servingProcess().ended
    rmSync(path.join(portal.dataDir, 'serving'), { recursive: true })
    await portal.startServing()
    await eventually(
      async () => (existsSync(path.join(portal.dataDir, 'serving', `${third.id}.json`)) ? true : null),
      15,
      'the revision is back',
    )
    await sleep(500)
    const answers = await traffic.stop()
    expect(answers.length).toBeGreaterThan(20)
    expect(answers.filter(isFailed)).toEqual([])
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['1', '2', '3']))
    // Every revision is the same model: whoever answered, the answer was the same.
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  })

  test('shares traffic with a candidate, copies it to a shadow, and reaps what belongs to nobody', async ({
    stage,
  }) => {
    const { portal, pools, fixture } = stage
    portal.startWorker()
    const runId = await aTrainedRun(stage)
    const version = await aVersion(stage, runId)
    const lead = () => as(pools, fixture.lead, new Date())
    const { engagementId } = fixture
    await expect(
      deployModelVersion(lead(), { engagementId, modelVersionId: version, mode: 'canary', trafficPercent: 20 }),
    ).rejects.toMatchObject({ code: 'refused' })
    const { endpointId, slug } = await deployed(stage, version)
    const token = await aPredictToken(stage)
    const canary = await deployed(stage, version, { mode: 'canary', trafficPercent: 50 })
    expect(canary).toMatchObject({ state: 'candidate', trafficPercent: 50 })
    const ask = async (count: number) => {
      const answers: Answer[] = []
      for (let at = 0; at < count; at += 1) answers.push(await predict(stage, slug, token))
      expect(answers.filter(isFailed)).toEqual([])
      return answers.filter(({ revision }) => revision === String(canary.revision)).length
    }
    // 80 draws at one half: fewer than 15 or more than 65 would happen once in ten million runs.
    const heard = await ask(80)
    expect(heard).toBeGreaterThan(15)
    expect(heard).toBeLessThan(65)
    await promoteCandidate(lead(), { engagementId, endpointId, deploymentId: canary.id })
    expect(await ask(20)).toBe(20)
    await expect(promoteCandidate(lead(), { engagementId, endpointId, deploymentId: canary.id })).rejects.toMatchObject(
      {
        message: 'This revision is live, not a candidate.',
      },
    )

    const shadow = await deployed(stage, version, { mode: 'shadow', trafficPercent: 100 })
    expect(shadow).toMatchObject({ state: 'candidate', mode: 'shadow' })
    expect(await ask(20)).toBe(20)
    await withdrawRevision(lead(), { engagementId, endpointId, deploymentId: shadow.id })
    expect((await revisionsOf(stage, endpointId)).map(({ state }) => state)).toEqual(['retired', 'live', 'retired'])

    // A revision that no deployment names is taken away; those that were just replaced still drain.
    const orphan = randomUUID()
    const manifest = path.join(portal.dataDir, 'serving')
    copyFileSync(path.join(manifest, `${canary.id}.json`), path.join(manifest, `${orphan}.json`))
    await eventually(
      async () => (readdirSync(manifest).includes(`${orphan}.json`) ? null : true),
      10,
      'the orphan goes',
    )
    expect(readdirSync(manifest)).toEqual(expect.arrayContaining([`${canary.id}.json`, `${shadow.id}.json`]))

    const beside = await deployed(stage, version, { mode: 'shadow', trafficPercent: 100 })
    const takeDown = () => withdrawRevision(lead(), { engagementId, endpointId, deploymentId: canary.id })
    await takeDown()
    expect(await predict(stage, slug, token)).toMatchObject({ status: 404 })
    expect((await revisionsOf(stage, endpointId)).find(({ id }) => id === beside.id)).toMatchObject({
      state: 'retired',
    })
    await expect(takeDown()).rejects.toMatchObject({ code: 'refused', message: /takes no traffic/ })
  })
})

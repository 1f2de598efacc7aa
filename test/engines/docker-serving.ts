import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { describe, expect } from 'vitest'
import { rollBack, withdrawRevision } from '#app/commands/deployments.ts'
import type { EngineOrder } from '#app/domain/serving-engine.ts'
import { EngineStatus } from '#app/domain/serving-engine.ts'
import { DEPLOYMENT_LABEL, INSTANCE_LABEL } from '#workers/docker/engine.ts'
import { modelContainer } from '#workers/serving/engines/docker.ts'
import type { Stage } from '../support/deployments.ts'
import {
  aPredictToken,
  aTrainedRun,
  aVersion,
  deployed,
  revisionsOf,
  test as onStage,
  untilSettled,
} from '../support/deployments.ts'
import { query } from '../support/database.ts'
import type { Engine } from '../support/engine.ts'
import { as } from '../support/factories.ts'
import { NO_RIGHTS_SEEN, rightsInside } from '../support/inside.ts'
import { isFailed, load, predict } from '../support/load.ts'
import { eventually } from '../support/processes.ts'

/** A revision in a container, through whatever happens to it. */
export function dockerServed(engine: Engine): void {
  const docker = new Docker()
  const IN_CONTAINER: EngineOrder = { engine: 'docker', replicas: 1, placement: [] }

  const test = onStage.extend({ surroundings: { SERVING_ENGINES: 'onnx,docker', ...engine.surroundings } })

  const containersOf = (instance: string) =>
    docker.listContainers({ all: true, filters: { label: [`${INSTANCE_LABEL}=${instance}`] } })

  const servesWhom = async (instance: string) =>
    (await containersOf(instance)).map(({ Labels }) => Labels[DEPLOYMENT_LABEL]).sort()

  async function statusOf({ portal }: Stage, id: string): Promise<EngineStatus> {
    const headers = { 'x-serving-secret': portal.serving.secret }
    return EngineStatus.parse(await (await fetch(`${portal.serving.url}/revisions/${id}/status`, { headers })).json())
  }

  const title = engine.missing === null ? 'A container' : `SKIPPED, NO DOCKER ENGINE (${engine.missing})`

  describe.skipIf(engine.missing !== null)(title, { timeout: 240_000 }, () => {
    test('serves a revision through whatever happens to it', async ({ stage, database }) => {
      const { portal, pools, fixture } = stage
      portal.startWorker()
      const runId = await aTrainedRun(stage)
      const lead = () => as(pools, fixture.lead, new Date())
      const { engagementId } = fixture
      const first = await deployed(stage, await aVersion(stage, runId))
      const { endpointId, slug } = first
      const token = await aPredictToken(stage)
      const traffic = load(stage, slug, token, 2)
      const until = (revision: number) =>
        eventually(async () => (traffic.answers.at(-1)?.revision === String(revision) ? true : null), 10, 'the switch')

      // From the model server to a container, without a failed request.
      const second = await deployed(stage, await aVersion(stage, runId), { order: IN_CONTAINER })
      expect(second).toMatchObject({ state: 'live', revision: 2, order: IN_CONTAINER })
      await until(2)
      expect(await servesWhom(portal.instance)).toEqual([second.id])
      expect(await statusOf(stage, second.id)).toMatchObject({ state: 'running', detail: /container .*sha256:/ })

      // Seen from inside, there is nothing to reach and nothing to write to.
      const [running] = await containersOf(portal.instance)
      const image = running?.ImageID ?? ''
      const order = { id: randomUUID(), onnx: new Uint8Array() }
      expect(await rightsInside(docker, modelContainer(order, image, 'inside'))).toEqual(NO_RIGHTS_SEEN)

      // Taken away by hand it comes back; what belongs to nobody goes; what belongs to somebody else stays.
      const orphan = await docker.createContainer(modelContainer(order, image, portal.instance))
      const stranger = await docker.createContainer(modelContainer(order, image, 'somebody'))
      await docker.getContainer(running?.Id ?? '').remove({ force: true })
      await eventually(
        async () => {
          const now = await containersOf(portal.instance)
          return now.length === 1 && now[0]?.Id !== running?.Id && now[0]?.Id !== orphan.id ? true : null
        },
        20,
        'another container serves it, and the orphan is gone',
      )
      expect((await stranger.inspect()).Id).toBe(stranger.id)
      await stranger.remove({ force: true })

      // The model server is killed: its container ends with it, and comes back with it.
      portal.servingProcess().child.kill('SIGKILL')
      await portal.servingProcess().ended
      await portal.startServing()
      await eventually(
        async () => ((await servesWhom(portal.instance)).join() === second.id ? true : null),
        20,
        'one container',
      )

      // Back from a third one: a roll-back keeps the engine of what it goes back to.
      await deployed(stage, await aVersion(stage, runId))
      await until(3)
      await rollBack(lead(), { engagementId, endpointId, liveRevision: 3 })
      const fourth = await untilSettled(stage, endpointId)
      expect(fourth).toMatchObject({ state: 'live', revision: 4, order: IN_CONTAINER, rollbackOf: second.id })
      await until(4)

      const answers = await traffic.stop()
      expect(answers.filter(isFailed)).toEqual([])
      expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set(['1', '2', '3', '4']))
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1)

      // An engine that is away is said to be away, and all is well when it is back.
      if (engine.interrupt) {
        await engine.interrupt.halt()
        await eventually(
          async () => ((await statusOf(stage, fourth.id)).state === 'away' ? true : null),
          15,
          'the status says that the engine is away',
        )
        expect((await predict(stage, slug, token)).status).toBe(503)
        const fifth = deployed(stage, await aVersion(stage, runId), { order: IN_CONTAINER })
        await sleep(1000)
        await engine.interrupt.resume()
        expect(await predict(stage, slug, token)).toMatchObject({ status: 200 })
        expect(await fifth).toMatchObject({ state: 'live', revision: 5 })
      }

      const [live] = await revisionsOf(stage, endpointId)
      await withdrawRevision(lead(), { engagementId, endpointId, deploymentId: live?.id ?? fourth.id })
      expect((await predict(stage, slug, token)).status).toBe(404)
      // What was on its way had its minute.
      await query(
        database.ownerUrl,
        (sql) =>
          sql`update deployments set live_from = live_from - interval '1 day', live_until = live_until - interval '1 day'`,
      )
      await eventually(
        async () => ((await containersOf(portal.instance)).length === 0 ? true : null),
        20,
        'the container is gone',
      )
    })
  })
}

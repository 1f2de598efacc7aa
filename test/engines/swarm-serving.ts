import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEPLOYMENT_LABEL, INSTANCE_LABEL, REPLICA_LABEL } from '#workers/docker/engine.ts'
import { dockerServing } from '#workers/serving/engines/docker.ts'
import { inProcess } from '#workers/serving/engines/engine.ts'
import { swarmServing } from '#workers/serving/engines/swarm.ts'
import { parseInvocation } from '#workers/serving/protocol.ts'
import type { ProbeResult } from '#workers/serving/revisions.ts'
import { revisionStore } from '#workers/serving/revisions.ts'
import type { Engine } from '../support/engine.ts'
import { eventually } from '../support/processes.ts'
import { startSwarm } from '../support/swarm.ts'
import type { TrainedModel } from '../support/trained-model.ts'
import { aTrainedModel } from '../support/trained-model.ts'

/** A revision as a service of a swarm. */
export function swarmServed(engine: Engine): void {
  const docker = new Docker()
  const instance = `test${randomUUID().slice(0, 8)}`
  const dataDir = mkdtempSync(path.join(tmpdir(), 'swarm-'))
  const id = randomUUID()
  const SERVICE = `tl-${instance}-${id}`

  const open = () =>
    revisionStore({
      dataDir,
      sessionsMax: 4,
      engines: {
        onnx: inProcess,
        docker: dockerServing(instance),
        swarm: swarmServing({ instance, registry: null, key: 'a key of the test' }),
      },
    })
  let store = open()
  let model: TrainedModel
  let leaveSwarm: () => Promise<void> = () => Promise.resolve()

  const title = engine.missing === null ? 'A service of a swarm' : `SKIPPED, NO DOCKER ENGINE (${engine.missing})`

  const put = (replicas: number, placement: string[] = []): Promise<ProbeResult> =>
    store.put(id, { ...model.manifest, order: { engine: 'swarm', replicas, placement } })

  async function answer(of = id): Promise<unknown> {
    const revision = await store.find(of)
    if (!revision) throw new Error('There is no such revision.')
    const body = { dataframe_split: { columns: model.columns, data: model.rows } }
    return revision.model.predict(parseInvocation(revision.signature, body))
  }

  /** Ask without a pause over some connections until told to stop. */
  function load() {
    const failures: unknown[] = []
    let answered = 0
    let isOver = false
    const ask = async () => {
      while (!isOver)
        await answer().then(
          () => (answered += 1),
          (error: unknown) => failures.push(error),
        )
    }
    const asking = [ask(), ask()]
    return {
      async stop() {
        isOver = true
        await Promise.all(asking)
        return { failures, answered }
      },
    }
  }

  const untilSays = (detail: string) =>
    eventually(async () => ((await store.status(id))?.detail === detail ? true : null), 40, detail)

  async function runningContainers(): Promise<Docker.ContainerInfo[]> {
    return docker.listContainers({ filters: { label: [`${INSTANCE_LABEL}=${instance}`, REPLICA_LABEL] } })
  }

  describe.skipIf(engine.missing !== null)(title, { timeout: 120_000 }, () => {
    beforeAll(async () => {
      if (engine.missing !== null) return
      leaveSwarm = await startSwarm()
      model = await aTrainedModel(dataDir)
    }, 90_000)
    afterAll(async () => {
      if (engine.missing === null) {
        await store.remove(id)
        await leaveSwarm()
      }
      rmSync(dataDir, { recursive: true })
    }, 60_000)
    test('answers as the model server does, with as many replicas as were asked for, each without rights', async () => {
      const here = randomUUID()
      expect(await store.put(here, model.manifest)).toMatchObject({ passed: true })
      expect(await put(1)).toMatchObject({ passed: true, tolerance: 1e-4 })
      expect(await answer()).toEqual(await answer(here))
      await untilSays('1 of 1 replicas answer')
      const [task] = await runningContainers()
      const { HostConfig, Config } = await docker.getContainer(task?.Id ?? '').inspect()
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], Privileged: false, PidsLimit: 64 })
      expect(HostConfig.Memory).toBeGreaterThan(0)
      expect(HostConfig.Binds ?? []).toEqual([])
      expect(Config.User).toBe('10001:10001')
      const [port] = task?.Ports ?? []
      const stranger = await fetch(`http://127.0.0.1:${String(port?.PublicPort)}`, { method: 'POST', body: '{}' })
      expect(stranger.status).toBe(401)
    })

    test('is scaled and rolled over to other settings without a failed request', async () => {
      const before = new Set((await runningContainers()).map(({ Id }) => Id))
      const traffic = load()
      expect(await put(2)).toMatchObject({ passed: true })
      await untilSays('2 of 2 replicas answer')
      expect(await put(2, ['node.role==manager'])).toMatchObject({ passed: true })
      // Each replica is replaced, one after the other, as for a new image.
      const service = docker.getService(SERVICE)
      const { Spec, Version } = await service.inspect()
      const TaskTemplate = { ...Spec.TaskTemplate, ForceUpdate: 1 }
      await service.update({ _query: { version: Version.Index }, _body: { ...Spec, TaskTemplate } })
      await eventually(
        async () => {
          const now = await runningContainers()
          return now.length === 2 && now.every(({ Id }) => !before.has(Id)) ? true : null
        },
        60,
        'each replica is a new one',
      )
      const { failures, answered } = await traffic.stop()
      expect(failures).toEqual([])
      expect(answered).toBeGreaterThan(50)
    })

    test('comes back when it is taken away, outlives the model server, and an orphan goes', async () => {
      await docker.getService(SERVICE).remove()
      const gone = new Set((await runningContainers()).map(({ Id }) => Id))
      await eventually(
        async () => {
          const now = await runningContainers()
          return now.length === 2 && now.every(({ Id }) => !gone.has(Id)) ? true : null
        },
        30,
        'the service is back',
      )
      expect(await answer()).toHaveLength(model.rows.length)
      // Another model server takes over what runs; what no revision wants is taken away, and a stranger's is not.
      const containers = (await runningContainers()).map(({ Id }) => Id).sort()
      const { Spec } = await docker.getService(SERVICE).inspect()
      const beside = (name: string, labels: Readonly<Record<string, string>>) =>
        docker.createService({ ...Spec, Name: name, Labels: labels, Mode: { Replicated: { Replicas: 0 } } })
      await beside(`tl-${instance}-orphan`, { [INSTANCE_LABEL]: instance, [DEPLOYMENT_LABEL]: randomUUID() })
      await beside('a-stranger', { [INSTANCE_LABEL]: 'somebody', [DEPLOYMENT_LABEL]: randomUUID() })
      await store.release()
      store = open()
      const said: string[] = []
      await store.reconcile((sentence) => said.push(sentence))
      expect(said).toContain(`removed service tl-${instance}-orphan, which served nobody`)
      const names = (await docker.listServices()).map((service) => service.Spec?.Name).sort()
      expect(names).toEqual(['a-stranger', SERVICE].sort())
      await docker.getService('a-stranger').remove()
      expect((await runningContainers()).map(({ Id }) => Id).sort()).toEqual(containers)
      expect(await answer()).toHaveLength(model.rows.length)
    })
  })
}

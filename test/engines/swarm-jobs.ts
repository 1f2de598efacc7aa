import { randomUUID } from 'node:crypto'
import net from 'node:net'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Executor } from '#workers/executors/executor.ts'
import { swarmExecutor } from '#workers/executors/swarm.ts'
import type { Engine } from '../support/engine.ts'
import { execute, executorContract } from '../support/executor-contract.ts'
import { startSwarm } from '../support/swarm.ts'

/** Jobs as services of a swarm: the contract of every executor, and who gets in. */
export function swarmJobs(engine: Engine): void {
  const docker = new Docker()
  const instance = `test${randomUUID().slice(0, 8)}`
  const executor: Executor = swarmExecutor({ instance, image: null, registry: null })
  let leaveSwarm: () => Promise<void> = () => Promise.resolve()

  const ours = () => docker.listServices({ filters: { label: [`throughline.instance=${instance}`] } })
  const title = engine.missing === null ? 'Docker Swarm' : `SKIPPED, NO DOCKER ENGINE (${engine.missing})`

  describe.skipIf(engine.missing !== null)(title, { timeout: 120_000 }, () => {
    beforeAll(async () => {
      if (engine.missing === null) leaveSwarm = await startSwarm()
    }, 30_000)
    afterAll(async () => {
      if (engine.missing === null) {
        await executor.sweep(() => Promise.resolve(new Set()))
        await leaveSwarm()
      }
    }, 60_000)
    executorContract('A service', () => executor)

    test('listens for its worker alone, with the rights of a job, and leaves nothing behind', async () => {
      const seen: unknown[] = []
      const outcome = await execute(
        executor,
        'import time\nprint("inside", flush=True)\nuntil = time.time() + 4\nwhile time.time() < until: pass',
        {},
        {
          onLog: () => {
            seen.push(look())
          },
        },
      )
      expect(outcome.end).toEqual({ state: 'succeeded' })
      expect(await Promise.all(seen)).toEqual([
        { ReadonlyRootfs: true, CapDrop: ['ALL'], PidsLimit: 128, Binds: [], user: '10001:10001', stranger: 'refused' },
      ])
      expect(await ours()).toEqual([])
    })

    /** What the engine knows of the only job that runs, and whether somebody else gets in. */
    async function look(): Promise<unknown> {
      const containers = await docker.listContainers()
      const job = containers.find(({ Names }) => Names.some((name) => name.includes(instance)))
      const { HostConfig, Config } = await docker.getContainer(job?.Id ?? '').inspect()
      const port = job?.Ports.find(({ PrivatePort }) => PrivatePort === 8080)?.PublicPort ?? 0
      const stranger = await new Promise((resolve) => {
        const socket = net.connect({ host: '127.0.0.1', port }, () => socket.write(`${'0'.repeat(64)}\n`))
        socket.on('data', () => resolve('heard'))
        socket.on('error', () => resolve('refused')).on('close', () => resolve('refused'))
      })
      const { ReadonlyRootfs, CapDrop, PidsLimit, Binds } = HostConfig
      return { ReadonlyRootfs, CapDrop, PidsLimit, Binds: Binds ?? [], user: Config.User, stranger }
    }

    test('is removed when its job is nobody’s any more, and left alone while it is somebody’s', async () => {
      const [wanted, orphan] = [randomUUID(), randomUUID()]
      const abort = new AbortController()
      const running = [wanted, orphan].map((id) =>
        execute(executor, 'while True: pass', { id }, { signal: abort.signal }),
      )
      await expect.poll(async () => (await ours()).length, { timeout: 15_000 }).toBe(2)
      expect(await executor.sweep(() => Promise.resolve(new Set([wanted])))).toBe(1)
      expect((await ours()).map(({ Spec }) => Spec?.Labels?.['throughline.execution'])).toEqual([wanted])
      abort.abort()
      await Promise.all(running)
      expect(await ours()).toEqual([])
    })
  })
}

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import Docker from 'dockerode'
import { afterAll, describe, expect, test } from 'vitest'
import type { ExecutionSpec, Executor } from '#workers/executors/executor.ts'
import { containerOptions, dockerExecutor } from '#workers/executors/docker.ts'
import type { Engine } from '../support/engine.ts'
import { execute, executorContract } from '../support/executor-contract.ts'
import { inside, NO_RIGHTS_SEEN, rightsInside } from '../support/inside.ts'
import { eventually } from '../support/processes.ts'

/** Jobs in containers of an engine: the contract of every executor, and the rights of a container. */
export function dockerJobs(engine: Engine): void {
  const INSTANCE = `test${randomUUID().slice(0, 8)}`
  let executor: Executor | null = null
  let docker = new Docker()

  if (engine.missing === null) {
    docker = new Docker()
    executor = dockerExecutor({ instance: INSTANCE, image: null })
  }

  const spec = (change: Partial<ExecutionSpec> = {}): ExecutionSpec => ({
    id: randomUUID(),
    files: [{ path: '/job/main.py', bytes: new Uint8Array() }],
    entry: '/job/main.py',
    timeoutSeconds: 30,
    memoryMbMax: 256,
    ...change,
  })

  const ours = () => docker.listContainers({ all: true, filters: { label: [`throughline.instance=${INSTANCE}`] } })

  const options = (image: string) => containerOptions(spec({ memoryMbMax: 96 }), image, INSTANCE)

  const title = engine.missing === null ? 'Docker' : `SKIPPED, NO DOCKER ENGINE (${engine.missing})`

  describe.skipIf(engine.missing !== null)(title, { timeout: 120_000 }, () => {
    afterAll(async () => {
      await executor?.sweep(() => Promise.resolve(new Set()))
    }, 60_000)
    executorContract('A container', () => {
      if (!executor) throw new Error('No engine')
      return executor
    })

    // An engine of yours may be asked otherwise.
    const isOverTls = engine.surroundings['DOCKER_TLS_VERIFY'] !== undefined
    test.skipIf(!isOverTls)('answers nobody who does not show the key that was made for it', async () => {
      const { hostname, port } = new URL(engine.surroundings['DOCKER_HOST'] ?? '')
      const stranger = new Docker({ protocol: 'https', host: hostname, port, key: '', cert: '', ca: '' })
      await expect(stranger.ping()).rejects.toThrow()
      expect(String(await docker.ping())).toBe('OK')
    })

    test('has the rights that were asked for, seen from inside', async () => {
      const image = /sha256:[0-9a-f]{64}/.exec((await executor?.environment()) ?? '')?.[0] ?? ''
      expect(await rightsInside(docker, options(image))).toEqual(NO_RIGHTS_SEEN)
      const bomb = await inside(
        docker,
        options(image),
        `const { spawn } = require('child_process'); let made = 0, refused = 0
       for (let n = 0; n < 400; n += 1) { try { const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 20000)']); if (child.pid) made += 1; child.on('error', () => { refused += 1 }) } catch { refused += 1 } }
       setTimeout(() => { console.log(made, refused); process.exit(0) }, 1500)`,
      )
      const [made = NaN] = bomb.said.split(' ').map(Number)
      expect(bomb.isOom || made < 128, bomb.said).toBe(true)
      const greedy = await inside(docker, options(image), `const kept = []; for (;;) kept.push(Buffer.alloc(8e6, 1))`)
      expect(greedy).toMatchObject({ status: 137, isOom: true })
    })

    test('leaves nothing behind, however it ended', async () => {
      if (!executor) return
      await execute(executor, 'import sys; sys.exit(1)')
      await execute(executor, 'while True: pass', { timeoutSeconds: 4 })
      expect(await ours()).toEqual([])
    })

    test('is removed after a restart when its job is nobody’s any more, and left alone while it is somebody’s', async () => {
      if (!executor) return
      const image = /sha256:[0-9a-f]{64}/.exec(await executor.environment())?.[0] ?? ''
      const [orphan, wanted] = [spec(), spec()]
      for (const each of [orphan, wanted]) {
        const container = await docker.createContainer(containerOptions(each, image, INSTANCE))
        await container.start()
      }
      const stranger = await docker.createContainer(containerOptions(spec(), image, 'somebody-else'))
      expect(await executor.sweep(() => Promise.resolve(new Set([wanted.id])))).toBe(1)
      expect((await ours()).map(({ Labels }) => Labels['throughline.execution'])).toEqual([wanted.id])
      expect((await stranger.inspect()).Id).toBe(stranger.id)
      await stranger.remove({ force: true })
      expect(await executor.sweep(() => Promise.resolve(new Set()))).toBe(1)
    })

    test.skipIf(engine.interrupt === null)(
      'does not run on in the eyes of its worker when the engine is killed, and nothing is left of it',
      async () => {
        if (!executor) return
        let hear: () => void = () => undefined
        const started = new Promise<void>((resolve) => (hear = resolve))
        const running = execute(
          executor,
          'print("started", flush=True)\nwhile True: pass',
          { timeoutSeconds: 100 },
          { onLog: () => hear() },
        )
        await started
        await engine.interrupt?.kill()
        await engine.interrupt?.resume()
        expect((await running).end).toMatchObject({ state: 'failed', reason: 'crashed' })
        await executor.sweep(() => Promise.resolve(new Set()))
        expect(await ours()).toEqual([])
      },
    )

    test('ends with the worker that held it, also when that is killed', async () => {
      const id = randomUUID()
      const script = `
      import { dockerExecutor } from '#workers/executors/docker.ts'
      const files = [{ path: '/job/main.py', bytes: new TextEncoder().encode('print("started")\\nwhile True: pass') }]
      const spec = { id: '${id}', files, entry: '/job/main.py', timeoutSeconds: 60, memoryMbMax: 700 }
      const onLog = (stream, text) => process.stdout.write(text)
      await dockerExecutor({ instance: '${INSTANCE}', image: null }).run(spec, { onLog, onProgress() {}, onUsage() {}, track() {}, signal: new AbortController().signal })`
      const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await new Promise<void>((resolve) => holder.stdout.once('data', () => resolve()))
      holder.kill('SIGKILL')
      await eventually(
        async () => {
          const container = (await ours()).find(({ Labels }) => Labels['throughline.execution'] === id)
          return container === undefined || container.State === 'exited' ? true : null
        },
        10,
        'the container ends',
      )
    })
  })
}

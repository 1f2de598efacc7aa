import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '#db/postgres.server.ts'
import { argumentsOf } from '#workers/bundled.ts'
import { instanceName } from '#workers/instance-name.ts'
import type { TestDatabase } from './database.ts'

/** A process of the portal, as the supervisor starts it, and all that it said. */
export interface PortalProcess {
  readonly child: ChildProcess
  said(): string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<string>
  /** Wait until it said something that matches. */
  hear(what: RegExp): Promise<void>
}

/** The real web process and the real serving process on a test's database, and workers when asked for. */
export interface Portal {
  readonly origin: string
  readonly dataDir: string
  /** Its name on an engine. */
  readonly instance: string
  readonly serving: { readonly url: string; readonly secret: string }
  startWorker(environment?: Readonly<Record<string, string>>): PortalProcess
  /** Start the serving process again, on the same port. */
  startServing(): Promise<PortalProcess>
  servingProcess(): PortalProcess
  readonly web: PortalProcess
  stop(): Promise<void>
}

const SECONDS_MAX = 40

/** Start the portal without its supervisor, so that a test can kill each part by itself. */
export async function startPortal(
  database: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
): Promise<Portal> {
  await mkdir('.test', { recursive: true })
  const dataDir = await mkdtemp(path.resolve('.test', 'portal-'))
  const port = await freePort()
  const servingPort = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const secret = randomBytes(16).toString('hex')
  const instanceSecret = randomBytes(16).toString('hex')
  const instance = instanceName(instanceSecret)
  const serving = { url: `http://127.0.0.1:${servingPort}`, secret }
  const common = {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    SERVING_URL: serving.url,
    SERVING_SECRET: secret,
    INSTANCE_SECRET: instanceSecret,
  }
  const running = new Set<PortalProcess>()
  const start = (entry: string, more: Readonly<Record<string, string>>) => {
    const made = launch(entry, { ...common, ...more, ...environment })
    running.add(made)
    return made
  }
  const startServing = async () => {
    const made = start('workers/serving/main.ts', { SERVING_PORT: String(servingPort), INSTANCE_NAME: instance })
    await made.hear(/listening/)
    return made
  }
  const web = start('app/main.ts', {
    WEB_DATABASE_URL: database.webUrl,
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_ORIGIN: origin,
  })
  let servingProcess = await startServing()
  await web.hear(/listening/)
  return {
    origin,
    dataDir,
    instance,
    serving,
    web,
    servingProcess: () => servingProcess,
    startWorker: (more = {}) =>
      start('workers/main.ts', {
        WORKER_DATABASE_URL: database.workerUrl,
        QUEUE_DATABASE_URL: database.queueUrl,
        TRACKING_URL: origin,
        PUBLIC_ORIGIN: origin,
        ...more,
      }),
    async startServing() {
      servingProcess = await startServing()
      return servingProcess
    },
    async stop() {
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all([...running].map(({ ended }) => ended))
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function launch(entry: string, environment: Readonly<Record<string, string>>): PortalProcess {
  const child: ChildProcess = spawn(process.execPath, argumentsOf(entry), {
    env: { ...environment, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let said = ''
  const listen = (piece: Buffer) => (said += piece.toString())
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}`)),
  )
  return {
    child,
    said: () => said,
    ended,
    async hear(what) {
      const deadline = performance.now() + SECONDS_MAX * 1000
      while (!what.test(said)) {
        if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline)
          throw new Error(`${entry} did not say ${String(what)}. It said:\n${said}`)
        await sleep(20)
      }
    },
  }
}

/** Ask again and again until the answer is not null. */
export async function eventually<T>(ask: () => Promise<T | null>, secondsMax: number, what: string): Promise<T> {
  const deadline = performance.now() + secondsMax * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`Not within ${String(secondsMax)} s: ${what}`)
    await sleep(50)
  }
}

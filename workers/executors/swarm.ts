import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { ensureImported, EXECUTION_LABEL, INSTANCE_LABEL, NETWORK_FLAGS } from '#workers/docker/engine.ts'
import { addressesOf, distributed, NO_REGISTRY, removeService, SERVICE_RIGHTS, tasksOf } from '#workers/docker/swarm.ts'
import { checkSpec, converse, permissionFlags } from './conversation.ts'
import { CONTAINER_CAGE, CONTAINER_PYODIDE, cageRootFileSystem } from './docker-image.ts'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, Executor } from './executor.ts'
import { lineReader, parsedLine } from './lines.ts'
import { INTERPRETER } from './python.ts'

const PORT = 8080
const LINE_BYTES_MAX = 64 * 1024 * 1024
const PLACE_MS_MAX = 60_000
const POLL_MS = 150
const HELLO_MS_MAX = 10_000
const MB = 1024 * 1024
/** The program watches its own memory; the engine's limit, a little above, is for one that does not. */
const HEADROOM_MB = 128
const KILLED = 137

export interface SwarmExecutorOptions {
  readonly instance: string
  /** An image of the operator's own, by digest, that the nodes can pull; null for the one made here. */
  readonly image: string | null
  /** Where the nodes get the image made here; null: only this node has it, so only it works. */
  readonly registry: string | null
}

/**
 * The service of one job: one replica, never restarted, with the rights of a job's container but for a network, on which
 * it listens for the worker alone. Generated whole from here, nothing of it from what a person sent.
 */
export function jobService(
  spec: ExecutionSpec,
  placed: { readonly image: string; readonly constraints: readonly string[] },
  { instance, secret }: { readonly instance: string; readonly secret: string },
): Docker.CreateServiceOptions {
  return {
    Name: serviceName(instance, spec.id),
    Labels: { [INSTANCE_LABEL]: instance, [EXECUTION_LABEL]: spec.id },
    TaskTemplate: {
      ContainerSpec: {
        ...SERVICE_RIGHTS,
        Image: placed.image,
        Args: [
          ...permissionFlags([CONTAINER_PYODIDE, CONTAINER_CAGE]),
          ...NETWORK_FLAGS,
          `${CONTAINER_CAGE}/service.mjs`,
        ],
        Env: [`CAGE_SECRET=${secret}`],
        Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 1024 }],
        StopGracePeriod: 1_000_000_000,
      },
      Resources: {
        Limits: {
          NanoCPUs: 1_000_000_000,
          MemoryBytes: (Math.round(spec.memoryMbMax) + HEADROOM_MB) * MB,
          Pids: 128,
        },
      },
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: [...placed.constraints] },
      LogDriver: { Name: 'none' },
    },
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: PORT, PublishMode: 'host' }] },
  } as Docker.CreateServiceOptions // the library's types know fewer fields than API 1.41
}

/** At most 63 characters. */
const serviceName = (instance: string, id: string) => `tl-job-${instance}-${id}`

/**
 * Runs Python as a service of a swarm, on whichever of its machines has room: the same program as in the cage, talked to
 * over one connection from the worker. The manager is the engine that DOCKER_HOST and its TLS variables name.
 */
export function swarmExecutor(options: SwarmExecutorOptions): Executor {
  const docker = new Docker()
  const { instance, registry } = options
  let placing: ReturnType<typeof placed> | null = null

  async function placed(): Promise<{ readonly image: string; readonly constraints: readonly string[] }> {
    if (options.image !== null) return { image: options.image, constraints: [] }
    const root = cageRootFileSystem()
    const repository = `${registry ?? NO_REGISTRY}/throughline/cage`
    await ensureImported(docker, repository, root)
    return distributed(docker, `${repository}:${root.digest.slice(0, 32)}`, registry)
  }
  /** Asked again after a failure. */
  const whereTo = () => {
    placing ??= placed().catch((error: unknown) => {
      placing = null
      throw error
    })
    return placing
  }

  return {
    name: 'swarm',
    environment: async () => `image ${(await whereTo()).image}`,
    interpreter: async () => (options.image === null ? INTERPRETER : `image ${(await whereTo()).image}`),
    async run(spec, hooks) {
      checkSpec(spec)
      const where = await whereTo()
      if (hooks.signal.aborted) return { state: 'cancelled' }
      const secret = randomBytes(32).toString('hex')
      const name = serviceName(instance, spec.id)
      // A name that is taken belongs to an attempt of ours that was cut off.
      await removeService(docker, name)
      await docker.createService(jobService(spec, where, { instance, secret }))
      try {
        return await talk(docker, { spec, hooks, name, secret, hasSnapshot: options.image === null })
      } finally {
        await removeService(docker, name).catch(() => undefined)
      }
    },
    async sweep(current) {
      const filters = { label: [`${INSTANCE_LABEL}=${instance}`, EXECUTION_LABEL] }
      const ours = await docker.listServices({ filters })
      const wanted = await current()
      const orphans = ours.filter(({ Spec }) => !wanted.has(Spec?.Labels?.[EXECUTION_LABEL] ?? ''))
      for (const { ID } of orphans) await removeService(docker, ID)
      return orphans.length
    },
  }
}

interface Order {
  readonly spec: ExecutionSpec
  readonly hooks: ExecutionHooks
  readonly name: string
  readonly secret: string
  readonly hasSnapshot: boolean
}

async function talk(docker: Docker, { spec, hooks, name, secret, hasSnapshot }: Order): Promise<ExecutionEnd> {
  const line = await connected(docker, { name, secret, signal: hooks.signal })
  if (!(line instanceof net.Socket)) return line
  const conversation = converse(spec, hooks, {
    channel: {
      send(message) {
        if (line.writable) line.write(`${JSON.stringify(message)}\n`)
      },
      kill: () => {
        line.destroy()
        void removeService(docker, name).catch(() => undefined)
      },
    },
    pyodideUrl: `file://${CONTAINER_PYODIDE}/pyodide.mjs`,
    snapshotPath: hasSnapshot ? cageRootFileSystem().snapshotPath : null,
    memoryMbMax: spec.memoryMbMax,
  })
  const broken = () =>
    conversation.fail({ state: 'failed', reason: 'crashed', message: 'The service broke off its output.' })
  line.pipe(lineReader(LINE_BYTES_MAX, (text) => conversation.hear(parsedLine(text)), broken))
  line.on('close', () => {
    void endOf(docker, name).then((end) => conversation.left(end))
  })
  return conversation.ended
}

/** A connection to the program, when the swarm has placed it and it listens; or how the job ended before that. */
async function connected(
  docker: Docker,
  { name, secret, signal }: { readonly name: string; readonly secret: string; readonly signal: AbortSignal },
): Promise<net.Socket | ExecutionEnd> {
  const deadline = performance.now() + PLACE_MS_MAX
  let said = ''
  while (performance.now() < deadline) {
    if (signal.aborted) return { state: 'cancelled' }
    const tasks = await tasksOf(docker, name)
    const [address] = await addressesOf(docker, tasks, PORT)
    said = tasks[0]?.Status.Err ?? tasks[0]?.Status.Message ?? said
    if (tasks[0] && ['failed', 'rejected', 'complete'].includes(tasks[0].Status.State)) break
    const line = address === undefined ? null : await dial(address, secret)
    if (line) return line
    await sleep(POLL_MS)
  }
  return { state: 'failed', reason: 'crashed', message: `The swarm did not run the job. ${said}`.trim() }
}

/** Resolves when the program let us in and said its first word: before it listens, an engine may take calls for it. */
function dial(address: string, secret: string): Promise<net.Socket | null> {
  const { hostname, port } = new URL(`tcp://${address}`)
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true })
    const timer = setTimeout(() => socket.destroy(), HELLO_MS_MAX)
    const leave = () => {
      clearTimeout(timer)
      resolve(null)
    }
    socket.on('error', () => socket.destroy())
    socket.once('connect', () => socket.write(`${secret}\n`))
    socket.once('close', leave)
    socket.once('readable', () => {
      if (socket.readableLength === 0) return
      clearTimeout(timer)
      socket.off('close', leave)
      resolve(socket)
    })
  })
}

/** How a program ended that did not say so itself. A machine tells the swarm no more than the status it left with. */
async function endOf(docker: Docker, name: string): Promise<ExecutionEnd> {
  for (let tries = 0; tries < 20; tries += 1) {
    const [task] = await tasksOf(docker, name).catch(() => [])
    const status = task?.Status.ContainerStatus?.ExitCode
    if (task === undefined) break
    if (task.Status.State === 'failed' || task.Status.State === 'complete') {
      return status === KILLED
        ? { state: 'failed', reason: 'out_of_memory', message: 'It was killed, most likely over its memory.' }
        : { state: 'failed', reason: 'crashed', message: `The container stopped with status ${String(status)}.` }
    }
    await sleep(POLL_MS)
  }
  return { state: 'failed', reason: 'crashed', message: 'The connection to the service broke.' }
}

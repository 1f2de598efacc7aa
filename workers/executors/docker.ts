import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import {
  ensureImported,
  EXECUTION_LABEL,
  heldContainer,
  INSTANCE_LABEL,
  removeContainer,
  statusOf,
} from '#workers/docker/engine.ts'
import { checkSpec, converse, permissionFlags } from './conversation.ts'
import { CONTAINER_CAGE, CONTAINER_PYODIDE, cageRootFileSystem } from './docker-image.ts'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, Executor } from './executor.ts'
import { INTERPRETER } from './python.ts'
import { lineReader, parsedLine } from './lines.ts'

const REPOSITORY = 'throughline/cage'
const LINE_BYTES_MAX = 64 * 1024 * 1024
/** How long an engine that was killed may take to say what became of a container. */
const ENGINE_MS_MAX = 20_000
const AGAIN_MS = 250

export interface DockerOptions {
  /** Tells our containers from those of another portal on the same engine. */
  readonly instance: string
  /** An image of the operator's own, by digest; null for the one made here. */
  readonly image: string | null
}

/** The container of a job. */
export function containerOptions(spec: ExecutionSpec, image: string, instance: string): Docker.ContainerCreateOptions {
  return {
    name: `throughline-${instance}-${spec.id}`,
    ...heldContainer({
      image,
      command: [...permissionFlags([CONTAINER_PYODIDE, CONTAINER_CAGE]), `${CONTAINER_CAGE}/container.mjs`],
      labels: { [INSTANCE_LABEL]: instance, [EXECUTION_LABEL]: spec.id },
      memoryBytes: Math.round(spec.memoryMbMax) * 1024 * 1024,
      pidsMax: 128,
    }),
  }
}

/**
 * Runs Python in a container of its own: the same program as in the cage, talked to over standard input and output, so
 * that the container needs no network at all. The engine is the one that DOCKER_HOST and its TLS variables name.
 */
export function dockerExecutor(options: DockerOptions): Executor {
  const docker = new Docker()
  let image: Promise<string> | null = null
  /** The image's id, `sha256:…`: what runs is what was inspected. Asked again after a failure. */
  const imageId = (): Promise<string> => {
    image ??= ensureImage(docker, options.image).catch((error: unknown) => {
      image = null
      throw error
    })
    return image
  }
  return {
    name: 'docker',
    environment: async () => `image ${await imageId()}`,
    interpreter: async () => (options.image === null ? INTERPRETER : `image ${await imageId()}`),
    async run(spec, hooks) {
      checkSpec(spec)
      const id = await imageId()
      if (hooks.signal.aborted) return { state: 'cancelled' }
      const container = await createContainer(
        docker,
        containerOptions(spec, id, options.instance),
        () => (image = null),
      )
      try {
        const snapshotPath = options.image === null ? cageRootFileSystem().snapshotPath : null
        return await runContainer(docker, container, { spec, hooks, snapshotPath })
      } finally {
        await container.remove({ force: true, v: true }).catch(() => undefined)
      }
    },
    async sweep(current) {
      const filters = { label: [`${INSTANCE_LABEL}=${options.instance}`, EXECUTION_LABEL] }
      const ours = await docker.listContainers({ all: true, filters })
      const wanted = await current()
      const orphans = ours.filter(({ Labels }) => !wanted.has(Labels[EXECUTION_LABEL] ?? ''))
      for (const { Id } of orphans) await removeContainer(docker, Id)
      return orphans.length
    },
  }
}

async function ensureImage(docker: Docker, given: string | null): Promise<string> {
  if (given !== null) return (await docker.getImage(given).inspect()).Id
  return ensureImported(docker, REPOSITORY, cageRootFileSystem())
}

/** A name that is taken belongs to an attempt of ours that was cut off: it is removed, and made afresh. */
async function createContainer(
  docker: Docker,
  wanted: Docker.ContainerCreateOptions,
  forgetImage: () => void,
): Promise<Docker.Container> {
  try {
    return await docker.createContainer(wanted)
  } catch (error) {
    if (statusOf(error) === 404) forgetImage()
    if (statusOf(error) !== 409) throw error
    await docker.getContainer(wanted.name ?? '').remove({ force: true, v: true })
    return docker.createContainer(wanted)
  }
}

async function runContainer(
  docker: Docker,
  container: Docker.Container,
  {
    spec,
    hooks,
    snapshotPath,
  }: { readonly spec: ExecutionSpec; readonly hooks: ExecutionHooks; readonly snapshotPath: string | null },
): Promise<ExecutionEnd> {
  const line = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
  const conversation = converse(spec, hooks, {
    channel: {
      send(message) {
        if (line.writable) line.write(`${JSON.stringify(message)}\n`)
      },
      kill: () => void container.kill().catch(() => undefined),
    },
    pyodideUrl: `file://${CONTAINER_PYODIDE}/pyodide.mjs`,
    snapshotPath,
    // The engine holds the limit; the program does not have to watch itself.
    memoryMbMax: Number.MAX_SAFE_INTEGER,
  })
  const broken = () =>
    conversation.fail({ state: 'failed', reason: 'crashed', message: 'The container broke off its output.' })
  line.on('error', broken)
  docker.modem.demuxStream(
    line,
    lineReader(LINE_BYTES_MAX, (text) => conversation.hear(parsedLine(text)), broken),
    new Writable({
      write(piece: Buffer, _encoding, done) {
        conversation.hear({ t: 'log', stream: 'stderr', text: piece.toString('utf8') })
        done()
      },
    }),
  )
  // The output ends with the container and with the engine, also when that is killed, which no pending call is told of.
  let isOver = false
  const over = () => {
    if (isOver) return
    isOver = true
    void endOf(container).then((end) => conversation.left(end))
  }
  for (const event of ['end', 'close'] as const) line.on(event, over)
  await container.start()
  return conversation.ended
}

/** How a container ended that did not say so itself, asked of an engine that may be starting again. */
async function endOf(container: Docker.Container): Promise<ExecutionEnd> {
  const crashed = (message: string): ExecutionEnd => ({ state: 'failed', reason: 'crashed', message })
  const deadline = performance.now() + ENGINE_MS_MAX
  for (;;) {
    const seen = await container.inspect().then(
      ({ State }) => State,
      (error: unknown) => (statusOf(error) === 404 ? 'removed' : null),
    )
    if (seen === 'removed') return crashed('The container was removed.')
    if (seen?.OOMKilled === true)
      return { state: 'failed', reason: 'out_of_memory', message: 'The container used more memory than it may.' }
    if (seen?.Running === false) return crashed(`The container stopped with status ${String(seen.ExitCode)}.`)
    // Nobody is heard of a program that runs on without its output.
    if (performance.now() > deadline)
      return crashed(seen === null ? 'The engine did not answer any more.' : 'The container broke off its output.')
    await sleep(AGAIN_MS)
  }
}

import { randomUUID } from 'node:crypto'
import Docker from 'dockerode'
import { DEPLOYMENT_LABEL, heldContainer, INSTANCE_LABEL, removeContainer, statusOf } from '#workers/docker/engine.ts'
import type { Columns, Predictions } from '../protocol.ts'
import type { ModelOrder, OpenedModel, ServingEngine } from './engine.ts'
import { EngineAway } from './engine.ts'
import { COMMAND, ensureModelImage, removeOtherImages } from './image.ts'
import { openLine } from './line.ts'

const repositoryOf = (instance: string) => `throughline/${instance}/model`
const MB = 1024 * 1024

/** What Node and the runtime need, and the model three times: its file, its copy in the runtime, its work. In bytes. */
export function memoryOf(onnx: Uint8Array): number {
  return 320 * MB + 3 * Math.ceil(onnx.length / MB) * MB
}

/** The container of a revision: it ends with whoever holds its other end, so that a killed model server leaves none behind. */
export function modelContainer(
  order: Pick<ModelOrder, 'id' | 'onnx'>,
  image: string,
  instance: string,
): Docker.ContainerCreateOptions {
  const options = heldContainer({
    image,
    command: COMMAND,
    labels: { [INSTANCE_LABEL]: instance, [DEPLOYMENT_LABEL]: order.id },
    memoryBytes: memoryOf(order.onnx),
    pidsMax: 64,
  })
  return { ...options, HostConfig: { ...options.HostConfig, AutoRemove: true } }
}

/**
 * Runs each revision in a container of its own, on the engine that DOCKER_HOST and its TLS variables name.
 * @param instance tells our containers from those of another portal on the same engine
 */
export function dockerServing(instance: string): ServingEngine {
  const docker = new Docker()
  /** Names of the containers that are being brought up or answer, and what for. */
  const held = new Map<string, { readonly order: ModelOrder; close(): void }>()

  return {
    open: (order, onLost) =>
      whileThere(async () => {
        const name = `throughline-${instance}-${order.id}-${randomUUID().slice(0, 8)}`
        let end: () => void = () => undefined
        held.set(name, { order, close: () => end() })
        try {
          const { id: image } = await ensureModelImage(docker, order, { repository: repositoryOf(instance), instance })
          const container = await docker.createContainer({ name, ...modelContainer(order, image, instance) })
          const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
          const line = openLine(docker.modem, stream, () => {
            held.delete(name)
            removeContainer(docker, container.id).catch(() => undefined) // what is left of it is reaped later
            onLost()
          })
          end = () => line.close()
          await container.start()
          await line.ready
          const detail = `container ${container.id.slice(0, 12)}, image ${image.slice(0, 19)}`
          return {
            predict: (columns: Columns): Promise<Predictions> => line.ask(columns),
            release: () => line.finish(),
            status: () => ({ state: 'running', detail }),
          } satisfies OpenedModel
        } catch (error) {
          held.delete(name)
          await removeContainer(docker, name).catch(() => undefined)
          throw error
        }
      }),

    remove(id) {
      for (const container of held.values()) if (container.order.id === id) container.close()
      return Promise.resolve()
    },

    reap: ({ orders }) =>
      whileThere(async () => {
        const filters = { label: [`${INSTANCE_LABEL}=${instance}`, DEPLOYMENT_LABEL] }
        const ours = await docker.listContainers({ all: true, filters })
        const orphans = ours.filter(({ Names }) => !Names.some((name) => held.has(name.replace(/^\//, ''))))
        for (const { Id } of orphans) await removeContainer(docker, Id)
        const used = [...orders, ...[...held.values()].map(({ order }) => order)]
        const images = await removeOtherImages(docker, used, { repository: repositoryOf(instance), instance })
        return [
          ...orphans.map(({ Id }) => `removed container ${Id.slice(0, 12)}, which served nobody`),
          ...images.map((image) => `removed image ${image}, which nobody serves`),
        ]
      }),
  }
}

/** Tell an engine that does not answer from one that says no. @throws EngineAway */
export async function whileThere<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (statusOf(error) !== null || !isSystemError(error)) throw error
    throw new EngineAway('The Docker engine is not reachable.', { cause: error })
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

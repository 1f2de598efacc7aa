import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import type { EngineStatus } from '#app/domain/serving-engine.ts'
import { DEPLOYMENT_LABEL, INSTANCE_LABEL, statusOf } from '#workers/docker/engine.ts'
import { addressesOf, distributed, NO_REGISTRY, removeService, tasksOf } from '#workers/docker/swarm.ts'
import { ModelError } from '../model.ts'
import { whileThere } from './docker.ts'
import type { ModelOrder, OpenedModel, ServingEngine } from './engine.ts'
import { EngineAway } from './engine.ts'
import { ensureModelImage, removeOtherImages } from './image.ts'
import { replicaRing } from './replicas.ts'
import { PORT, replicaSecret, serviceName, serviceSpec, SPEC_LABEL } from './swarm-service.ts'

const POLL_MS = 500
const READY_MS_MAX = 90_000

export interface SwarmOptions {
  readonly instance: string
  /** Where the nodes get images, such as `registry.example.org:5000`; null: only this node has them, so only it serves. */
  readonly registry: string | null
  /** Makes the secrets of the replicas. */
  readonly key: string
}

/** Runs each revision as a service with replicas, on the swarm whose manager DOCKER_HOST and its TLS variables name. */
export function swarmServing(options: SwarmOptions): ServingEngine {
  const docker = new Docker()
  const { instance, registry, key } = options
  const repository = `${registry ?? NO_REGISTRY}/throughline/${instance}/model`
  /** Being brought up: whatever is there of them is not left behind. */
  const opening = new Map<string, ModelOrder>()
  /** Of each revision the opening that says what its service is: an older one, still answering, only follows it. */
  const newest = new Map<string, symbol>()

  return {
    open: (order, onLost) =>
      whileManaged(async () => {
        const self = Symbol(order.id)
        opening.set(order.id, order)
        newest.set(order.id, self)
        const release = () => {
          if (newest.get(order.id) === self) newest.delete(order.id)
        }
        try {
          const secret = replicaSecret(key, order.id)
          const { name } = await ensureModelImage(docker, order, { repository, instance })
          const { image, constraints } = await distributed(docker, name, registry)
          const placed = { ...order, placement: [...order.placement, ...constraints] }
          const spec = serviceSpec(placed, { image, instance, secret })
          const isInCharge = () => (newest.get(order.id) ?? self) === self
          return await watched(docker, { spec, replicas: order.replicas, secret, isInCharge, release, onLost })
        } catch (error) {
          release()
          throw error
        } finally {
          opening.delete(order.id)
        }
      }),

    remove: (id) => whileManaged(() => removeService(docker, serviceName(instance, id))),

    reap: ({ ids, orders }) =>
      whileManaged(async () => {
        const filters = { label: [`${INSTANCE_LABEL}=${instance}`, DEPLOYMENT_LABEL] }
        const orphans = (await docker.listServices({ filters })).filter(({ Spec }) => {
          const id = Spec?.Labels?.[DEPLOYMENT_LABEL] ?? ''
          return !ids.has(id) && !opening.has(id)
        })
        for (const { ID } of orphans) await removeService(docker, ID)
        const images = await removeOtherImages(docker, [...orders, ...opening.values()], { repository, instance })
        return [
          ...orphans.map(({ Spec }) => `removed service ${Spec?.Name ?? ''}, which served nobody`),
          ...images.map((image) => `removed image ${image}, which nobody serves`),
        ]
      }),
  }
}

interface Watched {
  readonly spec: Docker.ServiceSpec
  readonly replicas: number
  readonly secret: string
  /** Whether this is what says how the service is to be. */
  readonly isInCharge: () => boolean
  readonly release: () => void
  readonly onLost: () => void
}

/** Make a service what it should be, wait until it can be asked, and follow where its replicas are. */
async function watched(docker: Docker, order: Watched): Promise<OpenedModel> {
  const { spec, replicas, secret } = order
  const ring = replicaRing(secret)
  let isReleased = false
  let status: EngineStatus = { state: 'starting', detail: 'waits for its first replica' }
  const look = async (): Promise<void> => {
    if (order.isInCharge() && !isReleased) await ensureService(docker, spec)
    const tasks = await runningTasks(docker, spec.Name ?? '')
    ring.set(tasks.addresses)
    const detail = `${String(tasks.addresses.length)} of ${String(replicas)} replicas answer`
    status = tasks.addresses.length > 0 ? { state: 'running', detail } : { state: 'broken', detail: tasks.problem }
  }
  const deadline = performance.now() + READY_MS_MAX
  for (await look(); !(await ring.isReady()); await look()) {
    if (performance.now() > deadline) throw new ModelError(`The service does not get ready. ${status.detail}`)
    await sleep(POLL_MS)
  }
  const follow = async (): Promise<void> => {
    while (!isReleased) {
      await sleep(POLL_MS, null, { ref: false })
      // What is served goes on without the engine: the replicas are asked directly.
      await whileManaged(look).catch((error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error)
        status = { state: error instanceof EngineAway ? 'away' : 'broken', detail }
      })
    }
  }
  follow().catch(order.onLost)
  return {
    predict: (columns) => ring.ask(columns),
    release() {
      isReleased = true
      order.release()
      return Promise.resolve()
    },
    status: () => status,
  }
}

/** Create the service, or change what differs from what it should be, also what somebody changed by hand. */
async function ensureService(docker: Docker, spec: Docker.ServiceSpec): Promise<void> {
  const service = docker.getService(spec.Name ?? '')
  const current = await service.inspect().then(
    (seen: Docker.Service) => seen,
    (error: unknown) => {
      if (statusOf(error) === 404) return null
      throw error
    },
  )
  if (current === null) {
    await docker.createService(spec as Docker.CreateServiceOptions) // the same, with other words for its modes
    return
  }
  const isAsIs =
    current.Spec?.Labels?.[SPEC_LABEL] === spec.Labels?.[SPEC_LABEL] &&
    current.Spec?.Mode?.Replicated?.Replicas === spec.Mode?.Replicated?.Replicas
  if (!isAsIs) await service.update({ _query: { version: current.Version?.Index ?? 0 }, _body: spec })
}

/** Where the replicas can be asked, and what the swarm says about those that do not run. */
async function runningTasks(
  docker: Docker,
  service: string,
): Promise<{ readonly addresses: readonly string[]; readonly problem: string }> {
  const tasks = await tasksOf(docker, service)
  const addresses = (await addressesOf(docker, tasks, PORT)).map((address) => `http://${address}`)
  const said = tasks.find(({ Status }) => Status.Err)?.Status.Err ?? tasks[0]?.Status.Message ?? 'no task was made'
  return { addresses, problem: `No replica runs: ${said}` }
}

/** An engine that manages no swarm is as good as away. @throws EngineAway */
async function whileManaged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await whileThere(work)
  } catch (error) {
    if (statusOf(error) !== 503) throw error
    throw new EngineAway('The Docker engine manages no swarm.', { cause: error })
  }
}

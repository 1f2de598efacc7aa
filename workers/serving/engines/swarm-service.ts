import { createHash, createHmac } from 'node:crypto'
import type Docker from 'dockerode'
import { DEPLOYMENT_LABEL, INSTANCE_LABEL, NETWORK_FLAGS, REPLICA_LABEL } from '#workers/docker/engine.ts'
import { SERVICE_RIGHTS } from '#workers/docker/swarm.ts'
import { memoryOf } from './docker.ts'
import type { ModelOrder } from './engine.ts'
import { COMMAND } from './image.ts'

/** What the service was made from, so that a difference is seen. */
export const SPEC_LABEL = 'throughline.spec'
export const PORT = 8080
const SECOND_NS = 1_000_000_000
const HEALTH = `require('http').get({port:${String(PORT)},headers:{'x-serving-secret':process.env.SERVING_SECRET}},a=>process.exit(a.statusCode===200?0:1)).on('error',()=>process.exit(1))`

/** A service of one revision. Its name has at most 63 characters. */
export const serviceName = (instance: string, id: string) => `tl-${instance}-${id}`

/** What a replica asks its caller to show: no other revision's replicas take it. @param key known to the model server alone */
export function replicaSecret(key: string, id: string): string {
  return createHmac('sha256', key).update(`replica ${id}`).digest('hex')
}

/**
 * The service of a revision. Each replica listens on a port of its node that the engine chooses, because the mesh of a
 * swarm needs a kernel with IPVS and its names resolve inside of it only. A new replica answers before an old one goes.
 * Services cannot be given `no-new-privileges` before API 1.44; in the image no file lets anybody become more.
 */
export function serviceSpec(
  order: Pick<ModelOrder, 'id' | 'onnx' | 'replicas' | 'placement'>,
  { image, instance, secret }: { readonly image: string; readonly instance: string; readonly secret: string },
): Docker.ServiceSpec {
  const spec = {
    Name: serviceName(instance, order.id),
    TaskTemplate: {
      ContainerSpec: {
        ...SERVICE_RIGHTS,
        Image: image,
        Args: [...NETWORK_FLAGS, ...COMMAND],
        Env: [`PORT=${String(PORT)}`, `SERVING_SECRET=${secret}`],
        Labels: { [INSTANCE_LABEL]: instance, [REPLICA_LABEL]: order.id },
        StopGracePeriod: 15 * SECOND_NS,
        HealthCheck: {
          Test: ['CMD', '/usr/bin/node', '-e', HEALTH],
          Interval: 3 * SECOND_NS,
          Timeout: 5 * SECOND_NS,
          StartPeriod: 60 * SECOND_NS,
          Retries: 3,
        },
      },
      Resources: { Limits: { NanoCPUs: SECOND_NS, MemoryBytes: memoryOf(order.onnx), Pids: 64 } },
      RestartPolicy: { Condition: 'any', Delay: SECOND_NS },
      Placement: { Constraints: [...order.placement] },
      LogDriver: { Name: 'json-file', Options: { 'max-size': '1m', 'max-file': '1' } },
    },
    Mode: { Replicated: { Replicas: order.replicas } },
    UpdateConfig: { Parallelism: 1, Delay: 0, Order: 'start-first', FailureAction: 'rollback', Monitor: 2 * SECOND_NS },
    EndpointSpec: { Ports: [{ Protocol: 'tcp' as const, TargetPort: PORT, PublishMode: 'host' as const }] },
  }
  const digest = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 32)
  return { ...spec, Labels: { [INSTANCE_LABEL]: instance, [DEPLOYMENT_LABEL]: order.id, [SPEC_LABEL]: digest } }
}

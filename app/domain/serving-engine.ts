import { z } from 'zod'
import type { DeploymentState } from './deployment.ts'
import { withdrawRefusal } from './deployment.ts'
import type { Standing } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { AppError } from './errors.ts'

/** What runs a revision: the portal's own model server, a container, or a service on a swarm of machines. */
export const SERVING_ENGINES = ['onnx', 'docker', 'swarm'] as const
export type ServingEngineName = (typeof SERVING_ENGINES)[number]

export const SERVING_ENGINE_WORDS: Readonly<Record<ServingEngineName, string>> = {
  onnx: 'The portal’s model server',
  docker: 'A container of its own',
  swarm: 'A service on several machines',
}

/** The engines of an installation, as a setting names them: `onnx,docker`. The first is what a form starts with. */
export const EngineNames = z
  .string()
  .default('onnx')
  .transform((text) => text.split(',').flatMap((name) => name.trim() || []))
  .pipe(z.array(z.enum(SERVING_ENGINES)).min(1))
  .refine((names) => new Set(names).size === names.length)

export const REPLICAS_MAX = 16
const CONSTRAINTS_MAX = 8

/** Source: Docker, “Specify service constraints”: what a node is, compared with a plain word. */
const CONSTRAINT =
  /^node\.(?:id|hostname|role|platform\.os|platform\.arch|labels\.[A-Za-z0-9][A-Za-z0-9._-]{0,62})(?:==|!=)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

const Constraint = z
  .string()
  .regex(CONSTRAINT, { error: ({ input }) => `“${String(input)}” is not like node.labels.zone==north.` })

/** Which engine runs a revision, how often, and where. Replicas and placement are for a swarm only. */
export const EngineOrder = z.object({
  engine: z.enum(SERVING_ENGINES),
  replicas: z.int().min(1).max(REPLICAS_MAX),
  placement: z.array(Constraint).max(CONSTRAINTS_MAX),
})
export type EngineOrder = z.infer<typeof EngineOrder>

export const IN_PROCESS: EngineOrder = { engine: 'onnx', replicas: 1, placement: [] }

/**
 * What a form asked for, as an order.
 * @param asked undefined: the usual engine, the first of those that the installation has
 * @throws AppError `refused` when the installation does not have it
 */
export function engineOrder(
  form: { readonly asked: ServingEngineName | undefined; readonly replicas: number; readonly placement: string[] },
  available: readonly ServingEngineName[],
): EngineOrder {
  const engine = form.asked ?? available[0] ?? 'onnx'
  if (!available.includes(engine))
    throw new AppError('refused', `This installation has no engine for “${SERVING_ENGINE_WORDS[engine]}”.`)
  return engine === 'swarm' ? { engine, replicas: form.replicas, placement: form.placement } : { ...IN_PROCESS, engine }
}

/** Only a service has replicas, and only what takes traffic needs more of them. */
export function scaleRefusal(
  standing: Standing,
  revision: { readonly state: DeploymentState; readonly order: EngineOrder },
): Refusal | null {
  if (revision.order.engine !== 'swarm') return { reason: 'Only a service on several machines has replicas.' }
  return withdrawRefusal(standing, revision.state)
}

/** As people type it: one constraint on each line, spaces do not count. */
export const PlacementLines = z
  .string()
  .max(2000)
  .default('')
  .transform((text) => text.split('\n').flatMap((line) => line.replace(/\s+/g, '') || []))
  .pipe(z.array(Constraint).max(CONSTRAINTS_MAX, `At most ${String(CONSTRAINTS_MAX)} constraints.`))

export const ReplicaCount = z.coerce
  .number({ error: 'Give a number of replicas.' })
  .int('Give a whole number of replicas.')
  .min(1, 'At least one replica.')
  .max(REPLICAS_MAX, `At most ${String(REPLICAS_MAX)} replicas.`)

/** How a revision stands on its engine now. */
export const EngineStatus = z.object({
  /** `away`: the engine does not answer. `broken`: it answers, and the revision does not run. */
  state: z.enum(['starting', 'running', 'away', 'broken']),
  /** One sentence or fragment: where it runs, or why it does not. */
  detail: z.string().max(2000),
})
export type EngineStatus = z.infer<typeof EngineStatus>

import type Docker from 'dockerode'
import { finished, statusOf } from './engine.ts'
import { CONTAINER_USER } from './root-file-system.ts'

/** Nothing listens there: an engine that tries to pull our images fails at once, and takes the one it has. */
export const NO_REGISTRY = '127.0.0.1:1'

/** What a program of ours in a service runs as: nobody, with nothing to write to but a small `/tmp`. */
export const SERVICE_RIGHTS = {
  Command: ['/usr/bin/node'],
  User: CONTAINER_USER,
  Dir: '/',
  ReadOnly: true,
  Init: true,
  CapabilityDrop: ['ALL'],
  Mounts: [
    {
      Type: 'tmpfs' as const,
      Source: '',
      Target: '/tmp',
      TmpfsOptions: { SizeBytes: 64 * 1024 * 1024, Mode: 0o1777 },
    },
  ],
}

/** What the library gives back as `any`, as far as it is read here. */
interface Task {
  readonly NodeID?: string
  readonly CreatedAt: string
  readonly DesiredState: string
  readonly Status: {
    readonly State: string
    readonly Message?: string
    readonly Err?: string
    readonly ContainerStatus?: { readonly ExitCode?: number }
    readonly PortStatus?: {
      readonly Ports?: readonly { readonly TargetPort: number; readonly PublishedPort: number }[]
    }
  }
}

interface Node {
  readonly ID: string
  readonly Status?: { readonly Addr?: string }
  readonly ManagerStatus?: { readonly Addr?: string }
}

/**
 * Let the nodes have an image that this engine made.
 * @returns how a service is to name it, and the constraints that follow from where it can be had
 */
export async function distributed(
  docker: Docker,
  name: string,
  registry: string | null,
): Promise<{ readonly image: string; readonly constraints: readonly string[] }> {
  if (registry === null) {
    const { Swarm } = (await docker.info()) as { Swarm?: { NodeID?: string } } // typed as any by the library
    return { image: name, constraints: [`node.id==${Swarm?.NodeID ?? ''}`] }
  }
  await finished(docker, await docker.getImage(name).push({ authconfig: {} }))
  const repository = name.slice(0, name.lastIndexOf(':'))
  const { RepoDigests } = await docker.getImage(name).inspect()
  return { image: RepoDigests.find((digest) => digest.startsWith(`${repository}@`)) ?? name, constraints: [] }
}

/** All tasks of a service that the swarm remembers, newest first. */
export async function tasksOf(docker: Docker, service: string): Promise<Task[]> {
  const tasks = (await docker.listTasks({ filters: { service: [service] } })) as readonly Task[] // typed as any by the library
  return [...tasks].sort((one, other) => other.CreatedAt.localeCompare(one.CreatedAt))
}

/** Where tasks that run can be reached, such as `10.0.0.7:32768`. @param targetPort what they listen on inside */
export async function addressesOf(docker: Docker, tasks: readonly Task[], targetPort: number): Promise<string[]> {
  const nodes = (await docker.listNodes()) as readonly Node[] // typed as any by the library
  const hosts = new Map(nodes.map((node) => [node.ID, hostOf(node)]))
  return tasks.flatMap(({ NodeID, DesiredState, Status }) => {
    const port = Status.PortStatus?.Ports?.find(({ TargetPort }) => TargetPort === targetPort)?.PublishedPort
    const host = hosts.get(NodeID ?? '')
    const isRunning = DesiredState === 'running' && Status.State === 'running'
    return isRunning && port && host ? [`${host}:${String(port)}`] : []
  })
}

/** A manager that is alone may not know how others see it. */
function hostOf(node: Node): string {
  const seen = node.Status?.Addr ?? ''
  const host = seen === '' || seen === '0.0.0.0' ? (node.ManagerStatus?.Addr ?? '').replace(/:\d+$/, '') : seen
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** Safe to repeat. */
export async function removeService(docker: Docker, name: string): Promise<void> {
  await docker
    .getService(name)
    .remove()
    .catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error
    })
}

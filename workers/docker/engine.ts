import type Docker from 'dockerode'
import type { RootFileSystem } from './root-file-system.ts'
import { CONTAINER_USER } from './root-file-system.ts'

/** Tells what is ours from what belongs to another portal on the same engine. */
export const INSTANCE_LABEL = 'throughline.instance'
/** On a container of a job: which execution it is. */
export const EXECUTION_LABEL = 'throughline.execution'
/** On the container or the service of a revision: which one. */
export const DEPLOYMENT_LABEL = 'throughline.deployment'
/** On the containers of a service, which the swarm looks after by itself: which revision. */
export const REPLICA_LABEL = 'throughline.replica'

/** On the image of a model; its containers inherit it. */
export const IMAGE_LABEL = 'throughline.image'

/**
 * A container without any right, network included, whose program is talked to over standard input and output; generated
 * whole from here, nothing of it from what a person sent. Source: OWASP Docker Security Cheat Sheet; design of this
 * project, reliability 2.6.
 */
export function heldContainer(given: {
  readonly image: string
  /** What Node is told, the program last. */
  readonly command: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly memoryBytes: number
  readonly pidsMax: number
}): Docker.ContainerCreateOptions & { readonly HostConfig: Docker.HostConfig } {
  return {
    Image: given.image,
    Entrypoint: ['/usr/bin/node'],
    Cmd: [...given.command],
    Env: [],
    User: CONTAINER_USER,
    WorkingDir: '/',
    Labels: given.labels,
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 1024 }],
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m' },
      IpcMode: 'private',
      Privileged: false,
      // A first process that forwards signals: a program ends itself by one, which the kernel would not deliver to it.
      Init: true,
      NetworkMode: 'none',
      Memory: given.memoryBytes,
      MemorySwap: given.memoryBytes,
      NanoCpus: 1_000_000_000,
      PidsLimit: given.pidsMax,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
    },
  }
}

/** For a program under Node's permission model that listens: newer releases forbid that unless it is allowed. */
export const NETWORK_FLAGS = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []

/** Somebody else may remove it at the same time. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  await docker
    .getContainer(id)
    .remove({ force: true, v: true })
    .catch((error: unknown) => {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error
    })
}

/** The image's id, `sha256:…`, or null when the engine has none of this name. */
export async function findImage(docker: Docker, name: string): Promise<string | null> {
  try {
    return (await docker.getImage(name).inspect()).Id
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** Import a root file system unless the engine has it. @returns the image's id, `sha256:…` */
export async function ensureImported(docker: Docker, repo: string, root: RootFileSystem): Promise<string> {
  const tag = root.digest.slice(0, 32)
  const known = await findImage(docker, `${repo}:${tag}`)
  if (known !== null) return known
  await finished(docker, await docker.importImage(root.archive(), { repo, tag }))
  return (await docker.getImage(`${repo}:${tag}`).inspect()).Id
}

/** Wait for the end of what an engine tells step by step. @throws Error with what it said */
export async function finished(docker: Docker, answer: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(answer, (error) => (error ? reject(error) : resolve())),
  )
}

/** The HTTP status of an engine's refusal; null when it did not answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : null
}

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '#db/postgres.server.ts'

const ROOT = path.resolve(import.meta.dirname, '..', '..')
const READY_SECONDS_MAX = 180

/** The whole portal, as `npm start` starts it. */
export interface Portal {
  readonly origin: string
  readonly dataDir: string
  /** Everything it printed so far. */
  said(): string
  /** The processes that live now, by what they are. */
  processes(): { readonly pid: number; readonly command: string }[]
  /** kill -9 of the processes whose command fits; of all of them when nothing is named. */
  kill(fits?: RegExp): void
  /** As Ctrl-C. @returns the exit code */
  stop(): Promise<number | null>
}

/** Start it and wait until it greets. @param options.environment is added to a bare one */
export async function startPortal(options: {
  dataDir: string
  port?: number
  environment?: Record<string, string>
}): Promise<Portal> {
  const port = options.port ?? (await freePort())
  const child = launch({ DATA_DIR: options.dataDir, PORT: String(port), ...options.environment })
  const portal = portalOf(child, { origin: `http://127.0.0.1:${String(port)}`, dataDir: options.dataDir })
  const deadline = performance.now() + READY_SECONDS_MAX * 1000
  while (!portal.said().includes('Throughline is ready')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      portal.kill()
      throw new Error(`The portal did not start:\n${portal.said()}`)
    }
    await sleep(50)
  }
  return portal
}

/** Start it where it must refuse. @returns what it said and its exit code */
export async function refusedStart(
  environment: Record<string, string>,
): Promise<{ said: string; code: number | null }> {
  const child = launch(environment)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (said += String(piece)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { said, code }
}

function launch(environment: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '/' } = process.env
  return spawn(process.execPath, [path.join(ROOT, 'workers', 'start.mjs')], {
    cwd: ROOT,
    env: { PATH, HOME, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

function portalOf(child: ChildProcess, about: { origin: string; dataDir: string }): Portal {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (output += String(piece)))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const processes = () => descendants(child.pid ?? -1)
  return {
    ...about,
    said: () => output,
    processes,
    kill(fits = /./) {
      for (const { pid, command } of processes()) if (fits.test(command)) killQuietly(pid)
    },
    async stop() {
      child.kill('SIGINT')
      return ended
    },
  }
}

/** A process and all below it, deepest last, with their commands. */
function descendants(root: number): { pid: number; command: string }[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readQuietly(`/proc/${name}/stat`)
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (stat !== '' && !/\) Z /.test(stat)) parents.set(Number(name), parent)
  }
  const found = parents.has(root) ? [root] : []
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child)
  return found.map((pid) => ({
    pid,
    command: readQuietly(`/proc/${String(pid)}/cmdline`)
      .replaceAll('\0', ' ')
      .trim(),
  }))
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone, which is what the signal was for.
  }
}

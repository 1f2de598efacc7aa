import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from '../bundled.ts'
import { logOf, type Log } from './log.ts'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const BACKOFF_MS_MIN = 250
/** A question waits twelve seconds for the model server, and a job eight for its worker: both are back by then. */
const BACKOFF_MS_MAX = 3000
/** Whoever ran this long is well: the next failure is a new one. */
const WELL_AFTER_MS = 30_000
const STOP_MS_MAX = 15_000

export interface ChildSpec {
  readonly name: string
  /** The source of its entry, from the root. It calls `exitWithParent` first, so that it never outlives us. */
  readonly entry: string
  /** All of its environment: it inherits nothing. */
  readonly environment: Readonly<Record<string, string>>
}

export interface KeptChild {
  /** How often it ended by itself. */
  failures(): number
  /** Say something to it; one that does not run now does not hear it. */
  tell(what: string): void
  /** Let it finish, and start it afresh. */
  restart(why: string): Promise<void>
  /** SIGTERM, a while to finish, then SIGKILL. It does not come back. */
  stop(): Promise<void>
}

/** Start a process and start it again whenever it ends, ever more slowly while it keeps failing. */
export function keepRunning(spec: ChildSpec): KeptChild {
  const log = logOf(spec.name)
  const stopping = new AbortController()
  let child: ChildProcess | null = null
  let failures = 0
  let isWanted = false
  const watch = async () => {
    for (let backoffMs = BACKOFF_MS_MIN; !stopping.signal.aborted;) {
      const startedAt = performance.now()
      child = launch(spec, log)
      const how = await endOf(child)
      child = null
      if (stopping.signal.aborted) return
      if (isWanted) {
        isWanted = false
        continue
      }
      failures += 1
      if (performance.now() - startedAt > WELL_AFTER_MS) backoffMs = BACKOFF_MS_MIN
      log(`ended (${how}); starting again in ${backoffMs / 1000} s`)
      await sleep(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
    }
  }
  const watched = watch()
  return {
    failures: () => failures,
    tell(what) {
      if (child?.connected === true) child.send(what, () => undefined)
    },
    async restart(why) {
      if (!child || stopping.signal.aborted) return
      log(`${why}: starting it afresh`)
      isWanted = true
      await endPolitely(child, log)
    },
    async stop() {
      stopping.abort()
      if (child) await endPolitely(child, log)
      await watched
    },
  }
}

/** Run a process once. Its lines on stdout go to `hear`. @returns whether it succeeded */
export function runOnce(spec: ChildSpec, hear: Log): { done: Promise<boolean>; stop(): Promise<void> } {
  const log = logOf(spec.name)
  const child = launch(spec, log, hear)
  let isStopped = false
  const done = endOf(child).then((how) => {
    if (how !== 'exit code 0' && !isStopped) log(`did not finish (${how})`)
    return how === 'exit code 0'
  })
  return {
    done,
    async stop() {
      isStopped = true
      await endPolitely(child, log)
    },
  }
}

function launch(spec: ChildSpec, log: Log, hear: Log = log): ChildProcess {
  // In a session of its own, so that Ctrl-C reaches it through us and in order; the channel tells it when we are gone.
  const child = spawn(process.execPath, argumentsOf(spec.entry), {
    cwd: ROOT,
    detached: true,
    env: { ...spec.environment, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  if (child.stdout) createInterface({ input: child.stdout }).on('line', hear)
  if (child.stderr) createInterface({ input: child.stderr }).on('line', log)
  return child
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

async function endPolitely(child: ChildProcess, log: Log): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = endOf(child)
  child.kill('SIGTERM')
  const force = setTimeout(() => {
    log(`did not stop within ${STOP_MS_MAX / 1000} s and was killed`)
    child.kill('SIGKILL')
  }, STOP_MS_MAX)
  await ended
  clearTimeout(force)
}

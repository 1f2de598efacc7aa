import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { checkSpec, converse, permissionFlags } from './conversation.ts'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, Executor } from './executor.ts'
import { INTERPRETER, PYODIDE, pythonSnapshot } from './python.ts'

const PROBE_SECONDS_MAX = 5

const CHILD = realpathSync(fileURLToPath(new URL('./cage/child.mjs', import.meta.url)))
const ENVIRONMENT = `${INTERPRETER}, node ${process.version}`
const UNSHARE = ['/usr/bin/unshare', '--user', '--map-root-user', '--net', '--'] as const

function spawnLocked(wrapper: readonly string[], args: readonly string[]): ChildProcess {
  const [command, ...rest] = [...wrapper, process.execPath, ...args]
  return spawn(command ?? process.execPath, rest, {
    env: Object.create(null),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
  })
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

let wrapperProbe: Promise<readonly string[]> | null = null

/** Whether a process can be put into a network namespace of its own here and still talk to us. Asked once. */
function networkWrapper(): Promise<readonly string[]> {
  wrapperProbe ??= new Promise((resolve) => {
    const child = spawnLocked(UNSHARE, ['-e', "process.send('here', () => process.exit(0))"])
    const timer = setTimeout(() => killGroup(child), PROBE_SECONDS_MAX * 1000)
    let works = false
    child.on('message', () => (works = true))
    const settle = () => {
      clearTimeout(timer)
      resolve(works ? UNSHARE : [])
    }
    child.on('error', settle)
    child.on('exit', settle)
  })
  return wrapperProbe
}

async function run(spec: ExecutionSpec, hooks: ExecutionHooks): Promise<ExecutionEnd> {
  checkSpec(spec)
  const wrapper = await networkWrapper()
  if (hooks.signal.aborted) return { state: 'cancelled' }
  const snapshotPath = pythonSnapshot()
  const folders = [PYODIDE, CHILD, ...(snapshotPath === null ? [] : [snapshotPath])].map((file) => path.dirname(file))
  const child = spawnLocked(wrapper, [...permissionFlags(folders), CHILD])
  const conversation = converse(spec, hooks, {
    channel: {
      send(message) {
        if (child.connected) child.send(message, () => undefined)
      },
      kill: () => killGroup(child),
    },
    pyodideUrl: pathToFileURL(PYODIDE).href,
    snapshotPath,
    memoryMbMax: spec.memoryMbMax,
  })
  child.on('message', (raw) => conversation.hear(raw))
  child.on('spawn', () => {
    try {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    } catch {
      // A job that runs at normal priority is only less polite.
    }
  })
  child.on('error', (error) => {
    conversation.fail({ state: 'failed', reason: 'crashed', message: `The cage could not be used: ${error.message}` })
  })
  child.on('exit', (code, signal) => {
    const how = signal === null ? `with status ${code}` : `on ${signal}`
    conversation.left({ state: 'failed', reason: 'crashed', message: `The cage stopped ${how}.` })
  })
  return conversation.ended
}

/** Runs Python in a locked child process of this one, without network, files, environment or credentials of the host. */
export function cageExecutor(): Executor {
  return {
    name: 'cage',
    environment: () => Promise.resolve(ENVIRONMENT),
    interpreter: () => Promise.resolve(INTERPRETER),
    run,
    // A cage dies with the process that started it.
    sweep: () => Promise.resolve(0),
  }
}

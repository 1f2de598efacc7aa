import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, setPriority } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as z from 'zod'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, Executor, TrackingRequest } from './executor.ts'

const OUTPUT_BYTES_MAX = 5 * 1024 * 1024
const OUTPUT_NOTICE = `\nThe output passed ${OUTPUT_BYTES_MAX / 1024 / 1024} MB; the rest is not kept.\n`
const FILES_BYTES_MAX = 64 * 1024 * 1024
const BODY_BASE64_MAX = 48 * 1024 * 1024
const TRACK_SECONDS_MAX = 60
const PROBE_SECONDS_MAX = 5
const LEAVE_SECONDS_MAX = 2

const CAGE_FOLDER = realpathSync(fileURLToPath(new URL('./cage/', import.meta.url)))
const CHILD = path.join(CAGE_FOLDER, 'child.mjs')
const PYODIDE = realpathSync(createRequire(import.meta.url).resolve('pyodide/pyodide.mjs'))
const UNSHARE = ['/usr/bin/unshare', '--user', '--map-root-user', '--net', '--'] as const

/** What the cage may say. Everything from it is outside input. */
const CageMessage = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ready') }),
  z.object({ t: z.literal('log'), stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({ t: z.literal('progress'), fraction: z.number().catch(0), note: z.string().max(200) }),
  z.object({
    t: z.literal('track'),
    id: z.int(),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string().max(4000),
    headers: z.record(z.string(), z.string()),
    base64: z.string().max(BODY_BASE64_MAX).nullable(),
  }),
  z.object({
    t: z.literal('end'),
    state: z.enum(['succeeded', 'failed']),
    reason: z.enum(['error', 'out_of_memory', 'crashed']).catch('crashed'),
    message: z.string().max(2000).catch(''),
  }),
])
type CageMessage = z.infer<typeof CageMessage>
type TrackMessage = Extract<CageMessage, { t: 'track' }>

const HEADERS_ALLOWED = new Set(['accept', 'content-type'])

/** The request, or why it may not leave the cage. Only the tracking API can be named, and no header can carry a credential. */
function trackingRequest(message: TrackMessage): TrackingRequest | { refused: string } {
  if (!URL.canParse(message.path, 'http://cage')) return { refused: 'The path is not valid.' }
  const url = new URL(message.path, 'http://cage')
  const isAsWritten = url.host === 'cage' && url.pathname + url.search === message.path
  if (!isAsWritten || !url.pathname.startsWith('/api/2.0/') || /%2f|%5c|%2e%2e/i.test(url.pathname))
    return { refused: 'Only paths under /api/2.0/ can be asked for, fully escaped.' }
  const headers = Object.entries(message.headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name, value]) => HEADERS_ALLOWED.has(name) && /^[\x20-\x7e]{0,200}$/.test(value))
  const body = message.base64 === null ? null : new Uint8Array(Buffer.from(message.base64, 'base64'))
  return { method: message.method, path: message.path, headers: Object.fromEntries(headers), body }
}

/** The permission model under the name this release of Node gives it, with no right but to read two folders. */
function nodeFlags(): string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return [
    permission,
    '--allow-worker',
    `--allow-fs-read=${path.dirname(PYODIDE)}/`,
    `--allow-fs-read=${CAGE_FOLDER.replace(/\/?$/, '/')}`,
    '--disallow-code-generation-from-strings',
    '--max-old-space-size=256',
    '--no-warnings',
  ]
}

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

function checkSpec(spec: ExecutionSpec): void {
  const size = spec.files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (size > FILES_BYTES_MAX)
    throw new Error(`The files of a job may have ${FILES_BYTES_MAX} bytes together, these have ${size}`)
  const odd = spec.files.find((file) => !/^(\/[\w.-]+)+$/.test(file.path) || file.path.split('/').includes('..'))
  if (odd) throw new Error(`A file of a job needs a plain absolute path, not ${odd.path}`)
  if (!spec.files.some((file) => file.path === spec.entry))
    throw new Error(`The entry ${spec.entry} is not among the files`)
  if (!(spec.timeoutSeconds > 0) || !(spec.memoryMbMax > 0))
    throw new Error('A job needs a time limit and a memory limit')
}

/** Passes output on until the limit, then says so once. */
function boundedLog(hooks: ExecutionHooks): ExecutionHooks['onLog'] {
  let left = OUTPUT_BYTES_MAX
  return (stream, text) => {
    if (left <= 0) return
    const bytes = Buffer.byteLength(text)
    hooks.onLog(
      stream,
      bytes <= left
        ? text
        : Buffer.from(text)
            .subarray(0, left)
            .toString('utf8')
            .replace(/\ufffd+$/, ''),
    )
    left -= bytes
    if (left <= 0) hooks.onLog('stderr', OUTPUT_NOTICE)
  }
}

async function answerTracking(child: ChildProcess, message: TrackMessage, hooks: ExecutionHooks): Promise<void> {
  const reply = (answer: object) => {
    if (child.connected) child.send({ t: 'reply', id: message.id, ...answer }, () => undefined)
  }
  const request = trackingRequest(message)
  if ('refused' in request) return reply({ error: request.refused })
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<null>((resolve) => (timer = setTimeout(resolve, TRACK_SECONDS_MAX * 1000, null)))
  try {
    const response = await Promise.race([hooks.track(request), tooLate])
    if (response === null) return reply({ error: 'The tracking server did not answer in time.' })
    const base64 = Buffer.from(response.body).toString('base64')
    reply({ status: response.status, headers: response.headers, base64 })
  } catch {
    // The reason may name hosts or tokens: the code in the cage learns only that it failed.
    reply({ error: 'The tracking server could not be reached.' })
  } finally {
    clearTimeout(timer)
  }
}

async function run(spec: ExecutionSpec, hooks: ExecutionHooks): Promise<ExecutionEnd> {
  checkSpec(spec)
  const wrapper = await networkWrapper()
  if (hooks.signal.aborted) return { state: 'cancelled' }
  const child = spawnLocked(wrapper, [...nodeFlags(), CHILD])
  const log = boundedLog(hooks)

  return new Promise<ExecutionEnd>((resolve) => {
    let end: ExecutionEnd | null = null
    const leaveTimer: { current?: NodeJS.Timeout } = {}

    /** The first reason counts. The promise resolves when the process has gone, or was given long enough to go. */
    const stop = (reason: ExecutionEnd) => {
      if (end !== null) return
      end = reason
      clearTimeout(timer)
      hooks.signal.removeEventListener('abort', onAbort)
      killGroup(child)
      leaveTimer.current = setTimeout(() => resolve(reason), LEAVE_SECONDS_MAX * 1000)
    }
    const onAbort = () => stop({ state: 'cancelled' })
    const timer = setTimeout(() => stop({ state: 'timed_out' }), spec.timeoutSeconds * 1000)
    hooks.signal.addEventListener('abort', onAbort, { once: true })

    const onMessage = (message: CageMessage): void => {
      switch (message.t) {
        case 'ready':
          child.send({
            t: 'start',
            pyodideUrl: pathToFileURL(PYODIDE).href,
            files: spec.files.map((file) => ({ path: file.path, base64: Buffer.from(file.bytes).toString('base64') })),
            entry: spec.entry,
            memoryMbMax: spec.memoryMbMax,
            outputBytesMax: OUTPUT_BYTES_MAX,
          })
          return
        case 'log':
          return log(message.stream, message.text)
        case 'progress':
          return hooks.onProgress(Math.min(1, Math.max(0, message.fraction)), message.note)
        case 'track':
          void answerTracking(child, message, hooks)
          return
        case 'end':
          if (message.state === 'succeeded') return stop({ state: 'succeeded' })
          return stop({ state: 'failed', reason: message.reason, message: message.message })
        default:
          return message satisfies never
      }
    }

    child.on('message', (raw) => {
      if (end !== null) return
      const parsed = CageMessage.safeParse(raw)
      if (parsed.success) return onMessage(parsed.data)
      stop({ state: 'failed', reason: 'crashed', message: 'The cage sent something that is not part of its protocol.' })
    })
    child.on('spawn', () => {
      try {
        if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
      } catch {
        // A job that runs at normal priority is only less polite.
      }
    })
    child.on('error', (error) => {
      stop({ state: 'failed', reason: 'crashed', message: `The cage could not be used: ${error.message}` })
    })
    child.on('exit', (code, signal) => {
      const left = signal === null ? `with status ${code}` : `on ${signal}`
      stop({ state: 'failed', reason: 'crashed', message: `The cage stopped ${left}.` })
      clearTimeout(leaveTimer.current)
      if (end !== null) resolve(end)
    })
  })
}

/** Runs Python in a locked child process of this one, without network, files, environment or credentials of the host. */
export function cageExecutor(): Executor {
  return { run }
}

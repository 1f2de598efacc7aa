import * as z from 'zod'
import type { ExecutionEnd, ExecutionHooks, ExecutionSpec, TrackingRequest } from './executor.ts'

const OUTPUT_BYTES_MAX = 5 * 1024 * 1024
const OUTPUT_NOTICE = `\nThe output passed ${OUTPUT_BYTES_MAX / 1024 / 1024} MB; the rest is not kept.\n`
const FILES_BYTES_MAX = 64 * 1024 * 1024
const BODY_BASE64_MAX = 48 * 1024 * 1024
const TRACK_SECONDS_MAX = 60
const LEAVE_SECONDS_MAX = 2

/** What the cage may say. Everything from it is outside input. */
const CageMessage = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ready') }),
  z.object({ t: z.literal('log'), stream: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({ t: z.literal('usage'), memoryMb: z.number().catch(0), cpuSeconds: z.number().catch(0) }),
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
    reason: z.enum(['exit_code', 'exception', 'out_of_memory', 'crashed']).catch('crashed'),
    exitCode: z.int().catch(1),
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

/** @throws Error when the order itself is broken, which is a fault of ours */
export function checkSpec(spec: ExecutionSpec): void {
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

async function answerTracking(channel: CageChannel, message: TrackMessage, hooks: ExecutionHooks): Promise<void> {
  const reply = (answer: object) => channel.send({ t: 'reply', id: message.id, ...answer })
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

/** A line to the cage's program, wherever it runs. */
export interface CageChannel {
  /** Does nothing when the program is gone. */
  send(message: object): void
  /** End it and everything it started. Says nothing when it is gone. */
  kill(): void
}

/** What happens on a line, told by whoever holds it. */
export interface Conversation {
  hear(message: unknown): void
  /** It could not be used, or sent something that no message is. */
  fail(end: ExecutionEnd): void
  /** The program is gone; `end` counts when it had not ended otherwise before. */
  left(end: ExecutionEnd): void
  /** Resolves when the program has gone, or was given long enough to go. */
  readonly ended: Promise<ExecutionEnd>
}

/**
 * Talk with the cage's program until its end: hand it the files, pass on what it logs, answer its calls to the tracking
 * API, and stop it when its time is over or nobody wants it any more. The first reason to end counts.
 */
export function converse(
  spec: ExecutionSpec,
  hooks: ExecutionHooks,
  options: {
    readonly channel: CageChannel
    readonly pyodideUrl: string
    /** Where the program finds the interpreter as it is just after its start; null: it starts it itself. */
    readonly snapshotPath: string | null
    readonly memoryMbMax: number
  },
): Conversation {
  const { channel } = options
  const log = boundedLog(hooks)
  let end: ExecutionEnd | null = null
  let resolve: (end: ExecutionEnd) => void = () => undefined
  const ended = new Promise<ExecutionEnd>((settle) => (resolve = settle))
  let leaveTimer: NodeJS.Timeout | undefined

  const stop = (reason: ExecutionEnd) => {
    if (end !== null) return
    end = reason
    clearTimeout(timer)
    hooks.signal.removeEventListener('abort', onAbort)
    channel.kill()
    leaveTimer = setTimeout(() => resolve(reason), LEAVE_SECONDS_MAX * 1000)
  }
  const onAbort = () => stop({ state: 'cancelled' })
  const timer = setTimeout(() => stop({ state: 'timed_out' }), spec.timeoutSeconds * 1000)
  hooks.signal.addEventListener('abort', onAbort, { once: true })
  if (hooks.signal.aborted) onAbort()

  const onMessage = (message: CageMessage): void => {
    switch (message.t) {
      case 'ready':
        return channel.send({
          t: 'start',
          pyodideUrl: options.pyodideUrl,
          snapshotPath: options.snapshotPath,
          files: spec.files.map((file) => ({ path: file.path, base64: Buffer.from(file.bytes).toString('base64') })),
          entry: spec.entry,
          memoryMbMax: options.memoryMbMax,
          outputBytesMax: OUTPUT_BYTES_MAX,
        })
      case 'log':
        return log(message.stream, message.text)
      case 'progress':
        return hooks.onProgress(Math.min(1, Math.max(0, message.fraction)), message.note)
      case 'usage':
        return hooks.onUsage(Math.max(0, message.memoryMb), Math.max(0, message.cpuSeconds))
      case 'track':
        void answerTracking(channel, message, hooks)
        return
      case 'end':
        return stop(endOf(message))
      default:
        return message satisfies never
    }
  }

  return {
    ended,
    fail: stop,
    hear(raw) {
      if (end !== null) return
      const parsed = CageMessage.safeParse(raw)
      if (parsed.success) return onMessage(parsed.data)
      stop({ state: 'failed', reason: 'crashed', message: 'The cage sent something that is not part of its protocol.' })
    },
    left(how) {
      stop(how)
      clearTimeout(leaveTimer)
      resolve(end ?? how)
    },
  }
}

function endOf(message: Extract<CageMessage, { t: 'end' }>): ExecutionEnd {
  if (message.state === 'succeeded') return { state: 'succeeded' }
  return message.reason === 'exit_code'
    ? { state: 'failed', reason: 'exit_code', exitCode: message.exitCode, message: message.message }
    : { state: 'failed', reason: message.reason, message: message.message }
}

/** The permission model under the name this release of Node gives it, with no right but to read these folders. */
export function permissionFlags(folders: readonly string[]): string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return [
    permission,
    '--allow-worker',
    ...folders.map((folder) => `--allow-fs-read=${folder.replace(/\/?$/, '/')}`),
    '--disallow-code-generation-from-strings',
    '--max-old-space-size=256',
    '--no-warnings',
  ]
}

import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import type { Context, ErrorHandler, MiddlewareHandler } from 'hono'
import { DATASET_BYTES_MAX } from '#app/domain/dataset.ts'
import { WHEELS_BYTES_MAX } from '#app/domain/environment.ts'
import { BATCH_BYTES_MAX } from '#app/domain/prediction-batch.ts'
import { IMPORT_BYTES_MAX } from '#app/domain/run-import.ts'
import { DELIVERABLE_BYTES_MAX } from '#app/domain/deliverable.ts'
import { isDatabaseAway } from '#db/client.server.ts'
import { databaseAway } from './database-away.ts'

export interface GuardOptions {
  /** The port that browsers of this machine use. */
  readonly port: number
  /** Where people reach us, say `https://portal.example.org`. */
  readonly publicOrigin: string
  /** More hosts that we answer to, as in a Host header. */
  readonly allowedHosts: readonly string[]
}

/** What the guards leave for those behind them, and the server's own request below. */
export interface GuardEnv {
  Bindings: HttpBindings
  Variables: { requestId: string; nonce: string }
}

/** Doors that take bearer or basic credentials only. A browser's cookie opens none of them. */
export const TOKEN_DOORS = ['/api/', '/ajax-api/', '/endpoints/', '/v1/', '/v2/'] as const

const FORM_BYTES_MAX = 256 * 1024
/** Forms that carry a file; what stands around the file is small. */
const UPLOADS = [
  { path: /^\/engagements\/[^/]+\/runs\/import(?:\.data)?$/, bytesMax: IMPORT_BYTES_MAX + 64 * 1024 },

  {
    path: /^\/engagements\/[^/]+\/endpoints\/[^/]+\/answers(?:\.data)?$/,
    bytesMax: BATCH_BYTES_MAX + 64 * 1024,
  },
  { path: /^\/engagements\/[^/]+\/datasets\/import(?:\.data)?$/, bytesMax: DATASET_BYTES_MAX + 64 * 1024 },
  {
    path: /^\/engagements\/[^/]+\/environments\/(?:new|versions\/[^/]+\/next)(?:\.data)?$/,
    bytesMax: WHEELS_BYTES_MAX + 256 * 1024,
  },
  {
    path: /^\/engagements\/[^/]+\/deliverables\/[^/]+\/submit(?:\.data)?$/,
    bytesMax: DELIVERABLE_BYTES_MAX + 64 * 1024,
  },
]
const FORM_TOO_LARGE = 'FormTooLarge'
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The guards before everything else, in this order: headers of every answer, host, forgery, size. */
export function httpGuards(options: GuardOptions): MiddlewareHandler<GuardEnv>[] {
  return [answerHeaders(options), hostGuard(options), forgeryGuard(options), sizeGuard()]
}

export function isTokenDoor(path: string): boolean {
  return TOKEN_DOORS.some((door) => path.startsWith(door))
}

/** Forms that carry a file take longer than others. */
export function isUpload(path: string): boolean {
  return UPLOADS.some((upload) => upload.path.test(path))
}

/** The largest body that a form at this path may send, in bytes. */
function formBytesMax(path: string): number {
  return UPLOADS.find((upload) => upload.path.test(path))?.bytesMax ?? FORM_BYTES_MAX
}

/** A fault of ours: logged with the number of the request, told without the reason. */
export const answerFault: ErrorHandler<GuardEnv> = (error, c) => {
  if (error.name === FORM_TOO_LARGE) return tooLarge(c)
  if (isDatabaseAway(error)) return databaseAway()
  if (!c.req.raw.signal.aborted) logError(error, `${c.req.method} ${loggedPath(c.req.path)} ${c.get('requestId')}`)
  return c.text(`Something went wrong here. Request ${c.get('requestId')}.`, 500)
}

/** A path as the log may know it: without the secret of an address that lets its holder in. */
export function loggedPath(path: string): string {
  return path.replace(/^\/(links|calendars)\/.+$/, '/$1/…')
}

/** Write an error to the log without the values that a database error carries along. */
export function logError(error: unknown, where: string): void {
  if (error instanceof Error && error.name === FORM_TOO_LARGE) return
  process.stderr.write(`${where}: ${describeError(error)}\n`)
}

/** The name, the message and the stack of an error and of its cause; never a statement's parameters. */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`
  const said = (error.stack ?? error.message).replace(/\nparams:[\s\S]*?(?=\n {4}at |$)/, '\nparams: …')
  const code = 'code' in error && typeof error.code === 'string' ? ` [${error.code}]` : ''
  const cause = error.cause === undefined || depth >= 3 ? '' : `\ncaused by ${describeError(error.cause, depth + 1)}`
  return `${said}${code}${cause}`
}

// ---- Headers --------------------------------------------------------------------------------------------------------

function answerHeaders(options: GuardOptions): MiddlewareHandler<GuardEnv> {
  const fixed: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy':
      'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()',
    ...(options.publicOrigin.startsWith('https:')
      ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
      : {}),
  }
  return async (c, next) => {
    const nonce = randomBytes(16).toString('base64')
    const requestId = randomBytes(9).toString('base64url')
    c.set('nonce', nonce)
    c.set('requestId', requestId)
    await next()
    const headers = changeableHeaders(c)
    for (const [name, value] of Object.entries(fixed)) headers.set(name, value)
    headers.set('x-request-id', requestId)
    // A door may be stricter about its own bytes (a sandbox for artifacts), or let them be kept (assets).
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', contentPolicy(nonce))
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  }
}

function contentPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** The headers of the answer. An answer that came from another server has fixed ones: it is wrapped. */
function changeableHeaders(c: Context<GuardEnv>): Headers {
  try {
    c.res.headers.delete('x-powered-by')
  } catch {
    c.res = new Response(c.res.body, c.res)
  }
  return c.res.headers
}

// ---- Host -----------------------------------------------------------------------------------------------------------

/** Only names of ours are answered: a page that rebinds its own name to this machine gets nothing. */
function hostGuard(options: GuardOptions): MiddlewareHandler<GuardEnv> {
  const hosts = allowedHosts(options)
  return async (c, next) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase()
    if (hosts.has(host)) return next()
    return c.text('This name is not served here. Whoever runs the portal can add it to ALLOWED_HOSTS.', 421)
  }
}

function allowedHosts({ port, publicOrigin, allowedHosts: more }: GuardOptions): Set<string> {
  const local = ['localhost', '127.0.0.1', '[::1]'].map((name) => new URL(`http://${name}:${port}`).host)
  return new Set([...local, new URL(publicOrigin).host, ...more.map((host) => host.toLowerCase())])
}

// ---- Forgery --------------------------------------------------------------------------------------------------------

/** A request that may change something must come from a page of ours. */
function forgeryGuard(options: GuardOptions): MiddlewareHandler<GuardEnv> {
  const origins = new Set([
    new URL(options.publicOrigin).origin,
    ...['localhost', '127.0.0.1', '[::1]'].map((name) => new URL(`http://${name}:${options.port}`).origin),
    ...options.allowedHosts.flatMap((host) => [`http://${host}`, `https://${host}`].map((url) => new URL(url).origin)),
  ])
  return async (c, next) => {
    if (SAFE_METHODS.has(c.req.method) || isTokenDoor(c.req.path) || isOwnPage(c, origins)) return next()
    return c.text('This request did not come from a page of the portal.', 403)
  }
}

function isOwnPage(c: Context<GuardEnv>, origins: ReadonlySet<string>): boolean {
  const origin = c.req.header('origin')
  if (origin === 'null') return false
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  if (origin !== undefined) return origins.has(origin)
  const referer = c.req.header('referer')
  return referer !== undefined && URL.canParse(referer) && origins.has(new URL(referer).origin)
}

// ---- Size -----------------------------------------------------------------------------------------------------------

/** Forms are small. The token doors take larger bodies and limit them themselves. */
function sizeGuard(): MiddlewareHandler<GuardEnv> {
  return async (c, next) => {
    const body = SAFE_METHODS.has(c.req.method) || isTokenDoor(c.req.path) ? null : c.req.raw.body
    if (!body) return next()
    const bytesMax = formBytesMax(c.req.path)
    // With a length the server reads exactly so much; without one the bytes are counted as they come.
    const length = c.req.header('content-length')
    if (length !== undefined && c.req.header('transfer-encoding') === undefined) {
      return Number(length) <= bytesMax ? next() : tooLarge(c)
    }
    let read = 0
    const counted = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          read += piece.byteLength
          if (read > bytesMax)
            controller.error(Object.assign(new Error('The form is too large.'), { name: FORM_TOO_LARGE }))
          else controller.enqueue(piece)
        },
      }),
    )
    // `duplex` is required for a stream and missing from the types of the DOM.
    const init: RequestInit & { duplex: 'half' } = { body: counted, duplex: 'half' }
    c.req.raw = new Request(c.req.raw, init)
    await next()
    if (read > bytesMax) c.res = tooLarge(c)
  }
}

function tooLarge(c: Context<GuardEnv>): Response {
  return c.text(`This form is larger than ${String(Math.floor(formBytesMax(c.req.path) / 1024))} KB.`, 413)
}

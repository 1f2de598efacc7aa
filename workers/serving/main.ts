import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { DriftReference } from '#app/domain/drift.ts'
import { EngineNames } from '#app/domain/serving-engine.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'
import { ModelError } from './model.ts'
import type { Columns, Predictions } from './protocol.ts'
import {
  inferAnswer,
  modelMetadata,
  parseCsv,
  parseInfer,
  parseInvocation,
  parsePlain,
  RequestError,
} from './protocol.ts'
import type { ServingEngines } from './engines/engine.ts'
import { EngineAway, inProcess } from './engines/engine.ts'
import { Refused } from './probe.ts'
import { revisionStore, type Revision } from './revisions.ts'
import { countWindows } from './windows.ts'

exitWithParent()

const BODY_BYTES_MAX = 8 * 1024 * 1024
/** A body up to here is read to its end, so that its sender hears why it was refused. */
const DRAINED_BYTES_MAX = 64 * 1024 * 1024
const STOP_MS_MAX = 5000
const RECONCILE_MS = 2000
const PATH =
  /^\/revisions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/(invocations|infer|predict|signature|metadata|ready|status))?$/

const environment = z
  .object({
    SERVING_PORT: z.coerce.number().int().min(0).max(65_535),
    SERVING_SECRET: z.string().min(16),
    DATA_DIR: z.string().startsWith('/'),
    SERVING_SESSIONS_MAX: z.coerce.number().int().min(1).max(1000).default(32),
    SERVING_ENGINES: EngineNames,
    /** Names this portal on engines that it shares with others. */
    INSTANCE_NAME: z
      .string()
      .regex(/^[a-z0-9]{4,32}$/)
      .optional(),
    SWARM_REGISTRY: z
      .string()
      .optional()
      .transform((registry) => registry || null),
  })
  .parse(process.env)

const store = revisionStore({
  dataDir: environment.DATA_DIR,
  sessionsMax: environment.SERVING_SESSIONS_MAX,
  engines: await enginesOf(),
})
const windows = countWindows()
const PREDICTING: ReadonlySet<string> = new Set(['invocations', 'infer', 'predict'])
const REQUEST_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const secretDigest = digestOf(environment.SERVING_SECRET)

/**
 * What talks to an engine is read only where one is used.
 * @throws Error when an engine is asked for and nothing tells our containers from others'
 */
async function enginesOf(): Promise<ServingEngines> {
  const { SERVING_ENGINES: names, INSTANCE_NAME: instance, SWARM_REGISTRY: registry } = environment
  if (instance === undefined) {
    if (names.every((name) => name === 'onnx')) return { onnx: inProcess }
    throw new Error('INSTANCE_NAME is missing.')
  }
  const engines: { -readonly [Name in keyof ServingEngines]: ServingEngines[Name] } = { onnx: inProcess }
  if (names.includes('docker')) engines.docker = (await import('./engines/docker.ts')).dockerServing(instance)
  if (names.includes('swarm')) {
    const { swarmServing } = await import('./engines/swarm.ts')
    engines.swarm = swarmServing({ instance, registry, key: environment.SERVING_SECRET })
  }
  return engines
}

interface Answer {
  status: number
  body: unknown
  /** What a prediction was made of, for the counts. */
  predicted?: { columns: Columns; predictions: Predictions; reference: DriftReference | null }
}

const failure = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error_code: code, message },
})
const NOT_FOUND = failure(404, 'RESOURCE_DOES_NOT_EXIST', 'There is no such revision here.')

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isTrusted(request: IncomingMessage): boolean {
  const given = request.headers['x-serving-secret']
  return typeof given === 'string' && timingSafeEqual(digestOf(given), secretDigest)
}

async function readText(request: IncomingMessage): Promise<string> {
  const tooLarge = new RequestError(`A request may have ${BODY_BYTES_MAX} bytes.`, 413)
  if (Number(request.headers['content-length'] ?? 0) > DRAINED_BYTES_MAX) throw tooLarge
  const parts: Buffer[] = []
  let size = 0
  // What is too much is still read, and dropped: leaving the loop would cut the connection before the answer.
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size <= BODY_BYTES_MAX) parts.push(part)
    if (size > DRAINED_BYTES_MAX) break
  }
  if (size > BODY_BYTES_MAX) throw tooLarge
  return Buffer.concat(parts).toString('utf8')
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request)
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('The body is not valid JSON. NaN and Infinity are not JSON.')
  }
}

async function answerTo(request: IncomingMessage): Promise<Answer> {
  const pathname = (request.url ?? '').split('?')[0] ?? ''
  if (pathname === '/health' && request.method === 'GET') return { status: 200, body: { status: 'ok' } }
  if (!isTrusted(request)) return failure(401, 'UNAUTHENTICATED', 'The secret of this server is missing or wrong.')
  if (pathname === '/windows' && request.method === 'GET') {
    const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('after') ?? 0)
    return { status: 200, body: windows.collect(Number.isFinite(after) ? after : 0) }
  }
  if (pathname === '/revisions' && request.method === 'GET')
    return { status: 200, body: { revisions: await store.list() } }
  const [, id, action = 'revision'] = PATH.exec(pathname) ?? []
  if (id === undefined) return failure(404, 'ENDPOINT_NOT_FOUND', 'There is no such address here.')
  switch (`${request.method ?? ''} ${action}`) {
    case 'PUT revision': {
      const result = await store.put(id, await readJson(request))
      if (!result.passed) return { status: 422, body: { error: result.error, message: result.message } }
      const { maxAbsDiff, tolerance, latencyMs } = result
      return { status: 200, body: { maxAbsDiff, tolerance, latencyMs } }
    }
    case 'DELETE revision':
      await store.remove(id)
      return { status: 204, body: null }
    case 'POST invocations':
      return withRevision(id, async (revision) => {
        const isCsv = /^text\/csv\b/i.test(request.headers['content-type'] ?? '')
        const columns = isCsv
          ? parseCsv(revision.signature, await readText(request))
          : parseInvocation(revision.signature, await readJson(request))
        const predictions = await revision.model.predict(columns)
        return { body: { predictions }, predicted: { columns, predictions, reference: revision.reference } }
      })
    case 'POST infer':
      return withRevision(id, async (revision) => {
        const { id: requestId, columns } = parseInfer(revision.signature, await readJson(request))
        const predictions = await revision.model.predict(columns)
        const body = inferAnswer(nameFor(request, id), revision.signature, requestId, predictions)
        return { body, predicted: { columns, predictions, reference: revision.reference } }
      })
    case 'POST predict':
      return withRevision(id, async (revision) => {
        const { isOne, columns } = parsePlain(revision.signature, await readJson(request))
        const predictions = await revision.model.predict(columns)
        const body = isOne ? { prediction: predictions[0] } : { predictions }
        return { body, predicted: { columns, predictions, reference: revision.reference } }
      })
    case 'GET signature':
      return withRevision(id, (revision) => Promise.resolve({ body: revision.signature }))
    case 'GET metadata':
      return withRevision(id, (revision) =>
        Promise.resolve({ body: modelMetadata(nameFor(request, id), revision.signature) }),
      )
    case 'GET ready':
      return withRevision(id, () => Promise.resolve({ body: { ready: true } }))
    case 'GET status': {
      const status = await store.status(id)
      return status === null ? NOT_FOUND : { status: 200, body: status }
    }
    default:
      return failure(405, 'METHOD_NOT_ALLOWED', 'This address does not take that method.')
  }
}

/** The name under which the caller knows the model; our own id for whoever asks without one. */
function nameFor(request: IncomingMessage, id: string): string {
  const name = request.headers['x-model-name']
  return typeof name === 'string' && name !== '' ? name : id
}

async function withRevision(id: string, act: (revision: Revision) => Promise<Omit<Answer, 'status'>>): Promise<Answer> {
  const revision = await store.find(id)
  if (revision === null) return NOT_FOUND
  return { status: 200, ...(await act(revision)) }
}

/** What the caller may know about an error; whatever we did not foresee goes to the log only. */
function failureOf(error: unknown): Answer {
  if (error instanceof RequestError) {
    const code = error.status === 413 ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST'
    return { status: error.status, body: { error_code: code, message: error.message, ...error.where } }
  }
  if (error instanceof Refused || error instanceof ModelError || error instanceof EngineAway)
    return failure(503, 'TEMPORARILY_UNAVAILABLE', `The model cannot be served now. ${error.message}`)
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return failure(500, 'INTERNAL_ERROR', 'The model could not answer.')
}

/** Count predictions that were asked for of a revision that is here; nothing else is traffic. */
function count(request: IncomingMessage, answer: Answer, latencyMs: number): void {
  const [, deploymentId, action] = PATH.exec((request.url ?? '').split('?')[0] ?? '') ?? []
  if (deploymentId === undefined || !PREDICTING.has(action ?? '')) return
  if (answer.status === 401 || answer.status === 404) return
  const named = request.headers['x-request-id']
  const requestId = typeof named === 'string' && REQUEST_ID.test(named) ? named : null
  const predicted = answer.predicted ?? null
  windows.record({ deploymentId, status: answer.status, latencyMs, predicted, requestId }, Date.now())
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now()
  const answer = await answerTo(request).catch(failureOf)
  count(request, answer, performance.now() - startedAt)
  if (response.destroyed) return
  const text = answer.body === null ? '' : JSON.stringify(answer.body)
  const mustClose = isStopping || answer.status === 413
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(mustClose ? { connection: 'close' } : {}),
  })
  response.end(text)
}

let isStopping = false
const server = createServer({ noDelay: true, requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 })
server.on('request', (request, response) => void serve(request, response))
server.listen(environment.SERVING_PORT, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : environment.SERVING_PORT
  process.stdout.write(`listening on 127.0.0.1:${port}\n`)
})

let said = new Set<string>()

/** Make what the engines run equal to what is wanted, again and again; what stays true is said once. */
async function keepOrder(): Promise<void> {
  const now = new Set<string>()
  await store
    .reconcile((sentence) => now.add(sentence))
    .catch((error: unknown) => now.add(error instanceof Error ? error.message : String(error)))
  for (const sentence of now) if (!said.has(sentence)) process.stdout.write(`${sentence}\n`)
  said = now
  if (!isStopping) setTimeout(() => void keepOrder(), RECONCILE_MS).unref()
}
if (environment.SERVING_ENGINES.some((name) => name !== 'onnx')) void keepOrder()

/** Finish what is under way, take nothing new. */
function stop(): void {
  if (isStopping) return
  isStopping = true
  server.close(() => void store.release().finally(() => process.exit(0)))
  server.closeIdleConnections()
  setTimeout(() => process.exit(0), STOP_MS_MAX).unref()
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

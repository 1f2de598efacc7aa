import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { answeringFor } from '#app/commands/borrowing.ts'
import { transact } from '#app/commands/context.ts'
import { recordHeartbeat } from '#app/commands/heartbeats.ts'
import { recordLabels } from '#app/commands/monitoring.ts'
import { routeRequest } from '#app/domain/deployment.ts'
import { AppError, isAppError } from '#app/domain/errors.ts'
import { HeartbeatBody } from '#app/domain/heartbeat.ts'
import { openApiOf, PlainSignature } from '#app/domain/openapi.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { ServedRevision } from '#db/queries/deployments.ts'
import { findServedBySlug } from '#db/queries/deployments.ts'
import type { ApiContext } from './door.ts'
import { readBody, tokenContext } from './door.ts'
import { whileDatabaseReturns } from './patience.ts'
import { secondsToWait } from './quota.ts'

const BODY_BYTES_MAX = 8 * 1024 * 1024
const HEARTBEAT_BYTES_MAX = 16 * 1024
const TIMEOUT_MS = 30_000
/** How long a request waits for a serving process that is being started again. */
const PATIENCE_MS = 12_000
const AGAIN_MS = 100
/** Copies to a shadow that are under way; more are not sent. */
const COPIES_MAX = 16

/** What the serving process is asked for, by what the client asked for. */
type Operation = 'invocations' | 'infer' | 'predict' | 'metadata' | 'ready'

interface Question {
  readonly operation: Operation
  /** What callers know the model as. */
  readonly slug: string
  readonly method: string
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer> | null
  /** Names the request, so that the caller can say later what turned out to be true. */
  readonly requestId: string
}

let copies = 0

export const LabelsBody = z.object({
  labels: z
    .array(
      z.object({
        request_id: z.uuid('must be the throughline-request-id of an answer'),
        row: z.int('must be a whole number, from 0').min(0).max(100_000).default(0),
        value: z.number('must be a number; 1 or 0 for yes and no'),
      }),
    )
    .min(1)
    .max(10_000),
})

/** Late truth: what the caller found out about rows that were predicted for them. */
export async function labelsDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'predict')
    const slug = c.req.param('slug') ?? ''
    if (!(await transact(ctx, (tx) => findServedBySlug(tx, slug))))
      throw new AppError('not_found', 'There is no live model at this address.')
    const parsed = LabelsBody.safeParse(jsonOf(await readBody(c, BODY_BYTES_MAX)))
    if (!parsed.success) return badField(parsed.error)
    const labels = parsed.data.labels.map(({ request_id: requestId, row, value }) => ({ requestId, row, label: value }))
    const matched = await recordLabels(ctx, { slug, labels })
    return Response.json({ matched, unmatched: labels.length - matched })
  } catch (error) {
    return failure(c, error)
  }
}

/** An address that a browser or a probe tries in the wrong way. */
export function onlyPost(): Promise<Response> {
  const message = 'Send what is to be predicted with POST.'
  return Promise.resolve(
    Response.json({ error_code: 'METHOD_NOT_ALLOWED', message }, { status: 405, headers: { allow: 'POST' } }),
  )
}

/** A deployment elsewhere says which version it runs, and how much it did. */
export async function heartbeatDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'predict', 'write')
    const parsed = HeartbeatBody.safeParse(jsonOf(await readBody(c, HEARTBEAT_BYTES_MAX)))
    if (!parsed.success) return badField(parsed.error)
    await recordHeartbeat(ctx, { slug: c.req.param('slug') ?? '', heartbeat: parsed.data })
    return Response.json({})
  } catch (error) {
    return failure(c, error)
  }
}

function badField(error: z.ZodError): Response {
  const [issue] = error.issues
  const field = issue?.path.join('.') ?? ''
  const message = `${field === '' ? 'The body' : field}: ${issue?.message ?? 'is wrong'}`
  return Response.json({ error_code: 'BAD_REQUEST', message, field }, { status: 400 })
}

/** The plain door of an endpoint described for programs. */
export async function endpointDescriptionDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'predict')
    const slug = c.req.param('slug') ?? ''
    const served = await answeringFor(ctx, { slug, isCounted: false })
    if (!served) throw new AppError('not_found', 'There is no live model at this address.')
    if ('refused' in served) return notLent(served.refused)
    const signature = await readSignature(deps, served.live.deploymentId)
    const about = { slug, origin: deps.publicOrigin, name: served.live.modelName, version: served.live.modelVersion }
    return Response.json(openApiOf(about, signature))
  } catch (error) {
    return failure(c, error)
  }
}

/** @throws when the serving process does not answer */
async function readSignature(deps: WebDeps, deploymentId: string): Promise<PlainSignature> {
  const response = await fetch(`${deps.serving.url}/revisions/${deploymentId}/signature`, {
    headers: { 'x-serving-secret': deps.serving.secret },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  return PlainSignature.parse(await response.json())
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

/** Predictions of the revision behind a slug that takes this request, for the holder of a `predict` token of its engagement, or of one that it is lent to. */
export function servingDoor(operation: Operation) {
  return async (c: ApiContext, deps: WebDeps): Promise<Response> => {
    try {
      const ctx = await whileDatabaseReturns(() => tokenContext(c, deps, 'predict'))
      const wait = c.req.method === 'POST' ? await secondsToWait(ctx.actor) : null
      if (wait !== null) return overQuota(wait)
      const slug = c.req.param('slug') ?? ''
      const isCounted = c.req.method === 'POST'
      const served = await whileDatabaseReturns(() => answeringFor(ctx, { slug, isCounted }))
      if (!served) throw new AppError('not_found', 'There is no live model at this address.')
      if ('refused' in served) return notLent(served.refused)
      const question: Question = {
        operation,
        slug,
        method: c.req.method,
        contentType: c.req.header('content-type') ?? 'application/json',
        body: c.req.method === 'POST' ? new Uint8Array(await readBody(c, BODY_BYTES_MAX)) : null,
        requestId: randomUUID(),
      }
      const { candidate } = served
      const { answers, hears } = routeRequest(
        served.live,
        candidate === null ? null : { ...candidate, revision: candidate },
        Math.random(),
      )
      if (hears) void copyTo(deps, hears, question)
      return answerOf(await ask(deps, answers, question), answers, question)
    } catch (error) {
      return failure(c, error)
    }
  }
}

/** A model that was lent and is not any more: programs read the code, people the sentence. */
function notLent({ code, reason }: { readonly code: string; readonly reason: string }): Response {
  return Response.json({ error_code: code, message: reason }, { status: 403 })
}

function overQuota(seconds: number): Response {
  return Response.json(
    {
      error_code: 'RESOURCE_EXHAUSTED',
      message: `This token has asked as often as it may in a minute. Ask again in ${String(seconds)} s, or ask the team for more.`,
    },
    { status: 429, headers: { 'retry-after': String(seconds) } },
  )
}

function answerOf(response: Response, revision: ServedRevision, question: Question): Response {
  return new Response(response.body, {
    status: response.status,
    headers: {
      'content-type': response.headers.get('content-type') ?? 'application/json',
      'throughline-request-id': question.requestId,
      'throughline-revision': String(revision.revision),
      'throughline-model': encodeURIComponent(`${revision.modelName}/${String(revision.modelVersion)}`),
    },
  })
}

/**
 * Ask a revision. A prediction changes nothing, so that it is asked again while the serving process is away, or has come
 * back and the revision not yet.
 * @throws when it does not answer within the patience
 */
async function ask(deps: WebDeps, revision: ServedRevision, question: Question): Promise<Response> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = await askOnce(deps, revision, question).catch((error: unknown) => {
      if (performance.now() > deadline || !isUnreachable(error)) throw error
      return null
    })
    const isAbsent = answer?.status === 404 || answer?.status === 503
    if (answer && (!isAbsent || performance.now() > deadline)) {
      if (!isAbsent) return answer
      throw new Error(`Revision ${String(revision.revision)} is not served: ${String(answer.status)}.`)
    }
    await answer?.body?.cancel()
    await sleep(AGAIN_MS)
  }
}

function askOnce(deps: WebDeps, { deploymentId }: ServedRevision, question: Question): Promise<Response> {
  return fetch(`${deps.serving.url}/revisions/${deploymentId}/${question.operation}`, {
    method: question.method,
    headers: {
      'content-type': question.contentType,
      'x-serving-secret': deps.serving.secret,
      'x-request-id': question.requestId,
      'x-model-name': question.slug,
    },
    ...(question.body === null ? {} : { body: question.body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
}

/** `fetch` says TypeError for every connection that could not be made or broke. */
function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError
}

/** Let a shadow hear the question; what it says is counted where it is served, and goes to nobody. */
async function copyTo(deps: WebDeps, revision: ServedRevision, question: Question): Promise<void> {
  if (copies >= COPIES_MAX) return
  copies += 1
  try {
    const answer = await askOnce(deps, revision, { ...question, requestId: '' })
    await answer.body?.cancel()
  } catch {
    // A shadow that fails must not be felt.
  } finally {
    copies -= 1
  }
}

const STATUS = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 413,
  refused: 409,
  conflict: 409,
  limited: 429,
} as const

function failure(c: ApiContext, error: unknown): Response {
  if (isAppError(error))
    return Response.json(
      { error_code: error.code.toUpperCase(), message: error.message },
      { status: STATUS[error.code] },
    )
  logError(error, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
  return Response.json(
    { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'The model cannot be reached right now. Try again.' },
    { status: 503, headers: { 'retry-after': '2' } },
  )
}

import { transact } from '#app/commands/context.ts'
import { AppError, isAppError } from '#app/domain/errors.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import { findLiveBySlug } from '#db/queries/deployments.ts'
import type { ApiContext } from './door.ts'
import { readBody, tokenContext } from './door.ts'

const BODY_BYTES_MAX = 8 * 1024 * 1024
const TIMEOUT_MS = 30_000

/** What the serving process is asked for, by what the client asked for. */
type Operation = 'invocations' | 'infer' | 'metadata' | 'ready'

/** Predictions of the live revision behind a slug, for the holder of a `predict` token of its engagement. */
export function servingDoor(operation: Operation) {
  return async (c: ApiContext, deps: WebDeps): Promise<Response> => {
    try {
      const ctx = await tokenContext(c, deps, 'predict')
      const slug = c.req.param('slug') ?? ''
      const live = await transact(ctx, (tx) => findLiveBySlug(tx, slug))
      if (!live) throw new AppError('not_found', 'There is no live model at this address.')
      const body = c.req.method === 'POST' ? await readBody(c, BODY_BYTES_MAX) : null
      const response = await fetch(`${deps.serving.url}/revisions/${live.deploymentId}/${operation}`, {
        method: c.req.method,
        headers: {
          'content-type': c.req.header('content-type') ?? 'application/json',
          'x-serving-secret': deps.serving.secret,
        },
        ...(body === null ? {} : { body: new Uint8Array(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return new Response(response.body, {
        status: response.status,
        headers: {
          'content-type': response.headers.get('content-type') ?? 'application/json',
          'throughline-revision': String(live.revision),
          'throughline-model': encodeURIComponent(`${live.modelName}/${String(live.modelVersion)}`),
        },
      })
    } catch (error) {
      return failure(c, error)
    }
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

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#app/domain/errors.ts'
import type { ExecutionHooks } from './executors/executor.ts'

type Answer = Awaited<ReturnType<ExecutionHooks['track']>>

/** Shorter than a program waits for an answer: by then it is known that a call was lost. */
const TIMEOUT_MS = 55_000
/** Longer than the portal or its database takes to start again, and shorter than a job's code waits. */
const PATIENCE_MS = 40_000
const AGAIN_MS = 250
const REFUSED = ['ECONNREFUSED']
const BROKEN_OFF = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']
/** Calls that may be made twice: the second finds done what the first did. */
export const REPEATABLE_CALLS = ['log-batch', 'log-metric', 'log-parameter', 'set-tag', 'log-inputs', 'update']
const ALLOWED = ['/api/2.0/mlflow/', '/api/2.0/mlflow-artifacts/']

/**
 * The only way out of the cage: calls to the tracking API, to which the job's token is added here. Everything else is
 * refused, so that code in the cage cannot use the worker to reach another address.
 */
export function trackingProxy(trackingUrl: string, token: string): ExecutionHooks['track'] {
  return async (request) => {
    const url = new URL(request.path, trackingUrl)
    const isAllowed =
      url.origin === new URL(trackingUrl).origin && ALLOWED.some((prefix) => url.pathname.startsWith(prefix))
    if (!isAllowed) throw new AppError('refused', 'Only the tracking API can be reached from here.')
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const send = async () => {
      const response = await fetch(url, {
        method: request.method,
        headers: {
          'content-type': request.headers['content-type'] ?? 'application/json',
          authorization: `Bearer ${token}`,
        },
        ...(request.body === null ? {} : { body: new Uint8Array(request.body) }),
        redirect: 'error',
        signal,
      })
      return {
        status: response.status,
        headers: { 'content-type': response.headers.get('content-type') ?? '' },
        body: new Uint8Array(await response.arrayBuffer()),
      }
    }
    return whilePortalReturns(send, isRepeatable(request.method, url.pathname))
  }
}

/** The portal or its database was away for longer than anybody waits. */
const AWAY = [502, 503, 504]

/**
 * The same, and whether a call of it broke off or found nobody: what a program then says of it is no fault of its own.
 */
export function watchedTracking(track: ExecutionHooks['track']): {
  readonly track: ExecutionHooks['track']
  readonly wasLost: () => boolean
} {
  let wasLost = false
  return {
    track: async (request) => {
      try {
        const answer = await track(request)
        wasLost ||= AWAY.includes(answer.status)
        return answer
      } catch (error) {
        wasLost ||= isLoss(error)
        throw error
      }
    },
    wasLost: () => wasLost,
  }
}

/** Nobody listened, or the connection broke off, or no answer came; anything else is the call's own fault. */
function isLoss(error: unknown): boolean {
  return (
    [...REFUSED, ...BROKEN_OFF].includes(causeOf(error)) || (error instanceof Error && error.name === 'TimeoutError')
  )
}

function isRepeatable(method: string, path: string): boolean {
  if (method === 'POST') return REPEATABLE_CALLS.some((name) => path === `/api/2.0/mlflow/runs/${name}`)
  // A file is named by its content.
  return method === 'GET' || method === 'PUT'
}

/**
 * Send again while nobody listens, or the answer is that the database is away, as MLflow's own clients do: a training is not
 * to fail because the portal was started again meanwhile. What was sent over a connection that broke off may have been
 * done, so that only what may be done twice is sent again then.
 */
async function whilePortalReturns(send: () => Promise<Answer>, isRepeatable: boolean): Promise<Answer> {
  const again = isRepeatable ? [...REFUSED, ...BROKEN_OFF] : REFUSED
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = await send().catch((error: unknown) => {
      if (!again.includes(causeOf(error)) || performance.now() > deadline) throw error
      return null
    })
    if (answer !== null && (answer.status !== 503 || performance.now() > deadline)) return answer
    await sleep(AGAIN_MS)
  }
}

/** The code of what is behind a request that got no whole answer. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '#app/domain/errors.ts'
import type { ExecutionHooks } from './executors/executor.ts'

const TIMEOUT_MS = 60_000
/** Longer than the portal or its database takes to start again, and shorter than a job's code waits. */
const PATIENCE_MS = 40_000
const AGAIN_MS = 250
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
    const send = () =>
      fetch(url, {
        method: request.method,
        headers: {
          'content-type': request.headers['content-type'] ?? 'application/json',
          authorization: `Bearer ${token}`,
        },
        ...(request.body === null ? {} : { body: new Uint8Array(request.body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    const response = await whilePortalReturns(send)
    return {
      status: response.status,
      headers: { 'content-type': response.headers.get('content-type') ?? '' },
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
}

/**
 * Send again while nobody listens, or the answer is that the database is away, as MLflow's own clients do: a training is not
 * to fail because the portal was started again meanwhile. A connection that breaks off is none of these, because what was
 * sent over it may have been done.
 */
async function whilePortalReturns(send: () => Promise<Response>): Promise<Response> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const response = await send().catch((error: unknown) => {
      if (!isRefusedConnection(error) || performance.now() > deadline) throw error
      return null
    })
    if (response !== null && (response.status !== 503 || performance.now() > deadline)) return response
    await response?.body?.cancel()
    await sleep(AGAIN_MS)
  }
}

function isRefusedConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

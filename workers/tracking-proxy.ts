import { AppError } from '#app/domain/errors.ts'
import type { ExecutionHooks } from './executors/executor.ts'

const TIMEOUT_MS = 60_000
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
    const response = await fetch(url, {
      method: request.method,
      headers: {
        'content-type': request.headers['content-type'] ?? 'application/json',
        authorization: `Bearer ${token}`,
      },
      ...(request.body === null ? {} : { body: new Uint8Array(request.body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return {
      status: response.status,
      headers: { 'content-type': response.headers.get('content-type') ?? '' },
      body: new Uint8Array(await response.arrayBuffer()),
    }
  }
}

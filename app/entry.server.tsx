import { PassThrough } from 'node:stream'
import type { ActionFunctionArgs, AppLoadContext, EntryContext, LoaderFunctionArgs } from '@remix-run/node'
import { createReadableStreamFromReadable } from '@remix-run/node'
import { isRouteErrorResponse, RemixServer } from '@remix-run/react'
import { isbot } from 'isbot'
import { renderToPipeableStream } from 'react-dom/server'
import { loggedPath, logError } from '#app/server/http-guard.server.ts'
import { NonceContext } from '#app/ui/nonce.tsx'

/** How long a deferred value may take before the page goes without it. */
export const streamTimeout = 8_000
/** After the deferred values were given up, React still writes what it shows instead of them. */
const RENDER_MS_MAX = streamTimeout + 1_000

/** Render the document: to people as soon as its frame is ready, to machines when it is whole. */
// The parameters are Remix's.
// eslint-disable-next-line max-params
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  loadContext: AppLoadContext,
): Promise<Response> {
  const { nonce, requestId } = loadContext.portal
  const where = `${request.method} ${loggedPath(new URL(request.url).pathname)} ${requestId}`
  return new Promise((resolve, reject) => {
    let hasShell = false
    let isFaulty = false
    const answer = () => {
      hasShell = true
      const body = new PassThrough()
      headers.set('content-type', 'text/html; charset=utf-8')
      resolve(new Response(createReadableStreamFromReadable(body), { headers, status: isFaulty ? 500 : status }))
      pipe(body)
    }
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext.Provider value={nonce}>
        <RemixServer context={remixContext} url={request.url} abortDelay={streamTimeout} nonce={nonce} />
      </NonceContext.Provider>,
      {
        nonce,
        ...(isbot(request.headers.get('user-agent')) ? { onAllReady: answer } : { onShellReady: answer }),
        // The rejection becomes `handleError` below.
        onShellError: reject,
        onError(error) {
          isFaulty = true
          if (hasShell && !request.signal.aborted) logError(error, where)
        },
      },
    )
    const timer = setTimeout(abort, RENDER_MS_MAX)
    timer.unref()
    request.signal.addEventListener('abort', () => {
      clearTimeout(timer)
      abort()
    })
  })
}

/** What loaders and actions throw and did not foresee; an address without a page is no fault of ours. */
export function handleError(error: unknown, { request, context }: LoaderFunctionArgs | ActionFunctionArgs): void {
  if (request.signal.aborted || isRouteErrorResponse(error)) return
  logError(error, `${request.method} ${loggedPath(new URL(request.url).pathname)} ${context.portal.requestId}`)
}

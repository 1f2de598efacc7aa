import { transact } from '#app/commands/context.ts'
import { AppError, isAppError } from '#app/domain/errors.ts'
import type { ErrorCode } from '#app/domain/errors.ts'
import { IMPORT_BYTES_MAX } from '#app/domain/run-import.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import { findEngagementByName } from '#db/queries/engagements.ts'
import type { ApiContext } from '../door.ts'
import { readBody, tokenContext } from '../door.ts'
import { decodedSegments } from '../mlflow/artifact-place.ts'
import { openApiDocument } from './openapi.ts'
import type { Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { readerPage } from './reader.ts'
import { V1_ROOT } from './root.ts'

const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 400,
  refused: 409,
  conflict: 409,
  limited: 429,
}

/** Our own REST API: `/api/v1/engagements/<id or code>/…`, with a token of that engagement. */
export async function v1Door(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'track')
    const url = new URL(c.req.url)
    const [name = '', ...rest] = decodedSegments(url.pathname.slice(V1_ROOT.length + 1))
    const engagement = await transact(ctx, (tx) => findEngagementByName(tx, name))
    const found = match(c.req.method === 'HEAD' ? 'GET' : c.req.method, rest)
    if (!engagement || engagement.id !== ctx.actor.onlyEngagementId || !found)
      throw new AppError('not_found', 'This does not exist.')
    const { operation, path } = found
    ensureType(operation, c.req.header('content-type'))
    const answer = await operation.run(
      { ctx, engagement, body: () => readBody(c, IMPORT_BYTES_MAX) },
      { ...Object.fromEntries(url.searchParams), ...path },
    )
    return Response.json(answer, { status: isImportRefused(answer) ? 422 : 200 })
  } catch (error) {
    return failure(c, error)
  }
}

function match(method: string, parts: readonly string[]) {
  for (const operation of OPERATIONS) {
    const pattern = operation.path.split('/')
    const isFitting =
      operation.method === method &&
      pattern.length === parts.length &&
      pattern.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))
    if (!isFitting) continue
    const path = Object.fromEntries(
      pattern.flatMap((part, at) => (part.startsWith('{') ? [[part.slice(1, -1), parts[at] ?? '']] : [])),
    )
    return { operation, path }
  }
  return null
}

function ensureType(operation: Operation, said: string | undefined): void {
  const type = (said ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (operation.bodyTypes.length > 0 && !operation.bodyTypes.includes(type))
    throw new AppError('invalid', `Send the body as one of ${operation.bodyTypes.join(', ')}.`)
}

/** A file with mistakes is answered with their list, and with a status that says that nothing was done. */
function isImportRefused(answer: unknown): boolean {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'errors' in answer &&
    Array.isArray(answer.errors) &&
    answer.errors.length > 0
  )
}

function failure(c: ApiContext, error: unknown): Response {
  if (isAppError(error))
    return Response.json({ code: error.code, message: error.message }, { status: STATUS[error.code] })
  logError(error, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
  return Response.json(
    { code: 'fault', message: `Something went wrong here. Request ${c.get('requestId')}.` },
    { status: 500 },
  )
}

export function openApiDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  return Promise.resolve(c.json(openApiDocument(deps.publicOrigin)))
}

/** The description, to be read: a page without any script. */
export function readerDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  return Promise.resolve(c.html(readerPage(deps.publicOrigin)))
}

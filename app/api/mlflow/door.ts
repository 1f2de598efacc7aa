import { AppError } from '#app/domain/errors.ts'
import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { ApiContext } from '../door.ts'
import { readBody, tokenContext } from '../door.ts'
import { MLFLOW_ENDPOINTS } from './dispatch.ts'
import { mlflowErrorResponse } from './errors.ts'

/** Above MLflow's own 1 MB for a batch, below what would hold up others. */
const BODY_BYTES_MAX = 4 * 1024 * 1024
const DEPTH_MAX = 32
const PREFIX = '/api/2.0/mlflow/'

/** The tracking REST API of MLflow: token, endpoint, body, answer; errors in MLflow's form, never a redirect. */
export async function mlflowDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const ctx = await tokenContext(c, deps, 'track')
    const name = `${c.req.method} ${c.req.path.slice(PREFIX.length)}`
    const endpoint = Object.entries(MLFLOW_ENDPOINTS).find(([known]) => known === name)?.[1]
    if (!endpoint)
      return Response.json(
        { error_code: 'ENDPOINT_NOT_FOUND', message: `There is no endpoint ${name.slice(0, 200)}.` },
        { status: 404 },
      )
    const input = c.req.method === 'GET' ? queryOf(c) : await jsonOf(c)
    return Response.json(await endpoint.run(ctx, input))
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
    })
  }
}

/** Query parameters; one that comes several times is a list. */
function queryOf(c: ApiContext): Record<string, string | string[]> {
  const query = new URL(c.req.url).searchParams
  const lists = new Set(['order_by', 'stages', 'experiment_ids'])
  return Object.fromEntries(
    [...new Set(query.keys())].map((key) => [
      key,
      lists.has(key) ? query.getAll(key) : (query.getAll(key).at(-1) ?? ''),
    ]),
  )
}

async function jsonOf(c: ApiContext): Promise<unknown> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new AppError('invalid', "Bad Request. Content-Type must be one of ['application/json'].")
  const body = await readBody(c, BODY_BYTES_MAX)
  const source = new TextDecoder('utf-8', { fatal: true })
  try {
    const text = source.decode(body)
    if (depthOf(text) > DEPTH_MAX)
      throw new AppError('invalid', `JSON may be nested at most ${String(DEPTH_MAX)} deep.`)
    return text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('invalid', 'The body is not JSON in UTF-8.', { cause: error })
  }
}

/** How deep brackets nest, found before the parser recurses. Brackets inside strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, inString] = [0, 0, false]
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (inString) {
      if (char === 92) at += 1
      else if (char === 34) inString = false
    } else if (char === 34) inString = true
    else if (char === 91 || char === 123) deepest = Math.max(deepest, (depth += 1))
    else if (char === 93 || char === 125) depth -= 1
  }
  return deepest
}

import type { WebDeps } from '#app/server/context.server.ts'
import { logError } from '#app/server/http-guard.server.ts'
import type { ApiContext } from '../door.ts'
import { readJson, tokenContext } from '../door.ts'
import { dispatch } from './dispatch.ts'
import { mlflowErrorResponse } from './errors.ts'
import { apiPath } from './path.ts'

const PREFIX = '/api/2.0/mlflow/'

/** The tracking REST API of MLflow: token, endpoint, body, answer; errors in MLflow's form, never a redirect. */
export async function mlflowDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    const found = dispatch(method, apiPath(c).slice(PREFIX.length))
    const ctx = await tokenContext(c, deps, 'track', found?.use)
    if (!found) return unknownEndpoint(c)
    const input = method === 'GET' ? queryOf(c) : await readJson(c, found.bodyBytesMax)
    return Response.json(await found.endpoint.run(ctx, withPath(input, found.path)))
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
    })
  }
}

/** What MLflow's server has and we have not, such as traces: said in its form, so that clients go on without. */
export function unknownEndpoint(c: ApiContext): Response {
  return Response.json(
    { error_code: 'ENDPOINT_NOT_FOUND', message: `There is no endpoint ${c.req.method} ${c.req.path.slice(0, 200)}.` },
    { status: 404 },
  )
}

/** Workspaces are MLflow's way to keep names apart; here the token does. */
export async function serverInfoDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  try {
    await tokenContext(c, deps, 'track')
    if (c.req.path.endsWith('/server-info')) return Response.json({ store_type: 'SqlStore', workspaces_enabled: false })
    return unknownEndpoint(c)
  } catch (error) {
    return mlflowErrorResponse(error, (fault) => {
      logError(fault, `${c.req.method} ${c.req.path} ${c.get('requestId')}`)
    })
  }
}

/** What the path says counts, whatever the body says. */
function withPath(input: unknown, path: Readonly<Record<string, string>>): unknown {
  if (Object.keys(path).length === 0) return input
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? { ...input, ...path } : path
}

/** Query parameters; one that comes several times is a list. */
function queryOf(c: ApiContext): Record<string, string | string[]> {
  const query = new URL(c.req.url).searchParams
  const lists = new Set(['order_by', 'stages', 'experiment_ids', 'run_ids'])
  if (c.req.path.endsWith('/get-history-bulk')) lists.add('run_id')
  return Object.fromEntries(
    [...new Set(query.keys())].map((key) => [
      key,
      lists.has(key) ? query.getAll(key) : (query.getAll(key).at(-1) ?? ''),
    ]),
  )
}

import type { Context } from 'hono'
import type { CommandContext } from '#app/commands/context.ts'
import type { TokenUse } from '#app/commands/tokens.ts'
import type { PersonActor, TokenScope } from '#app/domain/actor.ts'
import { AppError } from '#app/domain/errors.ts'
import type { Policy } from '#app/domain/policy.ts'
import { isAboutEngagement, passes } from '#app/domain/policy.ts'
import type { RequestContext, Table, WebDeps } from '#app/server/context.server.ts'
import { requestContext } from '#app/server/context.server.ts'
import { actorFor } from './token-cache.ts'
import type { GuardEnv } from '#app/server/http-guard.server.ts'

/** Above MLflow's own largest body but files, below what would hold up others. */
const JSON_BYTES_MAX = 4 * 1024 * 1024
const JSON_DEPTH_MAX = 32

export type ApiContext = Context<GuardEnv>

/** Who may use a door: anybody, the holder of a token with a scope, or a signed-in person who passes a page's policy. */
export type DoorPolicy = 'public' | { readonly token: TokenScope } | { readonly session: Policy }

/** One door of the web process beside the pages. A door that is not in the table of doors.ts does not exist. */
export interface Door {
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[]
  readonly path: string
  readonly policy: DoorPolicy
  readonly answer: (c: ApiContext, deps: WebDeps) => Promise<Response>
}

/**
 * The command context of a token's holder. Takes Bearer, and Basic with the token as its password, as MLflow clients
 * send it. A cookie opens nothing here.
 * @throws AppError `unauthenticated`, `forbidden` for another scope, or `refused` for writing to an engagement that has ended
 */
export async function tokenContext(
  c: ApiContext,
  deps: WebDeps,
  scope: TokenScope,
  use: TokenUse = 'read',
): Promise<CommandContext> {
  const now = new Date()
  const actor = await actorFor(deps.database, { token: tokenOf(c.req.header('authorization')), scope, use, now })
  return { database: deps.database, actor, now }
}

/** The token that a request shows. @throws AppError `unauthenticated` when it shows none */
export function tokenOf(authorization: string | undefined): string {
  const [scheme, credential] = (authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer' && credential) return credential
  if (scheme?.toLowerCase() === 'basic' && credential) {
    const pair = Buffer.from(credential, 'base64').toString('utf8')
    return pair.slice(pair.indexOf(':') + 1)
  }
  throw new AppError('unauthenticated', 'Send a token: Authorization: Bearer <token>, or set MLFLOW_TRACKING_TOKEN.')
}

export interface Visitor {
  readonly portal: RequestContext
  readonly actor: PersonActor
  readonly table: Table | null
}

/** The signed-in person behind a door with a page's policy; null when they do not pass, which is answered as missing. */
export async function visitorOf(c: ApiContext, deps: WebDeps, policy: Policy): Promise<Visitor | null> {
  const portal = requestContext(deps, {
    request: c.req.raw,
    nonce: c.get('nonce'),
    requestId: c.get('requestId'),
    peer: '',
  })
  const actor = await portal.viewer()
  if (!actor) return null
  const table = isAboutEngagement(policy) ? await portal.table(c.req.param('engagementId')) : null
  return passes(policy, actor, table?.standing ?? null) ? { portal, actor, table } : null
}

/**
 * The body, up to a limit, without keeping more than that in memory.
 * @throws AppError `invalid` when it is larger
 */
export async function readBody(c: ApiContext, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = () => new AppError('invalid', `The body may have at most ${String(bytesMax)} bytes.`)
  if (Number(c.req.header('content-length') ?? 0) > bytesMax) throw tooLarge()
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of bodyOf(c)) {
    size += piece.byteLength
    if (size > bytesMax) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** How many bytes the sender says come; 0 when it does not say. */
export function declaredBytes(c: ApiContext): number {
  const declared = Number(c.req.header('content-length') ?? 0)
  return Number.isSafeInteger(declared) && declared > 0 ? declared : 0
}

/**
 * The body as it arrives; nothing for a request without one. Straight from the connection: the streams of a `Request` cost
 * more than all else of a small one. Whoever stops reading may still answer.
 */
export function bodyOf(c: ApiContext): AsyncIterable<Uint8Array> {
  return c.env.incoming.iterator({ destroyOnReturn: false })
}

/**
 * The body as JSON; an empty one is an empty object.
 * @throws AppError `invalid` for another type, other bytes, or brackets that nest too deep for a parser
 */
export async function readJson(c: ApiContext, bytesMax = JSON_BYTES_MAX): Promise<unknown> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new AppError('invalid', "Bad Request. Content-Type must be one of ['application/json'].")
  const body = await readBody(c, bytesMax)
  const source = new TextDecoder('utf-8', { fatal: true })
  try {
    const text = source.decode(body)
    if (depthOf(text) > JSON_DEPTH_MAX)
      throw new AppError('invalid', `JSON may be nested at most ${String(JSON_DEPTH_MAX)} deep.`)
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

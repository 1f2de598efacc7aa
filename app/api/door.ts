import type { Context } from 'hono'
import { actorOfToken } from '#app/commands/tokens.ts'
import type { CommandContext } from '#app/commands/context.ts'
import type { PersonActor, TokenScope } from '#app/domain/actor.ts'
import { AppError } from '#app/domain/errors.ts'
import type { Policy } from '#app/domain/policy.ts'
import { isAboutEngagement, passes } from '#app/domain/policy.ts'
import type { RequestContext, Table, WebDeps } from '#app/server/context.server.ts'
import { requestContext } from '#app/server/context.server.ts'
import type { GuardEnv } from '#app/server/http-guard.server.ts'

export type ApiContext = Context<GuardEnv>

/** Who may use a door: anybody, the holder of a token with a scope, or a signed-in person who passes a page's policy. */
export type DoorPolicy = 'public' | { readonly token: TokenScope } | { readonly session: Policy }

/** One door of the web process beside the pages. A door that is not in the table of doors.ts does not exist. */
export interface Door {
  readonly methods: readonly ('GET' | 'POST' | 'PUT')[]
  readonly path: string
  readonly policy: DoorPolicy
  readonly answer: (c: ApiContext, deps: WebDeps) => Promise<Response>
}

/**
 * The command context of a token's holder. Takes Bearer, and Basic with the token as its password, as MLflow clients
 * send it. A cookie opens nothing here.
 * @throws AppError `unauthenticated`
 */
export async function tokenContext(c: ApiContext, deps: WebDeps, scope: TokenScope): Promise<CommandContext> {
  const now = new Date()
  const actor = await actorOfToken(deps.database, tokenOf(c.req.header('authorization')), scope, now)
  return { database: deps.database, actor, now }
}

function tokenOf(authorization: string | undefined): string {
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

/** The body as it arrives; nothing for a request without one. */
export async function* bodyOf(c: ApiContext): AsyncIterable<Uint8Array> {
  const reader = c.req.raw.body?.getReader()
  if (!reader) return
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (value instanceof Uint8Array) yield value
  }
}

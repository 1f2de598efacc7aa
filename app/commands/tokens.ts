import { z } from 'zod'
import type { Actor, PersonActor, TokenScope } from '#app/domain/actor.ts'
import { TOKEN_SCOPES } from '#app/domain/actor.ts'
import { endedRefusal, isTeam } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, JobId, TokenId } from '#app/domain/ids.ts'
import { line, prose } from '#app/domain/text.ts'
import { newSecret, sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { findActor } from '#db/queries/people.ts'
import { findTokenGrant, insertToken, revokeToken } from '#db/queries/tokens.ts'
import type { Database, Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

const PREFIX = 'thr_'
const DAYS_DEFAULT = 90
const REQUESTS_PER_MINUTE_MAX = 1_000_000

export const TokenForm = z.object({
  name: line(100, 'A name'),
  scope: z.enum(TOKEN_SCOPES, { error: 'Choose what the token is for.' }),
  purpose: prose(500, 'The purpose').default(''),
  requestsPerMinute: z
    .literal('')
    .transform(() => null)
    .or(
      z.coerce
        .number('This is a whole number.')
        .int('This is a whole number.')
        .min(1, 'At least one a minute; leave it empty for no limit.')
        .max(REQUESTS_PER_MINUTE_MAX, `At most ${REQUESTS_PER_MINUTE_MAX.toLocaleString('en-GB')} a minute.`),
    )
    .nullable()
    .default(null),
})

const tokenRefusal = (standing: Parameters<typeof isTeam>[0]) =>
  isTeam(standing) && standing.seats.length > 0
    ? null
    : { reason: 'Only people with a seat on the team make tokens here.' }

/** Make a token for scripts. The token is returned this once; only its hash is kept. */
export async function issueToken(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    name: string
    scopes: readonly TokenScope[]
    /** What its holder may ask for. */
    purpose?: string
    /** Null: no limit. */
    requestsPerMinute?: number | null
  },
): Promise<{ readonly token: string; readonly prefix: string }> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(tokenRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    const made = await addToken(tx, {
      engagementId: engagement.id,
      name: input.name,
      purpose: input.purpose ?? '',
      requestsPerMinute: input.requestsPerMinute ?? null,
      scopes: input.scopes,
      personId: ctx.actor.personId,
      jobId: null,
      now: ctx.now,
      minutes: DAYS_DEFAULT * 24 * 60,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'token.issued',
      engagementId: engagement.id,
      subjectId: made.id,
      summary: `${ctx.actor.name} made the token “${input.name}” (${made.prefix}…).`,
      at: ctx.now,
    })
    return made
  })
}

/** The token that a job's executor holds for its own engagement. */
export async function issueJobToken(
  tx: Tx,
  input: { engagementId: EngagementId; jobId: JobId; now: Date; minutes: number },
): Promise<string> {
  const { token } = await addToken(tx, {
    ...input,
    name: 'job',
    purpose: '',
    requestsPerMinute: null,
    scopes: ['track'],
    personId: null,
  })
  return token
}

async function addToken(
  tx: Tx,
  input: {
    engagementId: EngagementId
    name: string
    purpose: string
    requestsPerMinute: number | null
    scopes: readonly TokenScope[]
    personId: PersonActor['personId'] | null
    jobId: JobId | null
    now: Date
    minutes: number
  },
): Promise<{ id: TokenId; token: string; prefix: string }> {
  const token = `${PREFIX}${newSecret()}`
  const prefix = token.slice(0, PREFIX.length + 6)
  const id = newId<TokenId>()
  await insertToken(tx, {
    id,
    engagementId: input.engagementId,
    tokenHash: sha256(token),
    prefix,
    name: input.name,
    purpose: input.purpose,
    requestsPerMinute: input.requestsPerMinute,
    scopes: input.scopes,
    personId: input.personId,
    jobId: input.jobId,
    createdAt: input.now,
    expiresAt: new Date(input.now.getTime() + input.minutes * 60_000),
  })
  return { id, token, prefix }
}

/** @throws AppError `not_found`, `refused` */
export async function endToken(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; tokenId: TokenId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    ensure(tokenRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
    const isRevoked = await revokeToken(tx, input.engagementId, input.tokenId, ctx.now)
    if (!isRevoked) throw new AppError('not_found', 'This token does not exist.')
    await recordEvent(tx, ctx.actor, {
      kind: 'token.revoked',
      engagementId: input.engagementId,
      subjectId: input.tokenId,
      summary: `${ctx.actor.name} revoked a token.`,
      at: ctx.now,
    })
  })
}

export type TokenUse = 'read' | 'write'

/** What a token is shown for: an engagement that ended is read and not written. */
export interface TokenPurpose {
  readonly scope: TokenScope
  readonly use: TokenUse
}

/**
 * Who a token stands for, when it grants what is asked.
 * @throws AppError `unauthenticated` for a wrong, old or revoked token, `forbidden` for one of another scope, `refused`
 * for writing to an engagement that has ended
 */
export async function actorOfToken(
  database: Database,
  token: string,
  purpose: TokenPurpose,
  now: Date,
): Promise<Actor> {
  if (!token.startsWith(PREFIX) || token.length > 100) throw wrongToken()
  return actorOfTokenHash(database, sha256(token), purpose, now)
}

const wrongToken = () => new AppError('unauthenticated', 'This token is wrong, expired or revoked.')

/** As actorOfToken, for a token of which only the SHA-256 is known. */
export async function actorOfTokenHash(
  database: Database,
  tokenHash: string,
  { scope, use }: TokenPurpose,
  now: Date,
): Promise<Actor> {
  return database.as({ door: 'auth' }, async (tx) => {
    const grant = await findTokenGrant(tx, tokenHash, now)
    if (!grant) throw wrongToken()
    if (!grant.scopes.includes(scope))
      throw new AppError('forbidden', `This token is for “${grant.scopes.join(', ')}”; this needs one for “${scope}”.`)
    if (use === 'write') ensure(endedRefusal(grant.engagementState))
    if (grant.job)
      return { kind: 'job', jobId: grant.job.id, name: grant.job.title, onlyEngagementId: grant.engagementId }
    const person = grant.personId === null ? null : await findActor(tx, grant.personId)
    if (!person) throw wrongToken()
    const token = { id: grant.id, requestsPerMinute: grant.requestsPerMinute }
    return { ...person, onlyEngagementId: grant.engagementId, token }
  })
}

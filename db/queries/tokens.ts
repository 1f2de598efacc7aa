import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { TokenScope } from '#app/domain/actor.ts'
import type { EngagementState } from '#app/domain/engagement.ts'
import type { EngagementId, JobId, PersonId, TokenId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { jobs } from '../schema/jobs.ts'
import { apiTokens } from '../schema/people.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface NewToken {
  readonly id: TokenId
  readonly engagementId: EngagementId
  readonly tokenHash: string
  readonly prefix: string
  readonly name: string
  readonly purpose: string
  readonly requestsPerMinute: number | null
  readonly scopes: readonly TokenScope[]
  readonly personId: PersonId | null
  readonly jobId: JobId | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function insertToken(tx: Tx, row: NewToken): Promise<void> {
  await tx.insert(apiTokens).values({ ...row, scopes: [...row.scopes] })
}

export interface TokenGrant {
  readonly id: TokenId
  readonly engagementId: EngagementId
  readonly engagementState: EngagementState
  readonly requestsPerMinute: number | null
  readonly scopes: readonly TokenScope[]
  readonly personId: PersonId | null
  readonly job: { readonly id: JobId; readonly title: string } | null
}

/** What a token that is neither revoked nor expired grants; its use is noted at most once a minute. Needs the sign-in door. */
export async function findTokenGrant(tx: Tx, tokenHash: string, now: Date): Promise<TokenGrant | null> {
  const [row] = await tx
    .select({
      id: apiTokens.id,
      engagementId: apiTokens.engagementId,
      engagementState: sql<EngagementState>`app.state_at_the_door(${apiTokens.engagementId})`,
      requestsPerMinute: apiTokens.requestsPerMinute,
      scopes: apiTokens.scopes,
      personId: apiTokens.personId,
      jobId: apiTokens.jobId,
      lastUsedAt: apiTokens.lastUsedAt,
      jobTitle: jobs.title,
    })
    .from(apiTokens)
    .leftJoin(jobs, eq(jobs.id, apiTokens.jobId))
    .where(and(eq(apiTokens.tokenHash, tokenHash), isNull(apiTokens.revokedAt), gt(apiTokens.expiresAt, now)))
  if (!row) return null
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > 60_000)
    await tx.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, row.id))
  return {
    id: toId<TokenId>(row.id),
    engagementId: toId<EngagementId>(row.engagementId),
    engagementState: row.engagementState,
    requestsPerMinute: row.requestsPerMinute,
    scopes: row.scopes,
    personId: row.personId === null ? null : toId<PersonId>(row.personId),
    job: row.jobId === null ? null : { id: toId<JobId>(row.jobId), title: row.jobTitle ?? 'a job' },
  }
}

export interface TokenRow {
  readonly id: TokenId
  readonly prefix: string
  readonly name: string
  readonly purpose: string
  readonly requestsPerMinute: number | null
  readonly scopes: readonly TokenScope[]
  readonly personName: string
  readonly personEmail: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** Tokens that people made for an engagement, newest first. */
export async function listTokens(tx: Tx, engagementId: EngagementId): Promise<TokenRow[]> {
  const rows = await tx
    .select({
      id: apiTokens.id,
      prefix: apiTokens.prefix,
      name: apiTokens.name,
      purpose: apiTokens.purpose,
      requestsPerMinute: apiTokens.requestsPerMinute,
      scopes: apiTokens.scopes,
      personName: persons.name,
      personEmail: persons.email,
      createdAt: apiTokens.createdAt,
      expiresAt: apiTokens.expiresAt,
      revokedAt: apiTokens.revokedAt,
      lastUsedAt: apiTokens.lastUsedAt,
    })
    .from(apiTokens)
    .innerJoin(persons, eq(persons.id, apiTokens.personId))
    .where(eq(apiTokens.engagementId, engagementId))
    .orderBy(desc(apiTokens.createdAt))
    .limit(200)
  return rows.map((row) => ({ ...row, id: toId<TokenId>(row.id) }))
}

/** @returns false when there is no such token in this engagement, or it was revoked before */
export async function revokeToken(tx: Tx, engagementId: EngagementId, id: TokenId, at: Date): Promise<boolean> {
  const rows = await tx
    .update(apiTokens)
    .set({ revokedAt: at })
    .where(and(eq(apiTokens.engagementId, engagementId), eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id })
  return rows.length === 1
}

/** The tokens that may ask for predictions now: who notices when what a model takes changes. */
export async function listConsumers(tx: Tx, engagementId: EngagementId, now: Date): Promise<TokenRow[]> {
  const tokens = await listTokens(tx, engagementId)
  return tokens.filter(
    ({ scopes, revokedAt, expiresAt }) => scopes.includes('predict') && revokedAt === null && expiresAt > now,
  )
}

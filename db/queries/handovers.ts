import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { TokenScope } from '#app/domain/actor.ts'
import { HandoverContent } from '#app/domain/handover.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { handovers } from '../schema/handovers.ts'
import type { Tx } from '../types.ts'

export interface HandoverRow {
  readonly id: string
  readonly version: number
  readonly content: HandoverContent
  readonly createdBy: PersonId
  readonly createdAt: Date
  /** Null while it is a draft, which is the team's own. */
  readonly sentAt: Date | null
}

/** Every version, newest first. */
export async function listHandovers(tx: Tx, engagementId: EngagementId): Promise<HandoverRow[]> {
  const rows = await tx
    .select()
    .from(handovers)
    .where(eq(handovers.engagementId, engagementId))
    .orderBy(desc(handovers.version))
    .limit(200)
  return rows.map(({ engagementId: _engagement, ...row }) => ({
    ...row,
    content: HandoverContent.parse(row.content),
    createdBy: toId<PersonId>(row.createdBy),
  }))
}

export async function insertHandover(
  tx: Tx,
  row: {
    readonly id: string
    readonly engagementId: EngagementId
    readonly version: number
    readonly content: HandoverContent
    readonly createdBy: PersonId
    readonly createdAt: Date
  },
): Promise<void> {
  await tx.insert(handovers).values(row)
}

/** Write a draft anew: who wrote it last is its author. What was sent does not change. */
export async function saveHandoverDraft(
  tx: Tx,
  id: string,
  draft: { readonly content: HandoverContent; readonly by: PersonId },
): Promise<void> {
  await tx
    .update(handovers)
    .set({ content: draft.content, createdBy: draft.by })
    .where(and(eq(handovers.id, id), isNull(handovers.sentAt)))
}

export async function saveHandoverSent(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.update(handovers).set({ sentAt: at }).where(eq(handovers.id, id))
}

export interface StandingToken {
  readonly holder: string
  readonly scopes: readonly TokenScope[]
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Tokens of the consultancy's people that still open something at `at`; for a client only from the hand-over on. */
export async function listStandingTokens(tx: Tx, engagementId: EngagementId, at: Date): Promise<StandingToken[]> {
  const rows = await tx.execute<{ holder: string; scopes: TokenScope[]; created_at: string; expires_at: string }>(sql`
    select holder, scopes, created_at::text, expires_at::text
    from app.standing_tokens(${engagementId}, ${at.toISOString()}::timestamptz) limit 200`)
  return [...rows].map((row) => ({
    holder: row.holder,
    scopes: row.scopes,
    createdAt: new Date(row.created_at),
    expiresAt: new Date(row.expires_at),
  }))
}

import { and, eq, sql } from 'drizzle-orm'
import type { DeploymentMode, DeploymentState } from '#app/domain/deployment.ts'
import type { DeploymentId, EngagementId, GrantId, ModelVersionId, TokenId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ReuseScope, ReuseState } from '#app/domain/reuse.ts'
import { utcDay } from '#app/domain/zone.ts'
import { borrowedCalls } from '../schema/reuse.ts'
import type { Tx } from '../types.ts'
import type { ServedRevision } from './deployments.ts'
import type { CallCount } from './reuse.ts'

/** A model that an engagement borrows: what was lent, and nothing else of its owner. */
export interface BorrowedModel {
  readonly grantId: GrantId
  readonly slug: string
  readonly modelName: string
  readonly scope: ReuseScope
  readonly purpose: string
  readonly state: ReuseState
  readonly grantedAt: Date
  readonly expiresAt: Date
  readonly endedAt: Date | null
  /** Null while nothing is live there. */
  readonly liveVersion: number | null
  /** The description that the card is written in; null where it was not lent, too. */
  readonly card: string | null
}

/** What an engagement borrows, newest first; also what is over. */
export async function listBorrowed(tx: Tx, engagementId: EngagementId): Promise<BorrowedModel[]> {
  const rows = await tx.execute<{
    grant_id: string
    slug: string
    model_name: string
    scope: ReuseScope
    purpose: string
    state: ReuseState
    granted_at: string
    expires_at: string
    ended_at: string | null
    live_version: number | null
    card: string | null
  }>(sql`select grant_id, slug, model_name, scope, purpose, state, granted_at::text, expires_at::text, ended_at::text, live_version, card
    from app.borrowed() where engagement_id = ${engagementId}::uuid limit 200`)
  return [...rows].map((row) => ({
    grantId: toId<GrantId>(row.grant_id),
    slug: row.slug,
    modelName: row.model_name,
    scope: row.scope,
    purpose: row.purpose,
    state: row.state,
    grantedAt: new Date(row.granted_at),
    expiresAt: new Date(row.expires_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
    liveVersion: row.live_version,
    card: row.card,
  }))
}

/** The revisions behind a slug that the viewer borrows; null when nothing of that name is lent to them, or live. */
export async function findBorrowedBySlug(
  tx: Tx,
  slug: string,
): Promise<{
  readonly grantId: GrantId
  /** The engagement that borrows: what is asked counts there. */
  readonly engagementId: EngagementId
  readonly grant: { readonly state: ReuseState; readonly expiresAt: Date }
  readonly live: ServedRevision
  readonly candidate: ServedRevision | null
} | null> {
  const rows = await tx.execute<{
    grant_id: string
    to_engagement_id: string
    grant_state: ReuseState
    expires_at: string
    state: DeploymentState
    deployment_id: string
    revision: number
    mode: DeploymentMode
    traffic_percent: number
    model_version_id: string
    model_name: string
    model_version: number
  }>(sql`select grant_id, to_engagement_id, grant_state, expires_at::text, state, deployment_id, revision, mode, traffic_percent,
    model_version_id, model_name, model_version from app.borrowed_served(${slug})`)
  const [first] = rows
  const of = (state: DeploymentState): ServedRevision | null => {
    const row = rows.find((each) => each.state === state)
    return row
      ? {
          deploymentId: toId<DeploymentId>(row.deployment_id),
          revision: row.revision,
          mode: row.mode,
          trafficPercent: row.traffic_percent,
          modelVersionId: toId<ModelVersionId>(row.model_version_id),
          modelName: row.model_name,
          modelVersion: row.model_version,
        }
      : null
  }
  const live = of('live')
  if (!first || !live) return null
  return {
    grantId: toId<GrantId>(first.grant_id),
    engagementId: toId<EngagementId>(first.to_engagement_id),
    grant: { state: first.grant_state, expiresAt: new Date(first.expires_at) },
    live,
    candidate: of('candidate'),
  }
}

/** Count one question to the engagement that asked it. */
export async function countBorrowedCall(
  tx: Tx,
  call: {
    readonly engagementId: EngagementId
    readonly grantId: GrantId
    readonly tokenId: TokenId
    readonly isRefused: boolean
    readonly at: Date
  },
): Promise<void> {
  const day = new Date(utcDay(call.at))
  const [asked, refused] = call.isRefused ? [0, 1] : [1, 0]
  await tx
    .insert(borrowedCalls)
    .values({ engagementId: call.engagementId, grantId: call.grantId, tokenId: call.tokenId, day, asked, refused })
    .onConflictDoUpdate({
      target: [borrowedCalls.grantId, borrowedCalls.tokenId, borrowedCalls.day],
      set: {
        asked: sql`${borrowedCalls.asked} + ${asked}`,
        refused: sql`${borrowedCalls.refused} + ${refused}`,
      },
    })
}

/** What an engagement asked under a grant, altogether. */
export async function countOwnCalls(tx: Tx, engagementId: EngagementId, grantId: GrantId): Promise<CallCount> {
  const [row] = await tx
    .select({
      asked: sql<string>`coalesce(sum(${borrowedCalls.asked}), 0)::text`,
      refused: sql<string>`coalesce(sum(${borrowedCalls.refused}), 0)::text`,
    })
    .from(borrowedCalls)
    .where(and(eq(borrowedCalls.engagementId, engagementId), eq(borrowedCalls.grantId, grantId)))
  return { asked: Number(row?.asked ?? 0), refused: Number(row?.refused ?? 0) }
}

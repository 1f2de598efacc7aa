import { and, eq, sql } from 'drizzle-orm'
import type { EngagementId } from '#app/domain/ids.ts'
import type { ReadinessFacts } from '#app/domain/readiness.ts'
import { criterionVersions } from '../schema/criteria.ts'
import { problemStatements } from '../schema/engagements.ts'
import type { Tx } from '../types.ts'
import { listSeats } from './seats.ts'
import { listWaivers } from './waivers.ts'

/** What the readiness gate is judged by. A waiver counts until it expires, and stays open until it is closed. */
export async function gatherReadiness(
  tx: Tx,
  engagementId: EngagementId,
  now: Date,
): Promise<ReadinessFacts & { readonly hasOpenWaiver: boolean }> {
  const count = sql<number>`count(*)::int`
  const [problem] = await tx
    .select({ count })
    .from(problemStatements)
    .where(and(eq(problemStatements.engagementId, engagementId), eq(problemStatements.state, 'agreed')))
  const [agreed] = await tx
    .select({ count })
    .from(criterionVersions)
    .where(and(eq(criterionVersions.engagementId, engagementId), eq(criterionVersions.state, 'agreed')))
  const open = await listWaivers(tx, engagementId, { openOnly: true })
  return {
    problemAgreed: (problem?.count ?? 0) > 0,
    criteriaAgreedCount: agreed?.count ?? 0,
    seats: await listSeats(tx, engagementId),
    isWaived: open.some((waiver) => waiver.expiresAt > now),
    hasOpenWaiver: open.length > 0,
  }
}

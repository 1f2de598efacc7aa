import { and, desc, eq, isNull } from 'drizzle-orm'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { persons } from '../schema/persons.ts'
import { waivers } from '../schema/table.ts'
import type { Tx } from '../types.ts'

export interface WaiverRow {
  readonly id: string
  readonly reason: string
  readonly risk: string
  readonly approvedByName: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly closedAt: Date | null
  readonly closeReason: string
}

/** Waivers of an engagement, newest first; `openOnly` without those that were closed. */
export async function listWaivers(
  tx: Tx,
  engagementId: EngagementId,
  { openOnly }: { openOnly: boolean },
): Promise<WaiverRow[]> {
  return tx
    .select({
      id: waivers.id,
      reason: waivers.reason,
      risk: waivers.risk,
      approvedByName: persons.name,
      createdAt: waivers.createdAt,
      expiresAt: waivers.expiresAt,
      closedAt: waivers.closedAt,
      closeReason: waivers.closeReason,
    })
    .from(waivers)
    .innerJoin(persons, eq(persons.id, waivers.approvedBy))
    .where(and(eq(waivers.engagementId, engagementId), openOnly ? isNull(waivers.closedAt) : undefined))
    .orderBy(desc(waivers.createdAt))
    .limit(100)
}

export async function insertWaiver(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    reason: string
    risk: string
    approvedBy: PersonId
    at: Date
    expiresAt: Date
  },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(waivers).values({ ...values, gate: 'readiness', createdAt: at })
}

export async function closeWaivers(tx: Tx, engagementId: EngagementId, reason: string, at: Date): Promise<void> {
  await tx
    .update(waivers)
    .set({ closedAt: at, closeReason: reason })
    .where(and(eq(waivers.engagementId, engagementId), isNull(waivers.closedAt)))
}

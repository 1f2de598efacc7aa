import { and, desc, eq, inArray, lt } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { GateItem } from '#app/domain/deployment.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId, PersonId, WaiverId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { WaiverState } from '#app/domain/gate-waiver.ts'
import { modelVersions, registeredModels, gateWaivers } from '../schema/models.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface WaiverRow {
  readonly id: WaiverId
  readonly modelVersionId: ModelVersionId
  readonly modelName: string
  readonly modelVersion: number
  readonly state: WaiverState
  readonly items: readonly GateItem[]
  readonly reason: string
  readonly risk: string
  readonly days: number
  readonly requestedBy: PersonId
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly decidedByName: string | null
  readonly decidedAt: Date | null
  readonly expiresAt: Date | null
}

const decider = alias(persons, 'decider')

function waiversQuery(tx: Tx) {
  return tx
    .select({
      id: gateWaivers.id,
      modelVersionId: gateWaivers.modelVersionId,
      modelName: registeredModels.name,
      modelVersion: modelVersions.version,
      state: gateWaivers.state,
      items: gateWaivers.items,
      reason: gateWaivers.reason,
      risk: gateWaivers.risk,
      days: gateWaivers.days,
      requestedBy: gateWaivers.requestedBy,
      requestedByName: persons.name,
      requestedAt: gateWaivers.requestedAt,
      decidedByName: decider.name,
      decidedAt: gateWaivers.decidedAt,
      expiresAt: gateWaivers.expiresAt,
    })
    .from(gateWaivers)
    .innerJoin(modelVersions, eq(modelVersions.id, gateWaivers.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .innerJoin(persons, eq(persons.id, gateWaivers.requestedBy))
    .leftJoin(decider, eq(decider.id, gateWaivers.decidedBy))
}

const toRow = (raw: Awaited<ReturnType<typeof waiversQuery>>[number]): WaiverRow => ({
  ...raw,
  id: toId<WaiverId>(raw.id),
  modelVersionId: toId<ModelVersionId>(raw.modelVersionId),
  requestedBy: toId<PersonId>(raw.requestedBy),
})

/** Waivers of an engagement, or of one model version, newest first. */
export async function listWaivers(
  tx: Tx,
  engagementId: EngagementId,
  only: { readonly modelVersionId?: ModelVersionId } = {},
): Promise<WaiverRow[]> {
  const rows = await waiversQuery(tx)
    .where(
      and(
        eq(gateWaivers.engagementId, engagementId),
        only.modelVersionId === undefined ? undefined : eq(gateWaivers.modelVersionId, only.modelVersionId),
      ),
    )
    .orderBy(desc(gateWaivers.requestedAt))
    .limit(100)
  return rows.map(toRow)
}

/** A waiver, held. @throws AppError `not_found` */
export async function lockWaiver(tx: Tx, engagementId: EngagementId, id: WaiverId): Promise<WaiverRow> {
  await tx.select({ id: gateWaivers.id }).from(gateWaivers).where(eq(gateWaivers.id, id)).for('update')
  const [row] = await waiversQuery(tx).where(and(eq(gateWaivers.engagementId, engagementId), eq(gateWaivers.id, id)))
  return toRow(found(row, 'This waiver'))
}

/** The waiver that lets items of this version pass now; null when there is none. */
export async function findActiveWaiver(
  tx: Tx,
  modelVersionId: ModelVersionId,
  now: Date,
): Promise<{ readonly id: WaiverId; readonly keys: ReadonlySet<string> } | null> {
  const rows = await tx
    .select({ id: gateWaivers.id, items: gateWaivers.items, expiresAt: gateWaivers.expiresAt })
    .from(gateWaivers)
    .where(and(eq(gateWaivers.modelVersionId, modelVersionId), eq(gateWaivers.state, 'active')))
  const [live] = rows.filter((row) => row.expiresAt !== null && row.expiresAt > now)
  return live ? { id: toId<WaiverId>(live.id), keys: new Set(live.items.map((item) => item.key)) } : null
}

export async function insertWaiver(
  tx: Tx,
  row: {
    readonly id: WaiverId
    readonly engagementId: EngagementId
    readonly modelVersionId: ModelVersionId
    readonly items: readonly GateItem[]
    readonly reason: string
    readonly risk: string
    readonly days: number
    readonly requestedBy: PersonId
    readonly requestedAt: Date
  },
): Promise<void> {
  await tx.insert(gateWaivers).values({ ...row, state: 'requested' })
}

/** End a waiver that covers no more what it was granted for. */
export async function endWaiver(tx: Tx, id: WaiverId): Promise<void> {
  await tx.update(gateWaivers).set({ state: 'expired' }).where(eq(gateWaivers.id, id))
}

export async function saveWaiverDecision(
  tx: Tx,
  id: WaiverId,
  decision: {
    readonly state: 'active' | 'refused'
    readonly decidedBy: PersonId
    readonly decidedAt: Date
    readonly expiresAt: Date | null
  },
): Promise<void> {
  await tx.update(gateWaivers).set(decision).where(eq(gateWaivers.id, id))
}

/** End the waivers whose time is over, and open ones of the same age that nobody decided. @returns those that ended */
export async function expireWaivers(
  tx: Tx,
  now: Date,
): Promise<{ readonly id: WaiverId; readonly engagementId: EngagementId; readonly modelVersionId: string }[]> {
  const rows = await tx
    .update(gateWaivers)
    .set({ state: 'expired' })
    .where(and(inArray(gateWaivers.state, ['active']), lt(gateWaivers.expiresAt, now)))
    .returning({
      id: gateWaivers.id,
      engagementId: gateWaivers.engagementId,
      modelVersionId: gateWaivers.modelVersionId,
    })
  return rows.map((row) => ({
    ...row,
    id: toId<WaiverId>(row.id),
    engagementId: toId<EngagementId>(row.engagementId),
  }))
}

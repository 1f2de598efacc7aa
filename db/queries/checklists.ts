import { and, asc, desc, eq, lte, sql } from 'drizzle-orm'
import type { ChecklistMark, ChecklistPhase } from '#app/domain/checklist.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { checklistItems, checklistMarks, gateSwitches } from '../schema/checklists.ts'
import { criteria } from '../schema/criteria.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface ChecklistRow {
  readonly id: string
  readonly phase: ChecklistPhase
  readonly label: string
  /** `open` until somebody said something. */
  readonly mark: ChecklistMark
  readonly reason: string
  readonly markedByName: string | null
  readonly markedAt: Date | null
}

/** The checklist of an engagement as of a time, in its order. */
export async function listChecklist(tx: Tx, engagementId: EngagementId, asOf: Date): Promise<ChecklistRow[]> {
  const newest = tx
    .selectDistinctOn([checklistMarks.itemId], {
      itemId: checklistMarks.itemId,
      mark: checklistMarks.mark,
      reason: checklistMarks.reason,
      name: persons.name,
      at: checklistMarks.at,
    })
    .from(checklistMarks)
    .innerJoin(persons, eq(persons.id, checklistMarks.markedBy))
    .where(and(eq(checklistMarks.engagementId, engagementId), lte(checklistMarks.at, asOf)))
    .orderBy(checklistMarks.itemId, desc(checklistMarks.id))
    .as('newest')
  const rows = await tx
    .select({
      id: checklistItems.id,
      phase: checklistItems.phase,
      label: checklistItems.label,
      mark: newest.mark,
      reason: newest.reason,
      markedByName: newest.name,
      markedAt: newest.at,
    })
    .from(checklistItems)
    .leftJoin(newest, eq(newest.itemId, checklistItems.id))
    .where(and(eq(checklistItems.engagementId, engagementId), lte(checklistItems.createdAt, asOf)))
    .orderBy(asc(checklistItems.position))
    .limit(500)
  return rows.map((row) => ({ ...row, mark: row.mark ?? 'open', reason: row.reason ?? '' }))
}

/** Put items at the end of a checklist. The engagement must be locked, or new. @returns how many there are then */
export async function insertChecklistItems(
  tx: Tx,
  engagementId: EngagementId,
  items: readonly { id: string; phase: ChecklistPhase; label: string; createdBy: PersonId; createdAt: Date }[],
): Promise<number> {
  const [last] = await tx
    .select({ position: sql<number>`coalesce(max(${checklistItems.position}), 0)::int` })
    .from(checklistItems)
    .where(eq(checklistItems.engagementId, engagementId))
  const before = last?.position ?? 0
  if (items.length > 0)
    await tx
      .insert(checklistItems)
      .values(items.map((item, index) => ({ ...item, engagementId, position: before + index + 1 })))
  return before + items.length
}

/** @throws AppError `not_found` */
export async function getChecklistItem(
  tx: Tx,
  engagementId: EngagementId,
  itemId: string,
  asOf: Date,
): Promise<ChecklistRow> {
  return found(
    (await listChecklist(tx, engagementId, asOf)).find(({ id }) => id === itemId),
    'This item',
  )
}

export async function insertChecklistMark(
  tx: Tx,
  row: {
    engagementId: EngagementId
    itemId: string
    mark: ChecklistMark
    reason: string
    markedBy: PersonId
    at: Date
  },
): Promise<void> {
  await tx.insert(checklistMarks).values(row)
}

export interface GateSwitchRow {
  readonly criterionId: string
  readonly criterionKey: string
  readonly state: 'off' | 'on'
  readonly reason: string
  readonly switchedByName: string
  readonly at: Date
}

/**
 * For each criterion that was ever switched, how it stands.
 * @param asOf null: as it is now, also what was switched by a request that began after the one that asks
 */
export async function listGateSwitches(
  tx: Tx,
  engagementId: EngagementId,
  asOf: Date | null,
): Promise<GateSwitchRow[]> {
  return tx
    .selectDistinctOn([gateSwitches.criterionId], {
      criterionId: gateSwitches.criterionId,
      criterionKey: criteria.key,
      state: gateSwitches.state,
      reason: gateSwitches.reason,
      switchedByName: persons.name,
      at: gateSwitches.at,
    })
    .from(gateSwitches)
    .innerJoin(criteria, eq(criteria.id, gateSwitches.criterionId))
    .innerJoin(persons, eq(persons.id, gateSwitches.switchedBy))
    .where(and(eq(gateSwitches.engagementId, engagementId), asOf === null ? undefined : lte(gateSwitches.at, asOf)))
    .orderBy(gateSwitches.criterionId, desc(gateSwitches.id))
    .limit(500)
}

export async function insertGateSwitch(
  tx: Tx,
  row: {
    engagementId: EngagementId
    criterionId: string
    state: 'off' | 'on'
    reason: string
    switchedBy: PersonId
    at: Date
  },
): Promise<void> {
  await tx.insert(gateSwitches).values(row)
}

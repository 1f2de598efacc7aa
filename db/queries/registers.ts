import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, EngagementId, PersonId } from '#app/domain/ids.ts'
import type { Level, RegisterKind, RegisterState } from '#app/domain/register.ts'
import { REGISTER_LETTERS } from '#app/domain/register.ts'
import { criteria } from '../schema/criteria.ts'
import { meetingPoints } from '../schema/meetings.ts'
import { persons } from '../schema/persons.ts'
import { registerDependants, registerItems } from '../schema/registers.ts'
import type { Tx } from '../types.ts'

export interface RegisterRow {
  readonly id: string
  readonly key: string
  readonly kind: RegisterKind
  readonly title: string
  readonly body: string
  readonly state: RegisterState
  readonly ownerId: string | null
  readonly ownerName: string | null
  readonly likelihood: Level
  readonly impact: Level
  readonly due: string | null
  readonly sourceRule: string
  readonly audience: 'team' | 'shared'
  readonly createdAt: Date
  readonly settledAt: Date | null
  readonly settledNote: string
  /** The meeting in which it was decided or taken on, and the point of its agenda; null for the others. */
  readonly meetingId: string | null
  readonly meetingPointId: string | null
}

const columns = {
  id: registerItems.id,
  key: registerItems.key,
  kind: registerItems.kind,
  title: registerItems.title,
  body: registerItems.body,
  state: registerItems.state,
  ownerId: registerItems.ownerId,
  ownerName: persons.name,
  likelihood: registerItems.likelihood,
  impact: registerItems.impact,
  due: registerItems.due,
  sourceRule: registerItems.sourceRule,
  audience: registerItems.audience,
  createdAt: registerItems.createdAt,
  settledAt: registerItems.settledAt,
  settledNote: registerItems.settledNote,
  meetingId: meetingPoints.meetingId,
  meetingPointId: registerItems.meetingPointId,
}

/** The registers of an engagement as the viewer may see them, by kind and key. */
export async function listRegister(tx: Tx, engagementId: EngagementId): Promise<RegisterRow[]> {
  return tx
    .select(columns)
    .from(registerItems)
    .leftJoin(persons, eq(persons.id, registerItems.ownerId))
    .leftJoin(meetingPoints, eq(meetingPoints.id, registerItems.meetingPointId))
    .where(eq(registerItems.engagementId, engagementId))
    .orderBy(asc(registerItems.kind), asc(registerItems.createdAt), asc(registerItems.id))
    .limit(2000)
}

/** As one of listRegister, and holds it. @throws AppError `not_found` */
export async function lockRegisterItem(tx: Tx, engagementId: EngagementId, id: string): Promise<RegisterRow> {
  const isIt = and(eq(registerItems.engagementId, engagementId), eq(registerItems.id, id))
  const held = await tx.select({ id: registerItems.id }).from(registerItems).where(isIt).for('update')
  found(held[0], 'This entry')
  const [row] = await tx
    .select(columns)
    .from(registerItems)
    .leftJoin(persons, eq(persons.id, registerItems.ownerId))
    .leftJoin(meetingPoints, eq(meetingPoints.id, registerItems.meetingPointId))
    .where(isIt)
  return found(row, 'This entry')
}

export interface NewRegisterItem {
  readonly id: string
  readonly engagementId: EngagementId
  readonly kind: RegisterKind
  readonly title: string
  readonly body: string
  readonly state: RegisterState
  readonly ownerId: PersonId | null
  readonly likelihood: Level
  readonly impact: Level
  readonly due: string | null
  readonly sourceRule: string
  readonly meetingPointId?: string
  readonly audience: 'team' | 'shared'
  readonly createdBy: PersonId | null
  readonly at: Date
}

/** Add an entry under the next free key of its kind. The engagement must be locked. @returns the key */
export async function insertRegisterItem(tx: Tx, row: NewRegisterItem): Promise<string> {
  const [counted] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(registerItems)
    .where(and(eq(registerItems.engagementId, row.engagementId), eq(registerItems.kind, row.kind)))
  const key = `${REGISTER_LETTERS[row.kind]}${String((counted?.count ?? 0) + 1)}`
  const { at, ...values } = row
  await tx.insert(registerItems).values({ ...values, key, createdAt: at })
  return key
}

export async function saveRegisterState(
  tx: Tx,
  id: string,
  move: { readonly to: RegisterState; readonly note: string; readonly by: PersonId; readonly at: Date },
): Promise<void> {
  await tx
    .update(registerItems)
    .set({ state: move.to, settledNote: move.note, settledBy: move.by, settledAt: move.at })
    .where(eq(registerItems.id, id))
}

/** Which criteria rest on which entries. */
export async function listDependants(
  tx: Tx,
  engagementId: EngagementId,
): Promise<{ itemId: string; criterionId: string; criterionKey: string }[]> {
  return tx
    .select({
      itemId: registerDependants.itemId,
      criterionId: registerDependants.criterionId,
      criterionKey: criteria.key,
    })
    .from(registerDependants)
    .innerJoin(criteria, eq(criteria.id, registerDependants.criterionId))
    .where(eq(registerDependants.engagementId, engagementId))
    .orderBy(asc(criteria.createdAt))
    .limit(5000)
}

/** Say which criteria rest on an entry; ids of other engagements are left out. */
export async function saveDependants(
  tx: Tx,
  input: { engagementId: EngagementId; itemId: string; criterionIds: readonly CriterionId[] },
): Promise<void> {
  await tx.delete(registerDependants).where(eq(registerDependants.itemId, input.itemId))
  if (input.criterionIds.length === 0) return
  const known = await tx
    .select({ id: criteria.id })
    .from(criteria)
    .where(and(eq(criteria.engagementId, input.engagementId), inArray(criteria.id, [...input.criterionIds])))
  if (known.length === 0) return
  await tx
    .insert(registerDependants)
    .values(known.map(({ id }) => ({ engagementId: input.engagementId, itemId: input.itemId, criterionId: id })))
}

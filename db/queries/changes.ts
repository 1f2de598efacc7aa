import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { ChangeContent } from '#app/domain/change.ts'
import type { ChangeState } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'
import { asks, changeRequests } from '../schema/changes.ts'
import { engagements } from '../schema/engagements.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface ChangeRow {
  readonly id: string
  readonly number: number
  readonly state: ChangeState
  readonly content: ChangeContent
  readonly raisedById: string
  readonly raisedByName: string
  readonly createdAt: Date
  readonly endedAt: Date | null
  readonly withdrawnReason: string
}

function changesQuery(tx: Tx) {
  return tx
    .select({
      id: changeRequests.id,
      number: changeRequests.number,
      state: changeRequests.state,
      content: changeRequests.content,
      raisedById: changeRequests.raisedBy,
      raisedByName: persons.name,
      createdAt: changeRequests.createdAt,
      endedAt: changeRequests.endedAt,
      withdrawnReason: changeRequests.withdrawnReason,
    })
    .from(changeRequests)
    .innerJoin(persons, eq(persons.id, changeRequests.raisedBy))
}

/** Changes of an engagement, newest first. */
export async function listChanges(tx: Tx, engagementId: EngagementId): Promise<ChangeRow[]> {
  const rows = await changesQuery(tx)
    .where(eq(changeRequests.engagementId, engagementId))
    .orderBy(desc(changeRequests.number))
    .limit(500)
  return rows.map((row) => ({ ...row, content: ChangeContent.parse(row.content) }))
}

/** @throws AppError `not_found` */
export async function getChange(tx: Tx, engagementId: EngagementId, id: string): Promise<ChangeRow> {
  const [row] = await changesQuery(tx).where(
    and(eq(changeRequests.engagementId, engagementId), eq(changeRequests.id, id)),
  )
  const change = found(row, 'This change')
  return { ...change, content: ChangeContent.parse(change.content) }
}

/** Add a draft under the next number. The engagement must be locked. */
export async function insertChange(
  tx: Tx,
  row: { id: string; engagementId: EngagementId; content: ChangeContent; raisedBy: PersonId; at: Date },
): Promise<number> {
  const [counted] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(changeRequests)
    .where(eq(changeRequests.engagementId, row.engagementId))
  const number = (counted?.count ?? 0) + 1
  const { at, ...values } = row
  await tx.insert(changeRequests).values({ ...values, number, state: 'draft', createdAt: at })
  return number
}

/** Write a draft anew: who wrote it last is its author. */
export async function saveChangeContent(
  tx: Tx,
  id: string,
  draft: { readonly content: ChangeContent; readonly by: PersonId },
): Promise<void> {
  await tx.update(changeRequests).set({ content: draft.content, raisedBy: draft.by }).where(eq(changeRequests.id, id))
}

export async function saveChangeState(
  tx: Tx,
  id: string,
  move: { readonly state: ChangeState; readonly withdrawnReason?: string; readonly at: Date },
): Promise<void> {
  const { state, withdrawnReason = '', at } = move
  const hasEnded = state === 'applied' || state === 'rejected' || state === 'withdrawn'
  await tx
    .update(changeRequests)
    .set({ state, endedAt: hasEnded ? at : null, withdrawnReason })
    .where(eq(changeRequests.id, id))
}

export async function saveTargetEnd(tx: Tx, engagementId: EngagementId, day: string): Promise<void> {
  await tx.update(engagements).set({ targetEnd: day }).where(eq(engagements.id, engagementId))
}

export interface AskRow {
  readonly id: string
  readonly text: string
  readonly askedByName: string
  readonly askedAt: Date
  readonly answer: string | null
  readonly standing: 'in_scope' | 'out_of_scope' | 'question' | null
  readonly answeredAt: Date | null
}

/** What was asked for, oldest unanswered first, then the answered ones. */
export async function listAsks(tx: Tx, engagementId: EngagementId): Promise<AskRow[]> {
  return tx
    .select({
      id: asks.id,
      text: asks.text,
      askedByName: persons.name,
      askedAt: asks.askedAt,
      answer: asks.answer,
      standing: asks.standing,
      answeredAt: asks.answeredAt,
    })
    .from(asks)
    .innerJoin(persons, eq(persons.id, asks.askedBy))
    .where(eq(asks.engagementId, engagementId))
    .orderBy(sql`${asks.answeredAt} is not null`, asc(asks.askedAt))
    .limit(500)
}

export async function insertAsk(
  tx: Tx,
  row: { id: string; engagementId: EngagementId; text: string; askedBy: PersonId; askedAt: Date },
): Promise<void> {
  await tx.insert(asks).values(row)
}

/** @returns false when it was answered before, or is not there */
export async function saveAskAnswer(
  tx: Tx,
  input: {
    engagementId: EngagementId
    id: string
    answer: string
    standing: 'in_scope' | 'out_of_scope' | 'question'
    by: PersonId
    at: Date
  },
): Promise<boolean> {
  const rows = await tx
    .update(asks)
    .set({ answer: input.answer, standing: input.standing, answeredBy: input.by, answeredAt: input.at })
    .where(and(eq(asks.engagementId, input.engagementId), eq(asks.id, input.id), sql`${asks.answeredAt} is null`))
    .returning({ id: asks.id })
  return rows.length > 0
}

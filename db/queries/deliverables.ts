import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { DeliverableState } from '#app/domain/deliverable.ts'
import { found } from '#app/domain/errors.ts'
import type { DeliverableId, EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { persons } from '../schema/persons.ts'
import { deliverables, deliverableVersions } from '../schema/work.ts'
import type { Tx } from '../types.ts'

export interface DeliverableRow {
  readonly id: DeliverableId
  readonly key: string
  readonly title: string
  readonly due: string | null
  readonly acceptanceCriteria: string
  readonly reviewDays: number
  readonly state: DeliverableState
  readonly round: number
  readonly withdrawnReason: string
}

const columns = {
  id: deliverables.id,
  key: deliverables.key,
  title: deliverables.title,
  due: deliverables.due,
  acceptanceCriteria: deliverables.acceptanceCriteria,
  reviewDays: deliverables.reviewDays,
  state: deliverables.state,
  round: deliverables.round,
  withdrawnReason: deliverables.withdrawnReason,
}

/** Deliverables of an engagement, by key. */
export async function listDeliverables(tx: Tx, engagementId: EngagementId): Promise<DeliverableRow[]> {
  const rows = await tx
    .select(columns)
    .from(deliverables)
    .where(eq(deliverables.engagementId, engagementId))
    .orderBy(asc(deliverables.createdAt), asc(deliverables.key))
    .limit(500)
  return rows.map((row) => ({ ...row, id: toId<DeliverableId>(row.id) }))
}

/** @throws AppError `not_found` */
export async function getDeliverable(tx: Tx, engagementId: EngagementId, id: DeliverableId): Promise<DeliverableRow> {
  const [row] = await tx
    .select(columns)
    .from(deliverables)
    .where(and(eq(deliverables.engagementId, engagementId), eq(deliverables.id, id)))
  return { ...found(row, 'This deliverable'), id }
}

/** Add a deliverable under the next free key, `D1`, `D2`, … The engagement must be locked. */
export async function insertDeliverable(
  tx: Tx,
  row: {
    id: DeliverableId
    engagementId: EngagementId
    title: string
    due: string | null
    acceptanceCriteria?: string | undefined
    reviewDays?: number | undefined
    at: Date
  },
): Promise<string> {
  const [counted] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(deliverables)
    .where(eq(deliverables.engagementId, row.engagementId))
  const key = `D${String((counted?.count ?? 0) + 1)}`
  await tx.insert(deliverables).values({
    id: row.id,
    engagementId: row.engagementId,
    key,
    title: row.title,
    due: row.due,
    acceptanceCriteria: row.acceptanceCriteria ?? '',
    reviewDays: row.reviewDays ?? 10,
    createdAt: row.at,
  })
  return key
}

export async function saveDeliverableState(
  tx: Tx,
  id: DeliverableId,
  next: { readonly state: DeliverableState; readonly round: number; readonly withdrawnReason?: string },
): Promise<void> {
  await tx.update(deliverables).set(next).where(eq(deliverables.id, id))
}

export interface DeliverableVersionRow {
  readonly id: string
  readonly deliverableId: string
  readonly number: number
  readonly fileName: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly note: string
  readonly submittedByName: string
  readonly submittedAt: Date
  readonly reviewUntil: Date
}

const versionColumns = {
  id: deliverableVersions.id,
  deliverableId: deliverableVersions.deliverableId,
  number: deliverableVersions.number,
  fileName: deliverableVersions.fileName,
  sizeBytes: deliverableVersions.sizeBytes,
  sha256: deliverableVersions.sha256,
  note: deliverableVersions.note,
  submittedByName: persons.name,
  submittedAt: deliverableVersions.submittedAt,
  reviewUntil: deliverableVersions.reviewUntil,
}

/** Submitted files of a deliverable, newest first. */
export async function listDeliverableVersions(
  tx: Tx,
  engagementId: EngagementId,
  deliverableId: DeliverableId,
): Promise<DeliverableVersionRow[]> {
  return tx
    .select(versionColumns)
    .from(deliverableVersions)
    .innerJoin(persons, eq(persons.id, deliverableVersions.submittedBy))
    .where(
      and(eq(deliverableVersions.engagementId, engagementId), eq(deliverableVersions.deliverableId, deliverableId)),
    )
    .orderBy(desc(deliverableVersions.number))
    .limit(200)
}

/** The deliverable that a submitted version belongs to. @throws AppError `not_found` */
export async function getDeliverableOfVersion(
  tx: Tx,
  engagementId: EngagementId,
  versionId: string,
): Promise<DeliverableRow> {
  const [row] = await tx
    .select({ deliverableId: deliverableVersions.deliverableId })
    .from(deliverableVersions)
    .where(and(eq(deliverableVersions.engagementId, engagementId), eq(deliverableVersions.id, versionId)))
  return getDeliverable(tx, engagementId, toId<DeliverableId>(found(row, 'This version').deliverableId))
}

export async function insertDeliverableVersion(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    deliverableId: DeliverableId
    number: number
    fileName: string
    sizeBytes: number
    sha256: string
    note: string
    submittedBy: PersonId
    submittedAt: Date
    reviewUntil: Date
  },
): Promise<void> {
  await tx.insert(deliverableVersions).values(row)
}

import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, DeliverableId, EngagementId, PersonId, WorkEntryId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { criteria } from '../schema/criteria.ts'
import { engagements } from '../schema/engagements.ts'
import { persons } from '../schema/persons.ts'
import { deliverables, workEntries } from '../schema/work.ts'
import type { Tx } from '../types.ts'

/** The criterion or deliverable that a key such as `C2` or `D1` names; null when there is none. */
export async function findWorkTarget(
  tx: Tx,
  engagementId: EngagementId,
  key: string,
): Promise<{ readonly criterionId: CriterionId | null; readonly deliverableId: DeliverableId | null } | null> {
  const [criterion] = await tx
    .select({ id: criteria.id })
    .from(criteria)
    .where(and(eq(criteria.engagementId, engagementId), eq(criteria.key, key), isNull(criteria.withdrawnAt)))
  if (criterion) return { criterionId: toId<CriterionId>(criterion.id), deliverableId: null }
  const [deliverable] = await tx
    .select({ id: deliverables.id })
    .from(deliverables)
    .where(and(eq(deliverables.engagementId, engagementId), eq(deliverables.key, key)))
  return deliverable ? { criterionId: null, deliverableId: toId<DeliverableId>(deliverable.id) } : null
}

export interface NewWorkEntry {
  readonly id: WorkEntryId
  readonly engagementId: EngagementId
  readonly personId: PersonId
  readonly criterionId: CriterionId | null
  readonly deliverableId: DeliverableId | null
  readonly startedAt: Date
  /** Null while the timer runs. */
  readonly minutes: number | null
  readonly note: string
  readonly at: Date
}

/** @returns false when the person has a timer running already */
export async function insertWorkEntry(tx: Tx, row: NewWorkEntry): Promise<boolean> {
  const { at, ...values } = row
  const rows = await tx
    .insert(workEntries)
    .values({ ...values, createdAt: at })
    .onConflictDoNothing()
    .returning({ id: workEntries.id })
  return rows.length === 1
}

export interface RunningTimer {
  readonly id: WorkEntryId
  readonly engagementId: EngagementId
  readonly engagementName: string
  readonly startedAt: Date
  readonly note: string
}

/** The person's running timer in any engagement they see; null when none runs. */
export async function findTimer(tx: Tx, personId: PersonId): Promise<RunningTimer | null> {
  const [row] = await tx
    .select({
      id: workEntries.id,
      engagementId: workEntries.engagementId,
      engagementName: engagements.name,
      startedAt: workEntries.startedAt,
      note: workEntries.note,
    })
    .from(workEntries)
    .innerJoin(engagements, eq(engagements.id, workEntries.engagementId))
    .where(and(eq(workEntries.personId, personId), isNull(workEntries.minutes)))
  return row ? { ...row, id: toId<WorkEntryId>(row.id), engagementId: toId<EngagementId>(row.engagementId) } : null
}

/** @returns false when the timer was stopped before */
export async function saveTimerEnd(
  tx: Tx,
  id: WorkEntryId,
  end: { minutes: number; note: string; criterionId: CriterionId | null; deliverableId: DeliverableId | null },
): Promise<boolean> {
  const rows = await tx
    .update(workEntries)
    .set(end)
    .where(and(eq(workEntries.id, id), isNull(workEntries.minutes)))
    .returning({ id: workEntries.id })
  return rows.length === 1
}

export interface WorkRow {
  readonly id: WorkEntryId
  readonly personId: PersonId
  readonly personName: string
  /** `C2`, `D1`, or null when the time is off scope. */
  readonly target: string | null
  readonly startedAt: Date
  readonly minutes: number | null
  readonly note: string
  /** As the database writes it, to the microsecond: where a page ends. */
  readonly loggedAt: string
}

function workQuery(tx: Tx) {
  return tx
    .select({
      id: workEntries.id,
      personId: workEntries.personId,
      personName: persons.name,
      target: sql<string | null>`coalesce(${criteria.key}, ${deliverables.key})`,
      startedAt: workEntries.startedAt,
      minutes: workEntries.minutes,
      note: workEntries.note,
      loggedAt: sql<string>`${workEntries.createdAt}::text`,
    })
    .from(workEntries)
    .innerJoin(persons, eq(persons.id, workEntries.personId))
    .leftJoin(criteria, eq(criteria.id, workEntries.criterionId))
    .leftJoin(deliverables, eq(deliverables.id, workEntries.deliverableId))
}

const toWorkRow = (row: Awaited<ReturnType<typeof workQuery>>[number]): WorkRow => ({
  ...row,
  id: toId<WorkEntryId>(row.id),
  personId: toId<PersonId>(row.personId),
})

/** Work logged in an engagement, newest first; after an entry when asked. */
export async function listWork(
  tx: Tx,
  engagementId: EngagementId,
  page: { readonly after?: Pick<WorkRow, 'id' | 'loggedAt'>; readonly limit?: number } = {},
): Promise<WorkRow[]> {
  const { after } = page
  // The page first: persons, criteria and deliverables are then joined to its entries only.
  const ids = tx
    .select({ id: workEntries.id })
    .from(workEntries)
    .where(
      and(
        eq(workEntries.engagementId, engagementId),
        after &&
          sql`(${workEntries.createdAt} < ${after.loggedAt}::timestamptz
            or (${workEntries.createdAt} = ${after.loggedAt}::timestamptz and ${workEntries.id} > ${after.id}))`,
      ),
    )
    .orderBy(desc(workEntries.createdAt), asc(workEntries.id))
    .limit(page.limit ?? 200)
  const rows = await workQuery(tx)
    .where(inArray(workEntries.id, ids))
    .orderBy(desc(workEntries.createdAt), asc(workEntries.id))
  return rows.map(toWorkRow)
}

/** @throws AppError `not_found` */
export async function getWorkEntry(tx: Tx, engagementId: EngagementId, id: WorkEntryId): Promise<WorkRow> {
  const [row] = await workQuery(tx).where(and(eq(workEntries.engagementId, engagementId), eq(workEntries.id, id)))
  return toWorkRow(found(row, 'This entry'))
}

export async function saveWorkEntry(
  tx: Tx,
  id: WorkEntryId,
  set: { minutes: number; note: string; criterionId: CriterionId | null; deliverableId: DeliverableId | null },
): Promise<void> {
  await tx.update(workEntries).set(set).where(eq(workEntries.id, id))
}

export async function deleteWorkEntry(tx: Tx, id: WorkEntryId): Promise<void> {
  await tx.delete(workEntries).where(eq(workEntries.id, id))
}

export interface WorkTotals {
  readonly onCriteria: number
  readonly onDeliverables: number
  readonly offScope: number
}

/** Minutes logged in an engagement, by what they were for. Running timers do not count yet. */
export async function sumWork(tx: Tx, engagementId: EngagementId): Promise<WorkTotals> {
  const [row] = await tx
    .select({
      onCriteria: sql<number>`coalesce(sum(${workEntries.minutes}) filter (where ${workEntries.criterionId} is not null), 0)::int`,
      onDeliverables: sql<number>`coalesce(sum(${workEntries.minutes}) filter (where ${workEntries.deliverableId} is not null), 0)::int`,
      offScope: sql<number>`coalesce(sum(${workEntries.minutes}) filter (where ${workEntries.criterionId} is null and ${workEntries.deliverableId} is null), 0)::int`,
    })
    .from(workEntries)
    .where(eq(workEntries.engagementId, engagementId))
  return row ?? { onCriteria: 0, onDeliverables: 0, offScope: 0 }
}

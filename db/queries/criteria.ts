import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type { CriterionContent, VersionState } from '#app/domain/criterion.ts'
import { parseCriterionContent } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, CriterionVersionId, EngagementId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { criteria, criterionVersions } from '../schema/criteria.ts'
import type { Tx } from '../types.ts'

export interface CriterionRow {
  readonly id: CriterionId
  readonly engagementId: EngagementId
  readonly key: string
}

export interface CriterionVersionRow {
  readonly id: CriterionVersionId
  readonly criterionId: CriterionId
  readonly key: string
  readonly version: number
  readonly state: VersionState
  readonly content: CriterionContent
  readonly document: string | null
  readonly contentHash: string | null
  readonly createdBy: PersonId
  readonly createdAt: Date
  readonly agreedAt: Date | null
  readonly endedAt: Date | null
}

const versionColumns = {
  id: criterionVersions.id,
  criterionId: criterionVersions.criterionId,
  key: criteria.key,
  version: criterionVersions.version,
  state: criterionVersions.state,
  content: criterionVersions.content,
  document: criterionVersions.document,
  contentHash: criterionVersions.contentHash,
  createdBy: criterionVersions.createdBy,
  createdAt: criterionVersions.createdAt,
  agreedAt: criterionVersions.agreedAt,
  endedAt: criterionVersions.endedAt,
}

type RawVersion = Omit<CriterionVersionRow, 'id' | 'criterionId' | 'content' | 'createdBy'> & {
  createdBy: string
  id: string
  criterionId: string
  content: unknown
}

const toVersion = (raw: RawVersion): CriterionVersionRow => ({
  ...raw,
  id: toId<CriterionVersionId>(raw.id),
  criterionId: toId<CriterionId>(raw.criterionId),
  content: parseCriterionContent(raw.content),
  createdBy: toId<PersonId>(raw.createdBy),
})

/** Every version of every criterion that was not withdrawn, by key, newest version first. */
export async function listCriterionVersions(tx: Tx, engagementId: EngagementId): Promise<CriterionVersionRow[]> {
  const rows = await tx
    .select(versionColumns)
    .from(criterionVersions)
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .where(and(eq(criterionVersions.engagementId, engagementId), isNull(criteria.withdrawnAt)))
    .orderBy(asc(criteria.createdAt), asc(criteria.key), desc(criterionVersions.version))
    .limit(2000)
  return rows.map(toVersion)
}

/** A criterion and all of its versions, newest first. @throws AppError `not_found` */
export async function getCriterion(
  tx: Tx,
  engagementId: EngagementId,
  id: CriterionId,
): Promise<{ readonly criterion: CriterionRow; readonly versions: CriterionVersionRow[] }> {
  const rows = await tx
    .select(versionColumns)
    .from(criterionVersions)
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .where(and(eq(criterionVersions.engagementId, engagementId), eq(criterionVersions.criterionId, id)))
    .orderBy(desc(criterionVersions.version))
    .limit(500)
  const first = found(rows[0], 'This criterion')
  return { criterion: { id, engagementId, key: first.key }, versions: rows.map(toVersion) }
}

/** As getCriterion, and holds the criterion until the transaction ends: one writer at a time. */
export async function lockCriterion(tx: Tx, engagementId: EngagementId, id: CriterionId) {
  const held = await tx
    .select({ id: criteria.id })
    .from(criteria)
    .where(and(eq(criteria.engagementId, engagementId), eq(criteria.id, id)))
    .for('update')
  found(held[0], 'This criterion')
  return getCriterion(tx, engagementId, id)
}

/** The next free key, `C1`, `C2`, … The engagement must be locked. */
export async function nextCriterionKey(tx: Tx, engagementId: EngagementId): Promise<string> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(criteria)
    .where(eq(criteria.engagementId, engagementId))
  return `C${String((row?.count ?? 0) + 1)}`
}

export async function insertCriterion(tx: Tx, row: CriterionRow & { readonly at: Date }): Promise<void> {
  await tx.insert(criteria).values({ id: row.id, engagementId: row.engagementId, key: row.key, createdAt: row.at })
}

export async function insertCriterionVersion(
  tx: Tx,
  row: {
    readonly id: CriterionVersionId
    readonly engagementId: EngagementId
    readonly criterionId: CriterionId
    readonly version: number
    readonly content: CriterionContent
    readonly createdBy: PersonId
    readonly at: Date
  },
): Promise<void> {
  await tx.insert(criterionVersions).values({
    id: row.id,
    engagementId: row.engagementId,
    criterionId: row.criterionId,
    version: row.version,
    state: 'draft',
    content: row.content,
    createdBy: row.createdBy,
    createdAt: row.at,
  })
}

/** Change the text of a draft that was never sent: who wrote it last is its author. */
export async function saveCriterionDraft(
  tx: Tx,
  id: CriterionVersionId,
  draft: { readonly content: CriterionContent; readonly by: PersonId },
): Promise<void> {
  await tx
    .update(criterionVersions)
    .set({ content: draft.content, createdBy: draft.by })
    .where(eq(criterionVersions.id, id))
}

export async function freezeCriterionVersion(
  tx: Tx,
  id: CriterionVersionId,
  frozen: { readonly document: string; readonly contentHash: string },
): Promise<void> {
  await tx
    .update(criterionVersions)
    .set({ ...frozen, state: 'in_review' })
    .where(eq(criterionVersions.id, id))
}

/**
 * Move a version. The first `agreed` opens its time in force at `at`; being replaced, expired or withdrawn closes it. A
 * suspension does neither: it can end again.
 */
export async function saveCriterionVersionState(
  tx: Tx,
  id: CriterionVersionId,
  state: VersionState,
  at: Date,
): Promise<void> {
  await tx
    .update(criterionVersions)
    .set({
      state,
      ...(state === 'agreed'
        ? { agreedAt: sql`coalesce(${criterionVersions.agreedAt}, ${at.toISOString()}::timestamptz)` }
        : state === 'suspended'
          ? {}
          : {
              endedAt: sql`case when ${criterionVersions.agreedAt} is null then null else coalesce(${criterionVersions.endedAt}, ${at.toISOString()}::timestamptz) end`,
            }),
    })
    .where(eq(criterionVersions.id, id))
}

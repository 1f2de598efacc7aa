import { and, desc, eq, sql } from 'drizzle-orm'
import type { VersionState } from '#app/domain/criterion.ts'
import type { EngagementId, PersonId, ProblemStatementId } from '#app/domain/ids.ts'
import { found } from '#app/domain/errors.ts'
import { toId } from '#app/domain/ids.ts'
import type { ProblemContent } from '#app/domain/problem.ts'
import { parseProblemContent } from '#app/domain/problem.ts'
import { problemStatements } from '../schema/engagements.ts'
import type { Tx } from '../types.ts'

export interface ProblemRow {
  readonly id: ProblemStatementId
  readonly version: number
  readonly state: VersionState
  readonly content: ProblemContent
  readonly document: string | null
  readonly contentHash: string | null
  readonly createdBy: PersonId
  readonly createdAt: Date
  readonly agreedAt: Date | null
  readonly endedAt: Date | null
}

const toRow = (raw: typeof problemStatements.$inferSelect): ProblemRow => ({
  id: toId<ProblemStatementId>(raw.id),
  version: raw.version,
  state: raw.state,
  content: parseProblemContent(raw.content),
  document: raw.document,
  contentHash: raw.contentHash,
  createdBy: toId<PersonId>(raw.createdBy),
  createdAt: raw.createdAt,
  agreedAt: raw.agreedAt,
  endedAt: raw.endedAt,
})

/** Every version, newest first. */
export async function listProblems(tx: Tx, engagementId: EngagementId): Promise<ProblemRow[]> {
  const rows = await tx
    .select()
    .from(problemStatements)
    .where(eq(problemStatements.engagementId, engagementId))
    .orderBy(desc(problemStatements.version))
    .limit(200)
  return rows.map(toRow)
}

/** @throws AppError `not_found` */
export async function lockProblem(tx: Tx, engagementId: EngagementId, id: ProblemStatementId): Promise<ProblemRow> {
  const [row] = await tx
    .select()
    .from(problemStatements)
    .where(and(eq(problemStatements.engagementId, engagementId), eq(problemStatements.id, id)))
    .for('update')
  return toRow(found(row, 'This problem statement'))
}

export async function insertProblem(
  tx: Tx,
  row: {
    readonly id: ProblemStatementId
    readonly engagementId: EngagementId
    readonly version: number
    readonly content: ProblemContent
    readonly createdBy: PersonId
    readonly at: Date
  },
): Promise<void> {
  await tx.insert(problemStatements).values({
    id: row.id,
    engagementId: row.engagementId,
    version: row.version,
    state: 'draft',
    content: row.content,
    createdBy: row.createdBy,
    createdAt: row.at,
  })
}

/** Change the text of a draft that was never sent: who wrote it last is its author. */
export async function saveProblemDraft(
  tx: Tx,
  id: ProblemStatementId,
  draft: { readonly content: ProblemContent; readonly by: PersonId },
): Promise<void> {
  await tx
    .update(problemStatements)
    .set({ content: draft.content, createdBy: draft.by })
    .where(eq(problemStatements.id, id))
}

export async function freezeProblem(
  tx: Tx,
  id: ProblemStatementId,
  frozen: { readonly document: string; readonly contentHash: string },
): Promise<void> {
  await tx
    .update(problemStatements)
    .set({ ...frozen, state: 'in_review' })
    .where(eq(problemStatements.id, id))
}

/**
 * Move a version. The first `agreed` opens its time in force at `at`; being replaced, expired or withdrawn closes it. A
 * suspension does neither: it can end again.
 */
export async function saveProblemState(tx: Tx, id: ProblemStatementId, state: VersionState, at: Date): Promise<void> {
  await tx
    .update(problemStatements)
    .set({
      state,
      ...(state === 'agreed'
        ? { agreedAt: sql`coalesce(${problemStatements.agreedAt}, ${at.toISOString()}::timestamptz)` }
        : state === 'suspended'
          ? {}
          : {
              endedAt: sql`case when ${problemStatements.agreedAt} is null then null else coalesce(${problemStatements.endedAt}, ${at.toISOString()}::timestamptz) end`,
            }),
    })
    .where(eq(problemStatements.id, id))
}

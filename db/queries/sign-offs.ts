import { and, asc, desc, eq, inArray, lt, lte, ne, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { DecisionId, EngagementId, OrganisationId, PersonId, SignOffId, SnapshotId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { SignOffRule } from '#app/domain/sign-off-case.ts'
import type { DecisionOutcome } from '#app/domain/outcome.ts'
import type { DecisionSubject, SignOffSubject } from '#app/domain/subject.ts'
import { decisionHeads, decisionRecords, evidenceSnapshots, signOffs } from '../schema/decisions.ts'
import { engagements } from '../schema/engagements.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface SignOffRow {
  readonly id: SignOffId
  readonly engagementId: EngagementId
  readonly subjectType: SignOffSubject
  readonly subjectId: string
  readonly subjectHash: string
  readonly title: string
  readonly state: SignOffState
  readonly stateReason: string
  readonly rule: SignOffRule
  readonly authorId: string | null
  readonly expiresAt: Date | null
  readonly sentByName: string
  readonly sentAt: Date
  readonly endedAt: Date | null
}

const columns = {
  id: signOffs.id,
  engagementId: signOffs.engagementId,
  subjectType: signOffs.subjectType,
  subjectId: signOffs.subjectId,
  subjectHash: signOffs.subjectHash,
  title: signOffs.title,
  state: signOffs.state,
  stateReason: signOffs.stateReason,
  rule: signOffs.rule,
  authorId: signOffs.authorId,
  expiresAt: signOffs.expiresAt,
  sentByName: persons.name,
  sentAt: signOffs.sentAt,
  endedAt: signOffs.endedAt,
}

type Raw = Omit<SignOffRow, 'id' | 'engagementId' | 'rule'> & { id: string; engagementId: string; rule: unknown }
const toRow = (raw: Raw): SignOffRow => ({
  ...raw,
  id: toId<SignOffId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  rule: SignOffRule.parse(raw.rule),
})

/** @throws AppError `not_found` */
export async function getSignOff(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<SignOffRow> {
  const [row] = await tx
    .select(columns)
    .from(signOffs)
    .innerJoin(persons, eq(persons.id, signOffs.sentBy))
    .where(and(eq(signOffs.engagementId, engagementId), eq(signOffs.id, id)))
  return toRow(found(row, 'This sign-off'))
}

/** As getSignOff, and holds it: of two who decide at once, the second sees the first's decision. */
export async function lockSignOff(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<SignOffRow> {
  const held = await tx
    .select({ id: signOffs.id })
    .from(signOffs)
    .where(and(eq(signOffs.engagementId, engagementId), eq(signOffs.id, id)))
    .for('update')
  found(held[0], 'This sign-off')
  return getSignOff(tx, engagementId, id)
}

/** Sign-offs of an engagement, newest first. */
export async function listSignOffs(tx: Tx, engagementId: EngagementId): Promise<SignOffRow[]> {
  const rows = await tx
    .select(columns)
    .from(signOffs)
    .innerJoin(persons, eq(persons.id, signOffs.sentBy))
    .where(eq(signOffs.engagementId, engagementId))
    .orderBy(desc(signOffs.sentAt), asc(signOffs.id))
    .limit(500)
  return rows.map(toRow)
}

export interface OpenAsk extends SignOffRow {
  readonly engagementName: string
}

/** What waits for a signature in every engagement the viewer may see, oldest first. */
export async function listOpenSignOffs(tx: Tx, limit = 200): Promise<OpenAsk[]> {
  const rows = await tx
    .select({ ...columns, engagementName: engagements.name })
    .from(signOffs)
    .innerJoin(persons, eq(persons.id, signOffs.sentBy))
    .innerJoin(engagements, eq(engagements.id, signOffs.engagementId))
    .where(eq(signOffs.state, 'awaiting_approval'))
    .orderBy(asc(signOffs.sentAt), asc(signOffs.id))
    .limit(limit)
  return rows.map((row) => ({ ...toRow(row), engagementName: row.engagementName }))
}

export async function insertSignOff(
  tx: Tx,
  row: {
    readonly id: SignOffId
    readonly engagementId: EngagementId
    readonly subjectType: SignOffSubject
    readonly subjectId: string
    readonly subjectHash: string
    readonly title: string
    readonly state: SignOffState
    readonly rule: SignOffRule
    readonly authorId: PersonId | null
    readonly sentBy: PersonId
    readonly sentAt: Date
  },
): Promise<void> {
  await tx.insert(signOffs).values(row)
}

export async function saveSignOffState(
  tx: Tx,
  id: SignOffId,
  move: {
    readonly state: SignOffState
    readonly reason?: string
    readonly expiresAt?: Date | null
    readonly at: Date
  },
): Promise<void> {
  await tx
    .update(signOffs)
    .set({
      state: move.state,
      stateReason: move.reason ?? '',
      endedAt: move.at,
      ...(move.expiresAt === undefined ? {} : { expiresAt: move.expiresAt }),
    })
    .where(eq(signOffs.id, id))
}

/** A sign-off by its id alone, held until the transaction ends; null when there is none. For the system's own acts. */
export async function findSignOff(tx: Tx, id: SignOffId): Promise<SignOffRow | null> {
  const [held] = await tx
    .select({ engagementId: signOffs.engagementId })
    .from(signOffs)
    .where(eq(signOffs.id, id))
    .for('update')
  return held === undefined ? null : getSignOff(tx, toId<EngagementId>(held.engagementId), id)
}

/** Sign-offs about one thing, newest first. */
export async function listSignOffsOf(tx: Tx, engagementId: EngagementId, subjectId: string): Promise<SignOffRow[]> {
  const rows = await tx
    .select(columns)
    .from(signOffs)
    .innerJoin(persons, eq(persons.id, signOffs.sentBy))
    .where(and(eq(signOffs.engagementId, engagementId), eq(signOffs.subjectId, subjectId)))
    .orderBy(desc(signOffs.sentAt), asc(signOffs.id))
    .limit(100)
  return rows.map(toRow)
}

/** The newest sign-off about one thing that was not taken back, whatever came of it; null when there is none. */
export async function findStandingSignOff(
  tx: Tx,
  engagementId: EngagementId,
  subjectId: string,
): Promise<SignOffRow | null> {
  return (await listSignOffsOf(tx, engagementId, subjectId)).find(({ state }) => state !== 'voided') ?? null
}

/** The state of the newest sign-off about each of many things that was not taken back; nothing of those without one. */
export async function mapSignatures(
  tx: Tx,
  engagementId: EngagementId,
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, SignOffState>> {
  const rows = await tx
    .selectDistinctOn([signOffs.subjectId], { subjectId: signOffs.subjectId, state: signOffs.state })
    .from(signOffs)
    .where(
      and(
        eq(signOffs.engagementId, engagementId),
        sql`${signOffs.subjectId} = any(${sql.param([...subjectIds])}::uuid[])`,
        ne(signOffs.state, 'voided'),
      ),
    )
    .orderBy(signOffs.subjectId, desc(signOffs.sentAt), asc(signOffs.id))
  return new Map(rows.map(({ subjectId, state }) => [subjectId, state]))
}

/**
 * Sign-offs of a subject that count no more because a later version took its place, or the sign-off `by` about the same
 * one did.
 */
export async function supersedeSignOffs(tx: Tx, subjectId: string, at: Date, by?: SignOffId): Promise<void> {
  await tx
    .update(signOffs)
    .set({ state: 'superseded', endedAt: at })
    .where(
      and(
        eq(signOffs.subjectId, subjectId),
        by === undefined ? undefined : ne(signOffs.id, by),
        inArray(signOffs.state, ['approved', 'approved_with_conditions', 'suspended', 'expired', 'lapsed']),
      ),
    )
}

/** Keep what was shown, to the byte. */
export async function insertSnapshot(
  tx: Tx,
  row: {
    readonly id: SnapshotId
    readonly engagementId: EngagementId
    readonly document: string
    readonly sha256: string
    readonly createdAt: Date
  },
): Promise<void> {
  await tx.insert(evidenceSnapshots).values(row)
}

/** The last link of an organisation's chain, held until the transaction ends so that appends follow one another. */
export async function lockDecisionHead(
  tx: Tx,
  organisationId: OrganisationId,
): Promise<{ readonly seq: number; readonly hash: string }> {
  await tx
    .insert(decisionHeads)
    .values({ organisationId, seq: 0, hash: '0'.repeat(64) })
    .onConflictDoNothing()
  const [row] = await tx
    .select({ seq: decisionHeads.seq, hash: decisionHeads.hash })
    .from(decisionHeads)
    .where(eq(decisionHeads.organisationId, organisationId))
    .for('update')
  return found(row, 'The chain')
}

export interface NewDecision {
  readonly id: DecisionId
  readonly organisationId: OrganisationId
  readonly seq: number
  readonly engagementId: EngagementId
  /** Null for a decision that nobody was asked for. */
  readonly signOffId: SignOffId | null
  readonly subjectType: DecisionSubject
  readonly subjectId: string
  readonly subjectHash: string
  readonly title: string
  readonly outcome: DecisionOutcome
  readonly side: 'consultancy' | 'client'
  readonly rationale: string
  readonly decidedBy: PersonId
  readonly onBehalfOf: string | null
  readonly authority: string
  readonly at: Date
  readonly snapshotId: SnapshotId
  readonly body: string
  readonly prevHash: string
  readonly hash: string
}

/** Append a decision and move the head of its chain. */
export async function insertDecision(tx: Tx, row: NewDecision): Promise<void> {
  await tx.insert(decisionRecords).values(row)
  await tx
    .update(decisionHeads)
    .set({ seq: row.seq, hash: row.hash })
    .where(eq(decisionHeads.organisationId, row.organisationId))
}

export interface DecisionRow extends Omit<NewDecision, 'organisationId' | 'snapshotId'> {
  readonly decidedByName: string
  readonly document: string
}

const decisionColumns = {
  id: decisionRecords.id,
  seq: decisionRecords.seq,
  engagementId: decisionRecords.engagementId,
  signOffId: decisionRecords.signOffId,
  subjectType: decisionRecords.subjectType,
  subjectId: decisionRecords.subjectId,
  subjectHash: decisionRecords.subjectHash,
  outcome: decisionRecords.outcome,
  side: decisionRecords.side,
  rationale: decisionRecords.rationale,
  decidedBy: decisionRecords.decidedBy,
  onBehalfOf: decisionRecords.onBehalfOf,
  authority: decisionRecords.authority,
  at: decisionRecords.at,
  body: decisionRecords.body,
  prevHash: decisionRecords.prevHash,
  hash: decisionRecords.hash,
  decidedByName: persons.name,
  document: evidenceSnapshots.document,
  title: decisionRecords.title,
}

function decisionsQuery(tx: Tx) {
  return tx
    .select(decisionColumns)
    .from(decisionRecords)
    .innerJoin(persons, eq(persons.id, decisionRecords.decidedBy))
    .innerJoin(evidenceSnapshots, eq(evidenceSnapshots.id, decisionRecords.snapshotId))
}

type RawDecision = Awaited<ReturnType<typeof decisionsQuery>>[number]
const toDecision = (raw: RawDecision): DecisionRow => ({
  ...raw,
  id: toId<DecisionId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  signOffId: raw.signOffId === null ? null : toId<SignOffId>(raw.signOffId),
  decidedBy: toId<PersonId>(raw.decidedBy),
})

/** @throws AppError `not_found` */
export async function getDecision(tx: Tx, engagementId: EngagementId, id: DecisionId): Promise<DecisionRow> {
  const [row] = await decisionsQuery(tx).where(
    and(eq(decisionRecords.engagementId, engagementId), eq(decisionRecords.id, id)),
  )
  return toDecision(found(row, 'This decision'))
}

/** Decisions of an engagement, newest first. */
export async function listDecisions(tx: Tx, engagementId: EngagementId, limit = 500): Promise<DecisionRow[]> {
  const rows = await decisionsQuery(tx)
    .where(eq(decisionRecords.engagementId, engagementId))
    .orderBy(desc(decisionRecords.seq))
    .limit(limit)
  return rows.map(toDecision)
}

/** Decisions of an engagement without their texts, newest first, before a number of the record. */
export async function listDecisionHeads(
  tx: Tx,
  engagementId: EngagementId,
  { before, limit }: { readonly before: number | null; readonly limit: number },
) {
  return tx
    .select({
      id: decisionRecords.id,
      seq: decisionRecords.seq,
      title: decisionRecords.title,
      outcome: decisionRecords.outcome,
      decidedByName: persons.name,
      rationale: decisionRecords.rationale,
      at: decisionRecords.at,
    })
    .from(decisionRecords)
    .innerJoin(persons, eq(persons.id, decisionRecords.decidedBy))
    .where(
      and(
        eq(decisionRecords.engagementId, engagementId),
        before === null ? undefined : lt(decisionRecords.seq, before),
      ),
    )
    .orderBy(desc(decisionRecords.seq))
    .limit(limit)
}

/** Every decision on one sign-off, newest first. */
export async function listDecisionsOn(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<DecisionRow[]> {
  const rows = await decisionsQuery(tx)
    .where(and(eq(decisionRecords.engagementId, engagementId), eq(decisionRecords.signOffId, id)))
    .orderBy(desc(decisionRecords.seq))
    .limit(500)
  return rows.map(toDecision)
}

/** Decisions of an engagement until a time, in the order of the record. */
export async function listDecisionsUntil(tx: Tx, engagementId: EngagementId, until: Date): Promise<DecisionRow[]> {
  const rows = await decisionsQuery(tx)
    .where(and(eq(decisionRecords.engagementId, engagementId), lte(decisionRecords.at, until)))
    .orderBy(asc(decisionRecords.seq))
    .limit(20_000)
  return rows.map(toDecision)
}

import { and, asc, eq, isNull } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId, SignOffId } from '#app/domain/ids.ts'
import type { FeedbackGrade, Outcome } from '#app/domain/outcome.ts'
import { OUTCOMES } from '#app/domain/outcome.ts'
import { raciFor } from '#app/domain/seat.ts'
import type { SignOffCase } from '#app/domain/sign-off-case.ts'
import {
  decisionRecords,
  evidenceSnapshots,
  signOffConditions,
  signOffFeedback,
  signOffs,
} from '../schema/decisions.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'
import { listSeats } from './seats.ts'
import type { SignOffRow } from './sign-offs.ts'

export interface FeedbackRow {
  readonly id: string
  readonly personId: string
  readonly personName: string
  readonly grade: FeedbackGrade
  readonly note: string
  readonly at: Date
  readonly answer: string | null
  readonly answeredAt: Date | null
}

/** What was said before the decision, oldest first. */
export async function listFeedback(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<FeedbackRow[]> {
  return tx
    .select({
      id: signOffFeedback.id,
      personId: signOffFeedback.personId,
      personName: persons.name,
      grade: signOffFeedback.grade,
      note: signOffFeedback.note,
      at: signOffFeedback.at,
      answer: signOffFeedback.answer,
      answeredAt: signOffFeedback.answeredAt,
    })
    .from(signOffFeedback)
    .innerJoin(persons, eq(persons.id, signOffFeedback.personId))
    .where(and(eq(signOffFeedback.engagementId, engagementId), eq(signOffFeedback.signOffId, id)))
    .orderBy(asc(signOffFeedback.at), asc(signOffFeedback.id))
    .limit(1000)
}

export interface ConditionRow {
  readonly id: string
  readonly text: string
  readonly due: string
  readonly metAt: Date | null
  readonly metNote: string
}

export async function listConditions(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<ConditionRow[]> {
  return tx
    .select({
      id: signOffConditions.id,
      text: signOffConditions.text,
      due: signOffConditions.due,
      metAt: signOffConditions.metAt,
      metNote: signOffConditions.metNote,
    })
    .from(signOffConditions)
    .where(and(eq(signOffConditions.engagementId, engagementId), eq(signOffConditions.signOffId, id)))
    .orderBy(asc(signOffConditions.due), asc(signOffConditions.id))
    .limit(200)
}

/** What approvals of an engagement are still tied to, the next due first. */
export async function listOpenConditions(
  tx: Tx,
  engagementId: EngagementId,
): Promise<{ readonly title: string; readonly text: string; readonly due: string }[]> {
  return tx
    .select({ title: signOffs.title, text: signOffConditions.text, due: signOffConditions.due })
    .from(signOffConditions)
    .innerJoin(signOffs, eq(signOffs.id, signOffConditions.signOffId))
    .where(
      and(
        eq(signOffConditions.engagementId, engagementId),
        eq(signOffs.state, 'approved_with_conditions'),
        isNull(signOffConditions.metAt),
      ),
    )
    .orderBy(asc(signOffConditions.due), asc(signOffConditions.id))
    .limit(500)
}

/** Everything that the machine of a sign-off needs to know. */
export async function gatherSignOffCase(tx: Tx, signOff: SignOffRow): Promise<SignOffCase> {
  const seats = await listSeats(tx, signOff.engagementId)
  const consultedIds = seats.flatMap((seat) =>
    seat.personId !== null && raciFor(seat, signOff.subjectType) === 'C' ? [String(seat.personId)] : [],
  )
  const votes = await tx
    .select({
      decidedBy: decisionRecords.decidedBy,
      onBehalfOf: decisionRecords.onBehalfOf,
      outcome: decisionRecords.outcome,
      at: decisionRecords.at,
    })
    .from(decisionRecords)
    .where(
      and(
        eq(decisionRecords.engagementId, signOff.engagementId),
        eq(decisionRecords.signOffId, signOff.id),
        eq(decisionRecords.side, 'client'),
      ),
    )
    .orderBy(asc(decisionRecords.seq))
    .limit(200)
  const feedback = await listFeedback(tx, signOff.engagementId, signOff.id)
  const latest = new Map(feedback.map((one) => [one.personId, one]))
  const conditions = await listConditions(tx, signOff.engagementId, signOff.id)
  return {
    state: signOff.state,
    rule: signOff.rule,
    authorId: signOff.authorId,
    consultedIds: [...new Set(consultedIds)],
    feedback: [...latest.values()].map(({ id, personId, grade, answer }) => ({
      id,
      personId,
      grade,
      isAnswered: grade !== 'major' || answer !== null,
    })),
    votes: votes.flatMap(({ decidedBy, onBehalfOf, outcome }) => {
      const vote = OUTCOMES.find((one) => one === outcome)
      return vote === undefined
        ? []
        : [{ by: decidedBy, for: onBehalfOf ?? decidedBy, outcome: vote satisfies Outcome }]
    }),
    restorations: votes
      .filter(({ outcome, at }) => outcome === 'restored' && signOff.endedAt !== null && at >= signOff.endedAt)
      .map(({ decidedBy, onBehalfOf }) => ({ by: decidedBy, for: onBehalfOf ?? decidedBy })),
    openConditionCount: conditions.filter((condition) => condition.metAt === null).length,
  }
}

/** What was frozen when a sign-off was sent, and so what its page shows. @throws AppError `not_found` */
export async function getShownDocument(tx: Tx, engagementId: EngagementId, id: SignOffId): Promise<string> {
  const [row] = await tx
    .select({ document: evidenceSnapshots.document })
    .from(decisionRecords)
    .innerJoin(evidenceSnapshots, eq(evidenceSnapshots.id, decisionRecords.snapshotId))
    .where(and(eq(decisionRecords.engagementId, engagementId), eq(decisionRecords.signOffId, id)))
    .orderBy(asc(decisionRecords.seq))
    .limit(1)
  return found(row?.document, 'What is to be signed')
}

export async function insertFeedback(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    signOffId: SignOffId
    personId: PersonId
    grade: FeedbackGrade
    note: string
    at: Date
  },
): Promise<void> {
  await tx.insert(signOffFeedback).values(row)
}

/** @returns false when it was answered before, or is none of this sign-off */
export async function saveFeedbackAnswer(
  tx: Tx,
  input: {
    readonly engagementId: EngagementId
    readonly signOffId: SignOffId
    readonly id: string
    readonly text: string
    readonly by: PersonId
    readonly at: Date
  },
): Promise<boolean> {
  const rows = await tx
    .update(signOffFeedback)
    .set({ answer: input.text, answeredBy: input.by, answeredAt: input.at })
    .where(
      and(
        eq(signOffFeedback.engagementId, input.engagementId),
        eq(signOffFeedback.signOffId, input.signOffId),
        eq(signOffFeedback.id, input.id),
        isNull(signOffFeedback.answer),
      ),
    )
    .returning({ id: signOffFeedback.id })
  return rows.length > 0
}

export async function insertConditions(
  tx: Tx,
  rows: readonly {
    id: string
    engagementId: EngagementId
    signOffId: SignOffId
    text: string
    due: string
    createdBy: PersonId
    createdAt: Date
  }[],
): Promise<void> {
  if (rows.length > 0) await tx.insert(signOffConditions).values([...rows])
}

/** @returns false when it was met before, or is not there */
export async function saveConditionMet(
  tx: Tx,
  input: { engagementId: EngagementId; signOffId: SignOffId; id: string; by: PersonId; note: string; at: Date },
): Promise<boolean> {
  const rows = await tx
    .update(signOffConditions)
    .set({ metAt: input.at, metBy: input.by, metNote: input.note })
    .where(
      and(
        eq(signOffConditions.engagementId, input.engagementId),
        eq(signOffConditions.signOffId, input.signOffId),
        eq(signOffConditions.id, input.id),
        isNull(signOffConditions.metAt),
      ),
    )
    .returning({ id: signOffConditions.id })
  return rows.length > 0
}

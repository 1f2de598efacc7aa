import type { PersonActor } from '#app/domain/actor.ts'
import { changesBetween } from '#app/domain/criterion.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { isTeam, seatSide } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, SignOffId } from '#app/domain/ids.ts'
import { readPageDocument } from '#app/domain/page-document.ts'
import { problemChanges } from '#app/domain/problem.ts'
import { raciFor } from '#app/domain/seat.ts'
import {
  feedbackRefusal,
  leadActRefusal,
  meetConditionRefusal,
  signingSeat,
  signRefusal,
} from '#app/domain/sign-off.ts'
import { decideRefusal } from '#app/domain/sign-off-case.ts'
import { noted } from './picked-versions.ts'
import { listThreads } from '#db/queries/comments.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listProblems } from '#db/queries/problems.ts'
import { listSeats } from '#db/queries/seats.ts'
import { gatherSignOffCase, getShownDocument, listConditions, listFeedback } from '#db/queries/sign-off-case.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { getSignOff, listDecisionsOn, listSignOffs } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'

/** Everything that the page of a sign-off shows. */
export async function signOffPage(
  tx: Tx,
  input: { engagementId: EngagementId; signOffId: SignOffId; standing: Standing; actor: PersonActor },
) {
  const { engagementId, standing, actor } = input
  const signOff = await getSignOff(tx, engagementId, input.signOffId)
  const { subjectType: kind, state } = signOff
  const given = await gatherSignOffCase(tx, signOff)
  const seats = await listSeats(tx, engagementId)
  const conditions = await listConditions(tx, engagementId, signOff.id)
  const seat = signingSeat(standing, kind)
  const named = (raci: 'A' | 'R' | 'C' | 'I') =>
    seats.flatMap((one) =>
      one.personName !== null && raciFor(one, kind) === raci && (raci !== 'A' || seatSide(one.function) === 'client')
        ? [one.personName]
        : [],
    )
  const refusal =
    signRefusal(standing, state, kind) ??
    decideRefusal(given, { by: actor.personId, for: seat?.onBehalfOf?.id ?? actor.personId })
  const isOpen = state === 'awaiting_approval' || state === 'collecting_feedback'
  return {
    engagementId,
    zone: actor.timeZone,
    signOff,
    isOpen,
    ...(await shown(tx, signOff)),
    people: { A: named('A'), R: named('R'), C: named('C'), I: named('I') },
    authorName: seats.find((one) => one.personId === signOff.authorId)?.personName ?? null,
    approvedCount: given.votes.length,
    onBehalfOf: seat?.onBehalfOf?.name ?? null,
    refusal: refusal?.reason ?? null,
    feedback: await listFeedback(tx, engagementId, signOff.id),
    mayGiveFeedback: feedbackRefusal(standing, state, kind) === null,
    isLead: leadActRefusal(standing) === null,
    conditions,
    mayMeet: meetConditionRefusal(standing, kind, state) === null,
    mayRestore: state === 'suspended' && seat !== null,
    threads: await listThreads(tx, engagementId, signOff.id, isTeam(standing)),
    decisions: await listDecisionsOn(tx, engagementId, signOff.id),
  }
}

/** What is signed, what changed since the version before, and what took its place, if anything did. */
async function shown(tx: Tx, signOff: SignOffRow) {
  const { engagementId } = signOff
  if (signOff.subjectType === 'criterion_version') {
    const all = await listCriterionVersions(tx, engagementId)
    const one = found(all.find((version) => version.id === signOff.subjectId))
    const versions = all.filter((version) => version.criterionId === one.criterionId)
    const before = versions.find((version) => version.version === one.version - 1)
    const newer = await newerSignOff(
      tx,
      signOff,
      versions.filter(({ version }) => version > one.version),
    )
    const next = versions.find((version) => version.id === newer?.subjectId)
    return {
      criterion: { id: one.criterionId, content: one.content, version: one.version },
      problem: null,
      page: null,
      changes: before ? changesBetween(before.content, one.content).map(noted) : [],
      newer: newer && next ? { id: newer.id, changes: changesBetween(one.content, next.content).map(noted) } : null,
    }
  }
  if (signOff.subjectType === 'problem_statement') {
    const versions = await listProblems(tx, engagementId)
    const one = found(versions.find((version) => version.id === signOff.subjectId))
    const before = versions.find((version) => version.version === one.version - 1)
    const newer = await newerSignOff(
      tx,
      signOff,
      versions.filter(({ version }) => version > one.version),
    )
    const next = versions.find((version) => version.id === newer?.subjectId)
    return {
      criterion: null,
      problem: { content: one.content },
      page: null,
      changes: before ? problemChanges(before.content, one.content).map(noted) : [],
      newer: newer && next ? { id: newer.id, changes: problemChanges(one.content, next.content).map(noted) } : null,
    }
  }
  const page = readPageDocument(await getShownDocument(tx, engagementId, signOff.id))
  return { criterion: null, problem: null, page, changes: [], newer: null }
}

/** A later version that waits for a decision or was decided already. */
async function newerSignOff(tx: Tx, signOff: SignOffRow, later: readonly { readonly id: string }[]) {
  if (later.length === 0) return null
  const ids = new Set(later.map((version) => version.id))
  return (await listSignOffs(tx, signOff.engagementId)).find((one) => ids.has(one.subjectId) && one.state !== 'voided')
}

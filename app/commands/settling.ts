import { CHANGE_ACT, changeAfter } from '#app/domain/change.ts'
import { DELIVERABLE_ACT, deliverableAfter } from '#app/domain/deliverable.ts'
import { found } from '#app/domain/errors.ts'
import { stateByHandover } from '#app/domain/handover.ts'
import type { VersionState } from '#app/domain/criterion.ts'
import type { CriterionVersionId, DeliverableId, ProblemStatementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { isInForce } from '#app/domain/sign-off-case.ts'
import { newId } from '#db/new-id.ts'
import { getChange, saveChangeState, saveTargetEnd } from '#db/queries/changes.ts'
import { listCriterionVersions, lockCriterion, saveCriterionVersionState } from '#db/queries/criteria.ts'
import { getDeliverableOfVersion, insertDeliverable, saveDeliverableState } from '#db/queries/deliverables.ts'
import { getEngagement, saveEngagementState } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listProblems, lockProblem, saveProblemState } from '#db/queries/problems.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { supersedeSignOffs } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'

/** What a version is after its sign-off came to a state; null: nothing changes for it. */
const VERSION_AFTER: Readonly<Record<SignOffState, VersionState | null>> = {
  collecting_feedback: null,
  awaiting_approval: null,
  approved: 'agreed',
  approved_with_conditions: 'agreed',
  changes_requested: 'changes_requested',
  rejected: 'withdrawn',
  superseded: 'superseded',
  voided: 'withdrawn',
  suspended: 'suspended',
  expired: 'expired',
  lapsed: 'suspended',
}

/**
 * Bring what a sign-off is about to where the sign-off is, in the caller's transaction. A version that is signed takes the
 * place of the one before it, and every run is judged again.
 */
export async function settleSubject(tx: Tx, now: Date, signOff: SignOffRow, state: SignOffState) {
  const next = VERSION_AFTER[state]
  switch (signOff.subjectType) {
    case 'criterion_version':
      return next === null ? undefined : settleCriterion(tx, now, signOff, next)
    case 'problem_statement':
      return next === null ? undefined : settleProblem(tx, now, signOff, next)
    case 'deliverable_version':
      return settleDeliverable(tx, signOff, state)
    case 'change_request':
      return settleChange(tx, now, signOff, state)
    // Of a model version the sign-off itself is the state: the newest that is in force.
    case 'model_version':
      return isInForce(state) ? supersedeSignOffs(tx, signOff.subjectId, now, signOff.id) : undefined
    case 'handover':
      return settleHandover(tx, now, signOff, state)
    default:
      return signOff.subjectType satisfies never
  }
}

async function settleCriterion(tx: Tx, now: Date, signOff: SignOffRow, next: VersionState): Promise<void> {
  const id = toId<CriterionVersionId>(signOff.subjectId)
  const { engagementId } = signOff
  const { criterionId } = found(
    (await listCriterionVersions(tx, engagementId)).find((version) => version.id === id),
    'This version',
  )
  const { versions } = await lockCriterion(tx, engagementId, criterionId)
  const current = found(versions.find((version) => version.id === id))
  if (current.state === next) return
  if (next === 'agreed') {
    for (const before of versions.filter(isReplaced(id))) {
      await saveCriterionVersionState(tx, before.id, 'superseded', now)
      await supersedeSignOffs(tx, before.id, now)
    }
  }
  await saveCriterionVersionState(tx, id, next, now)
  await enqueue(tx, 'judge_engagement', { engagementId }, { key: `judge:${engagementId}` })
}

async function settleProblem(tx: Tx, now: Date, signOff: SignOffRow, next: VersionState): Promise<void> {
  const id = toId<ProblemStatementId>(signOff.subjectId)
  const current = await lockProblem(tx, signOff.engagementId, id)
  if (current.state === next) return
  if (next === 'agreed') {
    for (const before of (await listProblems(tx, signOff.engagementId)).filter(isReplaced(id))) {
      await saveProblemState(tx, before.id, 'superseded', now)
      await supersedeSignOffs(tx, before.id, now)
    }
  }
  await saveProblemState(tx, id, next, now)
}

/** Versions that were signed once and have not been replaced yet. */
function isReplaced(by: string) {
  return (version: { readonly id: string; readonly state: VersionState }) =>
    version.id !== by && (version.state === 'agreed' || version.state === 'suspended' || version.state === 'expired')
}

async function settleDeliverable(tx: Tx, signOff: SignOffRow, state: SignOffState): Promise<void> {
  const act = DELIVERABLE_ACT[state]
  if (act === null) return
  const deliverable = await getDeliverableOfVersion(tx, signOff.engagementId, signOff.subjectId)
  const next = deliverableAfter(deliverable, act)
  if (!('reason' in next)) await saveDeliverableState(tx, deliverable.id, next)
}

/** A change that both sides approved is applied at once: its state is what the scope is computed from. */
async function settleChange(tx: Tx, now: Date, signOff: SignOffRow, state: SignOffState): Promise<void> {
  const act = CHANGE_ACT[state]
  if (act === null) return
  const change = await getChange(tx, signOff.engagementId, signOff.subjectId)
  const next = changeAfter(change.state, act)
  if (typeof next !== 'string') return
  await saveChangeState(tx, change.id, { state: next, at: now })
  if (next !== 'applied') return
  const { newTargetEnd, newDeliverables } = change.content
  if (newTargetEnd !== null) await saveTargetEnd(tx, signOff.engagementId, newTargetEnd)
  for (const title of newDeliverables)
    await insertDeliverable(tx, {
      id: newId<DeliverableId>(),
      engagementId: signOff.engagementId,
      title: title.slice(0, 200),
      due: null,
      at: now,
    })
}

async function settleHandover(tx: Tx, now: Date, signOff: SignOffRow, state: SignOffState): Promise<void> {
  const engagement = await getEngagement(tx, signOff.engagementId)
  const next = stateByHandover(engagement.state, state)
  if (next === engagement.state) return
  await saveEngagementState(tx, engagement.id, next, now)
  await recordEvent(tx, null, {
    kind: 'engagement.moved',
    engagementId: engagement.id,
    subjectId: engagement.id,
    summary: `The engagement moved from ${engagement.state} to ${next}: its hand-over is signed.`,
    at: now,
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { decisionText } from '#app/domain/decision.ts'
import type { DecisionId, OrganisationId, SnapshotId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/sign-off.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { insertDecision, insertSnapshot, lockDecisionHead } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'

/**
 * Append one decision to the chain of the client's organisation, with what was shown, in the caller's transaction.
 * @param input.document the canonical JSON that was shown; its SHA-256 is the sign-off's subject hash
 */
export async function appendDecision(
  tx: Tx,
  input: {
    readonly actor: PersonActor
    readonly organisationId: OrganisationId
    readonly signOff: Pick<SignOffRow, 'id' | 'engagementId' | 'subjectType' | 'subjectId' | 'subjectHash'>
    readonly document: string
    readonly outcome: Outcome
    readonly rationale: string
    readonly authority: string
    readonly at: Date
  },
): Promise<DecisionId> {
  const { actor, signOff } = input
  const id = newId<DecisionId>()
  const snapshotId = newId<SnapshotId>()
  const head = await lockDecisionHead(tx, input.organisationId)
  const side = actor.organisationKind
  const body = decisionText({
    seq: head.seq + 1,
    organisationId: input.organisationId,
    engagementId: signOff.engagementId,
    signOffId: signOff.id,
    decisionId: id,
    subject: { type: signOff.subjectType, id: signOff.subjectId, sha256: signOff.subjectHash },
    outcome: input.outcome,
    side,
    rationale: input.rationale,
    decidedBy: { id: actor.personId, name: actor.name, email: actor.email },
    authority: input.authority,
    method: 'password session',
    at: input.at.toISOString(),
    prevHash: head.hash,
  })
  await insertSnapshot(tx, {
    id: snapshotId,
    engagementId: signOff.engagementId,
    document: input.document,
    sha256: signOff.subjectHash,
    createdAt: input.at,
  })
  await insertDecision(tx, {
    id,
    organisationId: input.organisationId,
    seq: head.seq + 1,
    engagementId: signOff.engagementId,
    signOffId: signOff.id,
    subjectType: signOff.subjectType,
    subjectId: signOff.subjectId,
    subjectHash: signOff.subjectHash,
    outcome: input.outcome,
    side,
    rationale: input.rationale,
    decidedBy: actor.personId,
    authority: input.authority,
    at: input.at,
    snapshotId,
    body,
    prevHash: head.hash,
    hash: sha256(body),
  })
  return id
}

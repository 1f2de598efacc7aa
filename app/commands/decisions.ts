import type { PersonActor } from '#app/domain/actor.ts'
import type { Condition, Method } from '#app/domain/decision.ts'
import { decisionText } from '#app/domain/decision.ts'
import type { DecisionId, EngagementId, OrganisationId, SignOffId, SnapshotId } from '#app/domain/ids.ts'
import type { DecisionOutcome } from '#app/domain/outcome.ts'
import type { DecisionSubject } from '#app/domain/subject.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { insertDecision, insertSnapshot, lockDecisionHead } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'

/** What is decided, by whom, on what was shown. */
export interface Deciding {
  readonly actor: PersonActor
  readonly organisationId: OrganisationId
  readonly engagementId: EngagementId
  /** Null when no sign-off asked for it. */
  readonly signOffId: SignOffId | null
  readonly subject: { readonly type: DecisionSubject; readonly id: string }
  readonly title: string
  /** The canonical JSON that was shown: its SHA-256 is what the decision is bound to. */
  readonly document: string
  readonly outcome: DecisionOutcome
  readonly rationale: string
  readonly conditions?: readonly Condition[]
  readonly onBehalfOf?: { readonly id: string; readonly name: string } | null
  /** The seat that gives the right to decide, in words. */
  readonly authority: string
  readonly method?: Method
  readonly at: Date
}

/** What a decision on a sign-off is about. */
export function aboutSignOff(
  engagement: EngagementRow,
  signOff: SignOffRow,
): Pick<Deciding, 'organisationId' | 'engagementId' | 'signOffId' | 'subject' | 'title'> {
  return {
    organisationId: engagement.clientOrganisationId,
    engagementId: engagement.id,
    signOffId: signOff.id,
    subject: { type: signOff.subjectType, id: signOff.subjectId },
    title: signOff.title,
  }
}

export interface Decided {
  readonly id: DecisionId
  readonly seq: number
  readonly hash: string
}

/**
 * Append one decision to the chain of the client's organisation, with what was shown, in the caller's transaction; a
 * worker signs a checkpoint after it.
 */
export async function appendDecision(tx: Tx, input: Deciding): Promise<Decided> {
  const { actor } = input
  const id = newId<DecisionId>()
  const snapshotId = newId<SnapshotId>()
  const head = await lockDecisionHead(tx, input.organisationId)
  const seq = head.seq + 1
  const side = actor.organisationKind
  const subjectHash = sha256(input.document)
  const body = decisionText({
    seq,
    organisationId: input.organisationId,
    engagementId: input.engagementId,
    signOffId: input.signOffId,
    decisionId: id,
    subject: { type: input.subject.type, id: input.subject.id, sha256: subjectHash },
    title: input.title,
    outcome: input.outcome,
    side,
    rationale: input.rationale,
    conditions: input.conditions ?? [],
    decidedBy: { id: actor.personId, name: actor.name, email: actor.email },
    onBehalfOf: input.onBehalfOf ?? null,
    authority: input.authority,
    method: input.method ?? 'password session',
    at: input.at.toISOString(),
    prevHash: head.hash,
  })
  const hash = sha256(body)
  await insertSnapshot(tx, {
    id: snapshotId,
    engagementId: input.engagementId,
    document: input.document,
    sha256: subjectHash,
    createdAt: input.at,
  })
  await insertDecision(tx, {
    id,
    organisationId: input.organisationId,
    seq,
    engagementId: input.engagementId,
    signOffId: input.signOffId,
    subjectType: input.subject.type,
    subjectId: input.subject.id,
    subjectHash,
    title: input.title,
    outcome: input.outcome,
    side,
    rationale: input.rationale,
    decidedBy: actor.personId,
    onBehalfOf: input.onBehalfOf?.id ?? null,
    authority: input.authority,
    at: input.at,
    snapshotId,
    body,
    prevHash: head.hash,
    hash,
  })
  await enqueue(
    tx,
    'sign_checkpoint',
    { organisationId: input.organisationId },
    { key: `checkpoint:${input.organisationId}` },
  )
  return { id, seq, hash }
}

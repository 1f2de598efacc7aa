import { z } from 'zod'
import type { EngagementState, Standing } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { bulleted } from './page-document.ts'
import { leadActRefusal } from './sign-off.ts'
import type { SignOffState } from './sign-off-case.ts'
import { isInForce, isOpen } from './sign-off-case.ts'
import { day, line, prose } from './text.ts'
import { utcDay, utcWords } from './zone.ts'

/** What of a hand-over is written by hand; the rest is read from the record when it is sent. Days are YYYY-MM-DD. */
export const HandoverContent = z.object({
  operator: z.string(),
  operateFrom: z.string(),
  accessUntil: z.string(),
  operation: z.string(),
  openPoints: z.string(),
})
export type HandoverContent = z.infer<typeof HandoverContent>

export const HandoverForm = z.object({
  operator: line(200, 'Who operates it'),
  operateFrom: day('The first day of operation'),
  accessUntil: day('The last day of our access'),
  operation: prose(8000, 'How it is operated', 1),
  openPoints: prose(4000, 'What is open'),
})

/** By field of the form: access that stands today cannot have ended before. */
export function handoverFaults(content: HandoverContent, now: Date): Record<string, string> {
  const today = utcDay(now)
  return content.accessUntil < today ? { accessUntil: 'This day is over. Choose today or a day after it.' } : {}
}

/** What the record says in the moment of sending, as lines to read: nothing of it is the team's own. */
export interface HandoverFacts {
  readonly endpoints: readonly string[]
  readonly criteria: readonly string[]
  readonly models: readonly string[]
  readonly datasets: readonly string[]
  readonly accepted: readonly string[]
  readonly notAccepted: readonly string[]
  readonly registers: readonly string[]
  readonly conditions: readonly string[]
  readonly unsigned: readonly string[]
  readonly access: readonly string[]
  readonly at: Date
}

/** Exactly what is shown to whoever signs a hand-over, in reading order. */
export function handoverRows(content: HandoverContent, facts: HandoverFacts): { term: string; value: string }[] {
  return [
    { term: 'Who operates it', value: content.operator },
    { term: 'From', value: content.operateFrom },
    { term: 'How it is operated', value: content.operation },
    { term: 'Live endpoints', value: bulleted(facts.endpoints, 'None is live.') },
    { term: 'Signed criteria', value: bulleted(facts.criteria, 'None is signed.') },
    { term: 'Registered model versions', value: bulleted(facts.models, 'None') },
    { term: 'Datasets', value: bulleted(facts.datasets, 'None') },
    { term: 'Deliverables that were accepted', value: bulleted(facts.accepted, 'None') },
    { term: 'Deliverables that were not', value: bulleted(facts.notAccepted, 'None') },
    { term: 'Open risks, issues, assumptions', value: bulleted(facts.registers, 'None') },
    { term: 'Open conditions of approvals', value: bulleted(facts.conditions, 'None') },
    { term: 'Still waits for a signature', value: bulleted(facts.unsigned, 'Nothing') },
    { term: 'What else is open', value: content.openPoints === '' ? 'Nothing' : content.openPoints },
    { term: 'Access of the consultancy that remains', value: bulleted(facts.access, 'None') },
    { term: 'That access ends on', value: content.accessUntil },
    { term: 'All of this as of', value: utcWords(facts.at) },
  ]
}

export const HANDOVER_CONSEQUENCE =
  'Signing takes over what stands above, as it stands there. As soon as no condition of the signature is open, the engagement is in operation: what was agreed still holds and is still measured. What is open stays open and is named above.'

const BEFORE: readonly EngagementState[] = ['active', 'handover']

/** @param signOff of the newest hand-over that was sent and not taken back; null when there is none */
export function draftHandoverRefusal(
  standing: Standing,
  facts: { readonly state: EngagementState; readonly signOff: SignOffState | null },
): Refusal | null {
  if (leadActRefusal(standing)) return { reason: 'Only the engagement lead writes the hand-over.' }
  if (!BEFORE.includes(facts.state))
    return { reason: `Work that is active is handed over; this engagement is ${facts.state}.` }
  if (facts.signOff !== null && isOpen(facts.signOff))
    return { reason: 'The client reads the hand-over now; take it back to write another.' }
  return facts.signOff !== null && isInForce(facts.signOff)
    ? { reason: 'The hand-over is signed; its conditions have to be met.' }
    : null
}

export function sendHandoverRefusal(
  standing: Standing,
  facts: {
    readonly state: EngagementState
    readonly signOff: SignOffState | null
    readonly isDrafted: boolean
    readonly signerCount: number
  },
): Refusal | null {
  const refusal = draftHandoverRefusal(standing, facts)
  if (refusal) return refusal
  if (!facts.isDrafted) return { reason: 'Write the hand-over first.' }
  return facts.signerCount === 0
    ? { reason: 'Nobody at the client is accountable for the hand-over yet: invite a person to such a seat first.' }
    : null
}

/**
 * Where the engagement is after its hand-over came to a state: a signature with open conditions hands nothing over yet.
 * Source: domain model, states of an engagement; DECISIONS.md 0031.
 */
export function stateByHandover(state: EngagementState, signOff: SignOffState): EngagementState {
  if (state === 'handover' && signOff === 'approved') return 'operate'
  return state === 'active' && isOpen(signOff) ? 'handover' : state
}

/** What executives and owners can do at every table, without a seat. */
export const EXECUTIVE_ACCESS =
  'Executives and owners of the consultancy: they see each of its engagements, comment, keep the registers, suspend what is signed, and can end it'

/** Whether people at the client read which access of ours remains. */
export function showsAccess(state: EngagementState): boolean {
  return state === 'handover' || state === 'operate' || state === 'closed'
}

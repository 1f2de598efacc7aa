import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isLead } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { SignOffState } from './sign-off-case.ts'
import { day, line, prose } from './text.ts'

export const DELIVERABLE_STATES = ['planned', 'submitted', 'accepted', 'returned', 'withdrawn'] as const
export type DeliverableState = (typeof DELIVERABLE_STATES)[number]

export const DELIVERABLE_STATE_WORDS: Readonly<Record<DeliverableState, string>> = {
  planned: 'Planned',
  submitted: 'Waits for acceptance',
  accepted: 'Accepted',
  returned: 'Returned',
  withdrawn: 'Withdrawn',
}

/** A deliverable as its machine sees it; `round` counts how often it was returned. */
export interface DeliverableCase {
  readonly state: DeliverableState
  readonly round: number
}

export type DeliverableAct = 'submit' | 'accept' | 'return' | 'take_back' | 'withdraw'

/** The deliverable after an act, or why it is not possible. */
export function deliverableAfter(given: DeliverableCase, act: DeliverableAct): DeliverableCase | Refusal {
  const is = (...states: readonly DeliverableState[]) => states.includes(given.state)
  const words = DELIVERABLE_STATE_WORDS[given.state].toLowerCase()
  switch (act) {
    case 'submit':
      return is('planned', 'returned')
        ? { ...given, state: 'submitted' }
        : { reason: `Only what is planned or returned can be submitted; this is: ${words}.` }
    case 'accept':
      return is('submitted') ? { ...given, state: 'accepted' } : { reason: `Nothing waits for acceptance: ${words}.` }
    case 'return':
      return is('submitted')
        ? { state: 'returned', round: given.round + 1 }
        : { reason: `Nothing waits for acceptance: ${words}.` }
    case 'take_back':
      return is('submitted')
        ? { ...given, state: given.round > 0 ? 'returned' : 'planned' }
        : { reason: `Nothing waits for acceptance: ${words}.` }
    case 'withdraw':
      return is('accepted', 'withdrawn')
        ? { reason: `What is ${words} cannot be withdrawn.` }
        : { ...given, state: 'withdrawn' }
    default:
      return act satisfies never
  }
}

/** What a decision on a submitted version does to its deliverable; null: nothing. */
export const DELIVERABLE_ACT: Readonly<Record<SignOffState, DeliverableAct | null>> = {
  collecting_feedback: null,
  awaiting_approval: null,
  approved: 'accept',
  approved_with_conditions: 'accept',
  changes_requested: 'return',
  rejected: 'return',
  superseded: null,
  voided: 'take_back',
  suspended: null,
  expired: null,
  lapsed: null,
}

export const DeliverableForm = z.object({
  title: line(200, 'A title'),
  due: day('The due date')
    .nullable()
    .or(z.literal('').transform(() => null))
    .default(null),
  acceptanceCriteria: prose(4000, 'What it is accepted by').default(''),
  reviewDays: z
    .literal('')
    .transform(() => 10)
    .or(z.coerce.number().int('This is a whole number.').min(1, 'At least one day.').max(90, 'At most 90 days.'))
    .default(10),
})

export const SubmitDeliverableForm = z.object({ note: prose(2000, 'The note') })

/** Bytes of one submitted file at most. */
export const DELIVERABLE_BYTES_MAX = 64 * 1_048_576

export function withdrawDeliverableRefusal(standing: Standing, given: DeliverableCase): Refusal | null {
  if (!isLead(standing)) return { reason: 'Only the engagement lead withdraws a deliverable.' }
  const next = deliverableAfter(given, 'withdraw')
  return 'reason' in next ? next : null
}

export function submitRefusal(
  standing: Standing,
  given: DeliverableCase,
  facts: { signerCount: number },
): Refusal | null {
  if (!isLead(standing)) return { reason: 'Only the engagement lead submits a deliverable: it is our side’s approval.' }
  const next = deliverableAfter(given, 'submit')
  if ('reason' in next) return next
  return facts.signerCount === 0
    ? { reason: 'Nobody at the client is accountable for deliverables yet: invite a person to such a seat first.' }
    : null
}

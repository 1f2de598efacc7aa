import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { Standing } from './engagement.ts'
import { isClientAccountable } from './engagement.ts'
import { isStaff } from './actor.ts'
import { prose } from './text.ts'

export const SIGN_OFF_STATES = [
  'awaiting_approval',
  'approved',
  'changes_requested',
  'rejected',
  'superseded',
  'voided',
] as const
export type SignOffState = (typeof SIGN_OFF_STATES)[number]

/** What a person who is asked can answer. */
export const OUTCOMES = ['approved', 'changes_requested', 'rejected'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Every outcome that a record can have. */
export const DECISION_OUTCOMES = [
  ...OUTCOMES,
  'approved_with_conditions',
  'suspended',
  'restored',
  'voided',
  'waived',
  'revoked',
  'denied',
  'issued',
] as const
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number]

/** What somebody did, as a verb after their name. */
export const OUTCOME_VERBS: Readonly<Record<DecisionOutcome, string>> = {
  approved: 'approved',
  approved_with_conditions: 'approved with conditions',
  changes_requested: 'asked for changes to',
  rejected: 'rejected',
  suspended: 'suspended',
  restored: 'restored',
  voided: 'voided',
  waived: 'waived',
  revoked: 'revoked',
  denied: 'denied',
  issued: 'issued',
}

export const SIGN_OFF_STATE_WORDS: Readonly<Record<SignOffState, string>> = {
  awaiting_approval: 'Awaiting signature',
  approved: 'Signed',
  changes_requested: 'Changes requested',
  rejected: 'Rejected',
  superseded: 'Superseded',
  voided: 'Voided',
}

export const SignForm = z
  .object({
    /** Hash of the document that the page showed. */
    shownHash: z.string().regex(/^[0-9a-f]{64}$/, 'Open the page again: it did not say what it showed.'),
    outcome: z.enum(OUTCOMES, { error: 'Choose what you decide.' }),
    rationale: prose(2000, 'The reason'),
  })
  .superRefine((form, check) => {
    if (form.outcome !== 'approved' && form.rationale === '')
      check.addIssue({
        code: 'custom',
        path: ['rationale'],
        message: 'Say what has to change, so that the team can act on it.',
      })
  })
export type SignInput = z.infer<typeof SignForm>

/** Why the asker cannot decide on this sign-off now. */
export function signRefusal(standing: Standing, state: SignOffState): Refusal | null {
  if (state !== 'awaiting_approval')
    return { reason: `This was already decided: ${SIGN_OFF_STATE_WORDS[state].toLowerCase()}.` }
  if (isStaff(standing.actor)) return { reason: 'Only the client signs. Our side approved when it was sent.' }
  if (!isClientAccountable(standing))
    return { reason: 'Only the person who is accountable at the client can sign; you can read and comment.' }
  return null
}

/** Why a signature does not count although the asker may sign: the page was older than the record. */
export function staleRefusal(shownHash: string, currentHash: string): Refusal | null {
  return shownHash === currentHash
    ? null
    : { reason: 'This changed while you were reading. Read the new text below, then decide.' }
}

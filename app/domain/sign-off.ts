import { z } from 'zod'
import { isStaff } from './actor.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Condition } from './decision.ts'
import type { HeldSeat, Standing } from './engagement.ts'
import { isLead } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { raciFor } from './seat.ts'
import type { Outcome } from './outcome.ts'
import { FEEDBACK_GRADES, OUTCOMES } from './outcome.ts'
import type { SignOffState } from './sign-off-case.ts'
import { SIGN_OFF_STATE_WORDS } from './sign-off-case.ts'
import type { SignOffSubject } from './subject.ts'
import { day, prose } from './text.ts'
import { utcDay } from './zone.ts'

/** How many conditions one approval can have in the form. */
export const CONDITIONS_MAX = 3

const conditionText = prose(500, 'The condition').default('')
const conditionDue = day('The day of the condition')
  .or(z.literal('').transform(() => ''))
  .default('')

/** Hash of the document that the page showed. */
const shownHash = z.string().regex(/^[0-9a-f]{64}$/, 'Open the page again: it did not say what it showed.')

export const SignForm = z
  .object({
    shownHash,
    outcome: z.enum(OUTCOMES, { error: 'Choose what you decide.' }),
    rationale: prose(2000, 'The reason'),
    condition1: conditionText,
    condition1Due: conditionDue,
    condition2: conditionText,
    condition2Due: conditionDue,
    condition3: conditionText,
    condition3Due: conditionDue,
    password: z.string().max(1000).default(''),
  })
  .superRefine((form, check) => {
    const refuse = (field: string, message: string) => check.addIssue({ code: 'custom', path: [field], message })
    if ((form.outcome === 'changes_requested' || form.outcome === 'rejected') && form.rationale === '')
      refuse('rationale', 'Say what has to change, so that the team can act on it.')
    if (form.outcome !== 'approved_with_conditions') return
    const pairs = conditionPairs(form)
    const isEmpty = pairs.map(([, text]) => text === '')
    if (isEmpty.every(Boolean)) refuse('condition1', 'Name at least one condition.')
    for (const [index, [name, text, due]] of pairs.entries()) {
      if (text !== '' && due === '') refuse(`${name}Due`, 'Say by which day it has to be done.')
      if (text === '' && isEmpty.slice(index + 1).includes(false)) refuse(name, 'Fill this one in before the next.')
    }
  })
  .transform(({ shownHash, outcome, rationale, password, ...form }) => ({
    shownHash,
    outcome,
    rationale,
    password,
    conditions:
      outcome === 'approved_with_conditions'
        ? conditionPairs(form).flatMap(([, text, due]): Condition[] => (text === '' ? [] : [{ text, due }]))
        : [],
  }))

interface ConditionFields {
  readonly condition1: string
  readonly condition1Due: string
  readonly condition2: string
  readonly condition2Due: string
  readonly condition3: string
  readonly condition3Due: string
}

function conditionPairs(form: ConditionFields): (readonly [string, string, string])[] {
  return [
    ['condition1', form.condition1, form.condition1Due],
    ['condition2', form.condition2, form.condition2Due],
    ['condition3', form.condition3, form.condition3Due],
  ]
}

/** By field of the form: which conditions fall due on a day that has begun already, so that nobody could meet them. */
export function conditionFaults(conditions: readonly Condition[], now: Date): Record<string, string> {
  const today = utcDay(now)
  return Object.fromEntries(
    conditions.flatMap(({ due }, index) =>
      due > today ? [] : [[`condition${String(index + 1)}Due`, 'Choose a day after today.']],
    ),
  )
}

/** What a decision needs; conditions and password are absent where none are asked for. */
export interface SignInput {
  readonly shownHash: string
  readonly outcome: Outcome
  readonly rationale: string
  readonly conditions?: readonly Condition[] | undefined
  readonly password?: string | undefined
}

/** The asker's seat that may decide about this kind of thing for the client; null when there is none. */
export function signingSeat(standing: Standing, kind: SignOffSubject): HeldSeat | null {
  if (isStaff(standing.actor) || standing.actor.kind !== 'person') return null
  return standing.seats.find((seat) => raciFor(seat, kind) === 'A') ?? null
}

/** Why the asker cannot decide on this sign-off now. */
export function signRefusal(standing: Standing, state: SignOffState, kind: SignOffSubject): Refusal | null {
  if (state === 'collecting_feedback')
    return {
      reason:
        'The consulted are heard first. When they have answered, or the lead goes on without them, it is your turn.',
    }
  if (state !== 'awaiting_approval')
    return { reason: `This was already decided: ${SIGN_OFF_STATE_WORDS[state].toLowerCase()}.` }
  if (isStaff(standing.actor)) return { reason: 'Only the client signs. Our side approved when it was sent.' }
  if (signingSeat(standing, kind) === null)
    return { reason: 'Only the person who is accountable at the client can sign; you can read and give feedback.' }
  return null
}

/** Why a signature does not count although the asker may sign: the page was older than the record. */
export function staleRefusal(shownHash: string, currentHash: string): Refusal | null {
  return shownHash === currentHash
    ? null
    : { reason: 'This changed while you were reading. Read the new text below, then decide.' }
}

export const FeedbackForm = z
  .object({
    grade: z.enum(FEEDBACK_GRADES, { error: 'Choose what you think.' }),
    note: prose(2000, 'The note'),
  })
  .refine((form) => form.grade === 'ok' || form.note !== '', {
    path: ['note'],
    message: 'Say what the issue is, so that it can be answered.',
  })

export function feedbackRefusal(standing: Standing, state: SignOffState, kind: SignOffSubject): Refusal | null {
  if (state !== 'collecting_feedback' && state !== 'awaiting_approval')
    return { reason: `Feedback is for what is not decided yet; this is ${SIGN_OFF_STATE_WORDS[state].toLowerCase()}.` }
  return standing.seats.some((seat) => raciFor(seat, kind) !== 'I')
    ? null
    : { reason: 'People who are only informed give no feedback; ask the lead for a consulted seat.' }
}

/** Acts on a sign-off that are our lead’s: answering feedback, going on without it, voiding. */
export function leadActRefusal(standing: Standing): Refusal | null {
  return isLead(standing) ? null : { reason: 'Only the engagement lead does this.' }
}

export function answerRefusal(standing: Standing, state: SignOffState): Refusal | null {
  if (state !== 'collecting_feedback' && state !== 'awaiting_approval')
    return { reason: `Issues are answered before the decision; this is ${SIGN_OFF_STATE_WORDS[state].toLowerCase()}.` }
  return leadActRefusal(standing)
}

/** Meeting a condition is confirmed by whoever may sign, or by an accountable colleague. */
export function meetConditionRefusal(standing: Standing, kind: SignOffSubject, state: SignOffState): Refusal | null {
  if (state !== 'approved_with_conditions') return { reason: 'No condition is open here.' }
  return signingSeat(standing, kind) === null
    ? { reason: 'Only who is accountable at the client can say that a condition is met.' }
    : null
}

export const AnswerForm = z.object({ answer: prose(2000, 'The answer', 1) })
export const MetForm = z.object({ note: prose(1000, 'The note') })

export const RestoreForm = z.object({
  shownHash,
  reason: prose(1000, 'The reason', 1),
  password: z.string().max(1000).default(''),
})
export type RestoreInput = z.infer<typeof RestoreForm>

/** What a restoration is a decision on: which text, and why and when it was suspended. */
export function restorationDocument(signOff: {
  readonly subjectHash: string
  readonly stateReason: string
  readonly endedAt: Date | null
}): string {
  return canonicalJson({
    format: 'throughline.restoration/1',
    signed: signOff.subjectHash,
    suspendedBecause: signOff.stateReason,
    suspendedAt: signOff.endedAt?.toISOString() ?? null,
  })
}

export function restoreRefusal(standing: Standing, kind: SignOffSubject, state: SignOffState): Refusal | null {
  if (state !== 'suspended') return { reason: 'Only what is suspended can be restored.' }
  return signingSeat(standing, kind) === null
    ? { reason: 'Only who is accountable at the client restores what was suspended.' }
    : null
}

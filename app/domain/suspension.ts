import { z } from 'zod'
import type { CriterionContent, VersionState } from './criterion.ts'
import { isBelowFloor, plainNumber } from './criterion.ts'
import type { Standing } from './engagement.ts'
import { isClientAccountable, isLead, isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { day, decimal, prose } from './text.ts'

/** Why an agreement can be suspended. */
export const SUSPENSION_REASONS = [
  'breach',
  'drift',
  'data_withdrawn',
  'assumption_refuted',
  'approver_left',
  'law',
] as const
export type SuspensionReason = (typeof SUSPENSION_REASONS)[number]

export const SUSPENSION_WORDS: Readonly<Record<SuspensionReason, string>> = {
  breach: 'The live model breached the floor',
  drift: 'The live data is no more like the data that was agreed on',
  data_withdrawn: 'The data it rests on was withdrawn',
  assumption_refuted: 'An assumption it rests on was refuted',
  approver_left: 'Nobody at the client is accountable for it any more',
  law: 'The law changed',
}

export const SuspendForm = z.object({
  reason: z.enum(SUSPENSION_REASONS, { error: 'Choose the reason.' }),
  evidence: prose(2000, 'The evidence', 1),
})

/** Anybody who answers for the agreement can suspend it: our lead, and who is accountable at the client. */
export function suspendRefusal(standing: Standing, state: VersionState): Refusal | null {
  if (state !== 'agreed') return { reason: 'Only what is signed can be suspended.' }
  const mayAct = isLead(standing) || isClientAccountable(standing)
  return mayAct
    ? null
    : { reason: 'Only the engagement lead or who is accountable at the client suspends an agreement.' }
}

export const ReportForm = z
  .object({
    value: decimal('The value'),
    windowFrom: day('The first day'),
    windowTo: day('The last day'),
    note: prose(2000, 'The note'),
  })
  .refine((form) => form.windowFrom <= form.windowTo, {
    path: ['windowTo'],
    message: 'The last day is not before the first one.',
  })

/** Reports come from the team and from the client's people with a word in it; who is only informed reads. */
export function reportRefusal(standing: Standing, state: VersionState): Refusal | null {
  if (state !== 'agreed' && state !== 'suspended') return { reason: 'Only what is signed can be reported on.' }
  return isTeam(standing) || standing.seats.some((seat) => seat.raci !== 'I')
    ? null
    : { reason: 'People who are only informed do not report figures.' }
}

/** What a reported value suspends, in words; null when it is on the right side of the floor. */
export function breachOf(content: CriterionContent, value: number): string | null {
  return isBelowFloor(content, value) && content.floor !== null
    ? `Reported ${plainNumber(value)}; the floor is ${plainNumber(content.floor)}.`
    : null
}

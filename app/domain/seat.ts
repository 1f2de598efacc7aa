import { z } from 'zod'
import type { Raci, Standing } from './engagement.ts'
import { isLead, RACI, SEAT_FUNCTIONS } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { SignOffSubject } from './subject.ts'
import { SIGN_OFF_SUBJECTS } from './subject.ts'
import { day, emailAddress, line, prose } from './text.ts'

export const SEAT_STATES = ['open', 'invited', 'accepted', 'declined', 'denied', 'vacated'] as const
export type SeatState = (typeof SEAT_STATES)[number]

export const SEAT_STATE_WORDS: Readonly<Record<SeatState, string>> = {
  open: 'Open',
  invited: 'Invited',
  accepted: 'Accepted',
  declined: 'Declined',
  denied: 'Denied',
  vacated: 'Vacated',
}

/** A seat as the machine sees it. A person is there exactly while the seat is invited or accepted. */
export interface SeatCase {
  readonly state: SeatState
  readonly personId: string | null
}

/** What can be done to a seat. `by` is who does it. */
export type SeatAct =
  | { readonly kind: 'invite'; readonly personId: string }
  | { readonly kind: 'accept' | 'decline'; readonly by: string }
  | { readonly kind: 'deny' | 'vacate' | 'reopen' }

/**
 * The seat after an act, or why the act is not possible. Accepting and declining are acts of the invited person alone.
 * Source: domain model, states of a seat.
 */
export function seatAfter(seat: SeatCase, act: SeatAct): SeatCase | Refusal {
  switch (act.kind) {
    case 'invite':
      return seat.state === 'open'
        ? { state: 'invited', personId: act.personId }
        : refused(seat, 'Only an open seat can be given to a person.')
    case 'accept':
    case 'decline':
      if (seat.state !== 'invited') return refused(seat, 'There is no invitation to answer.')
      if (seat.personId !== act.by) return { reason: 'Only the person who was invited can answer the invitation.' }
      return act.kind === 'accept'
        ? { state: 'accepted', personId: seat.personId }
        : { state: 'declined', personId: null }
    case 'deny':
      return seat.state === 'open' || seat.state === 'invited'
        ? { state: 'denied', personId: null }
        : refused(seat, 'Only an open or invited seat can be denied.')
    case 'vacate':
      return seat.state === 'accepted'
        ? { state: 'vacated', personId: null }
        : refused(seat, 'Only an accepted seat can be vacated.')
    case 'reopen':
      return seat.state === 'declined' || seat.state === 'denied' || seat.state === 'vacated'
        ? { state: 'open', personId: null }
        : refused(seat, 'Only a seat that was declined, denied or vacated can be opened again.')
    default:
      return act satisfies never
  }
}

function refused(seat: SeatCase, sentence: string): Refusal {
  return { reason: `${sentence} This one is ${SEAT_STATE_WORDS[seat.state].toLowerCase()}.` }
}

/** Narrow what `seatAfter` said. */
export function isRefusal(result: SeatCase | Refusal): result is Refusal {
  return 'reason' in result
}

/** Why an act is not possible now; null when it is. */
export function actRefusal(seat: SeatCase, act: SeatAct): Refusal | null {
  const next = seatAfter(seat, act)
  return isRefusal(next) ? next : null
}

/** What a person is in decisions about one kind of thing: the seat's own word, unless that kind has one of its own. */
export function raciFor(
  seat: { readonly raci: Raci; readonly raciByKind?: Readonly<Partial<Record<SignOffSubject, Raci>>> },
  kind: SignOffSubject,
): Raci {
  return seat.raciByKind?.[kind] ?? seat.raci
}

/** RACI by kind of thing, as stored; kinds that follow the seat's own word are left out. */
export const RaciByKind = z.partialRecord(z.enum(SIGN_OFF_SUBJECTS), z.enum(RACI))
export type RaciByKind = z.infer<typeof RaciByKind>

const raciOrNone = z
  .enum(RACI)
  .optional()
  .or(z.literal('').transform(() => undefined))

export const SeatRaciForm = z
  .object({
    raci: z.enum(RACI, { error: 'Choose what this seat does in decisions.' }),
    problem_statement: raciOrNone,
    criterion_version: raciOrNone,
    deliverable_version: raciOrNone,
    model_version: raciOrNone,
    change_request: raciOrNone,
    handover: raciOrNone,
  })
  .transform(({ raci, ...byKind }) => ({ raci, byKind: RaciByKind.parse(withoutGaps(byKind)) }))

function withoutGaps(record: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

export const AddSeatForm = z.object({
  function: z.enum(SEAT_FUNCTIONS, { error: 'Choose a function.' }),
  raci: z.enum(RACI, { error: 'Choose what this seat does in decisions.' }),
  required: z.literal('yes').optional(),
  neededBy: day('The day')
    .nullable()
    .or(z.literal('').transform(() => null))
    .default(null),
})

export const ReasonForm = z.object({ reason: prose(1000, 'The reason', 1) })
export const DenyForm = z.object({ deniedBy: line(120, 'Who denied it'), reason: prose(1000, 'The reason', 1) })
export const RequireForm = z
  .object({ required: z.enum(['yes', 'no'], { error: 'Choose one.' }), reason: prose(1000, 'The reason') })
  .refine((form) => form.required === 'yes' || form.reason !== '', {
    path: ['reason'],
    message: 'Say why the engagement can do without this seat: the reason stays in sight.',
  })
export const DelegateForm = z.object({
  name: line(120, 'A name'),
  email: emailAddress,
  until: day('The last day'),
  note: prose(1000, 'The note'),
})

/** Who may change the table: the engagement's lead. */
export function seatChangeRefusal(standing: Standing): Refusal | null {
  return isLead(standing)
    ? null
    : { reason: 'Only the engagement lead changes the table; ask for it in a comment or by mail.' }
}

/** Delegating is the holder's own act, within the holder's organisation. */
export function delegateRefusal(seat: SeatCase, personId: string): Refusal | null {
  if (seat.personId !== personId) return { reason: 'Only the person who holds a seat can delegate it.' }
  return seat.state === 'accepted' ? null : { reason: 'Accept the seat first; then it can be delegated.' }
}

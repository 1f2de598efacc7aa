import { z } from 'zod'
import { isExecutive, isStaff } from './actor.ts'
import type { EngagementState, SeatFunction, Standing } from './engagement.ts'
import { SEAT_FUNCTION_WORDS } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { SeatState } from './seat.ts'
import { day, prose } from './text.ts'

export interface ReadinessFacts {
  readonly problemAgreed: boolean
  readonly criteriaAgreedCount: number
  readonly seats: readonly {
    readonly function: SeatFunction
    readonly required: boolean
    /** Why the engagement does without a seat that was required; empty otherwise. */
    readonly requiredNote?: string
    readonly state: SeatState
  }[]
  /** An executive's waiver of this gate that is in force. */
  readonly isWaived: boolean
}

export interface ReadinessItem {
  readonly label: string
  readonly isMet: boolean
  /** What is missing and who can give it; or why it was switched off. */
  readonly because: string
  /** True when nobody waits for it any more, by a reason that stays in sight. */
  readonly isOff?: boolean | undefined
}

/** Every condition for becoming active, met or not. Source: product need 7. */
export function readinessGate(facts: ReadinessFacts): ReadinessItem[] {
  return [
    {
      label: 'The problem statement is signed',
      isMet: facts.problemAgreed,
      because: facts.problemAgreed ? 'The client signed it.' : 'The client’s accountable person has to sign it.',
    },
    {
      label: 'At least one criterion is signed',
      isMet: facts.criteriaAgreedCount > 0,
      because:
        facts.criteriaAgreedCount > 0
          ? `${String(facts.criteriaAgreedCount)} signed.`
          : 'The client’s accountable person has to sign one.',
    },
    ...facts.seats
      .filter((seat) => seat.required)
      .map((seat) => ({
        label: `${SEAT_FUNCTION_WORDS[seat.function]} is at the table`,
        isMet: seat.state === 'accepted',
        because: MISSING[seat.state],
      })),
    ...facts.seats
      .filter((seat) => !seat.required && seat.requiredNote !== undefined && seat.requiredNote !== '')
      .map((seat) => ({
        label: `${SEAT_FUNCTION_WORDS[seat.function]} is at the table`,
        isMet: true,
        because: seat.requiredNote ?? '',
        isOff: true,
      })),
  ]
}

const MISSING: Readonly<Record<SeatState, string>> = {
  accepted: 'The seat is accepted.',
  open: 'Nobody was asked yet; the engagement lead invites.',
  invited: 'The invited person has to accept.',
  declined: 'The person declined; the engagement lead asks somebody else.',
  denied: 'The client’s organisation denied the seat; the sponsor can change that, or an executive waives the gate.',
  vacated: 'The person left the seat; the engagement lead asks somebody else.',
}

/** The definition itself is never waived: without it there is nothing to be active for. */
export function isReady(facts: ReadinessFacts): boolean {
  const isDefined = facts.problemAgreed && facts.criteriaAgreedCount > 0
  return isDefined && (facts.isWaived || readinessGate(facts).every((item) => item.isMet))
}

export const WaiverForm = z.object({
  reason: prose(2000, 'The reason', 1),
  risk: prose(2000, 'The risk', 1),
  expiresOn: day('The last day of the waiver'),
})

/** @param facts.missingCount conditions about seats that are not met */
export function waiverRefusal(
  standing: Standing,
  state: EngagementState,
  facts: { readonly missingCount: number; readonly isWaived: boolean },
): Refusal | null {
  if (!isStaff(standing.actor) || !isExecutive(standing.actor))
    return { reason: 'Only an executive of the consultancy can waive the readiness gate.' }
  if (facts.isWaived) return { reason: 'The gate is waived already.' }
  if (state !== 'draft' && state !== 'readiness') return { reason: `The gate is behind: this engagement is ${state}.` }
  return facts.missingCount === 0 ? { reason: 'No required seat is missing, so there is nothing to waive.' } : null
}

/** Days that a waiver may last at most. */
export const WAIVER_DAYS_MAX = 90

/**
 * The next state that follows from the record alone: draft becomes readiness when something was sent for signature,
 * readiness becomes active when the gate is passed or waived.
 */
export function stateByRecord(
  state: EngagementState,
  facts: ReadinessFacts & { readonly sentForSignature: boolean },
): EngagementState {
  const reached = state === 'draft' && facts.sentForSignature ? 'readiness' : state
  return reached === 'readiness' && isReady(facts) ? 'active' : reached
}

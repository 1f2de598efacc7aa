import type { PersonActor } from './actor.ts'
import { isExecutive, isStaff } from './actor.ts'
import type { SeatFunction, Standing } from './engagement.ts'
import { holds, isTeam, SEAT_FUNCTION_WORDS, seatSide } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { EngagementId, PersonId } from './ids.ts'

/** How long somebody of ours can look through a client's eyes before they are themselves again. */
export const VIEWING_MINUTES = 30

/** One of our people looks at one engagement exactly as a person of the client would: read only, for a short time. */
export interface Viewing {
  readonly engagementId: EngagementId
  /** Whose eyes. Nothing outside the engagement exists for them. */
  readonly as: PersonActor
  /** Who really sits there. */
  readonly by: PersonActor
  readonly until: Date
}

/** Whose view may be looked at: a client's seat that a person holds, for the lead and for executives. */
export function viewAsRefusal(
  standing: Standing,
  seat: { readonly function: SeatFunction; readonly personId: string | null },
): Refusal | null {
  if (!isStaff(standing.actor) || !isTeam(standing))
    return { reason: 'Only the consultancy looks at an engagement as the client.' }
  if (!holds(standing, 'engagement_lead') && !isExecutive(standing.actor))
    return { reason: 'Only the engagement lead or an executive looks at an engagement as the client.' }
  if (seat.personId === null) return { reason: 'Nobody holds this seat, so there is nothing to see.' }
  return seatSide(seat.function) === 'client' ? null : { reason: 'This seat is on our side of the table.' }
}

/** What every door that would change something says meanwhile. */
export function viewingRefusal(viewing: { readonly as: { readonly name: string } }): Refusal {
  return { reason: `You look at this as ${viewing.as.name}: nothing can be changed. End the view first.` }
}

/** The sentence of the event; the client reads it, too. */
export function viewingSummary(by: { name: string }, as: { name: string; function: SeatFunction }): string {
  return `${by.name} looked at this engagement as ${as.name} (${SEAT_FUNCTION_WORDS[as.function]}) sees it, read only, for at most ${String(VIEWING_MINUTES)} minutes.`
}

/** What a session remembers of it. */
export interface SessionViewing {
  readonly engagementId: EngagementId
  readonly personId: PersonId
  readonly until: Date
}

import { z } from 'zod'
import type { Actor } from './actor.ts'
import { isExecutive, isStaff } from './actor.ts'
import type { Refusal } from './errors.ts'
import type { SignOffSubject } from './subject.ts'
import { day, line, prose } from './text.ts'

export const ENGAGEMENT_STATES = [
  'draft',
  'readiness',
  'active',
  'paused',
  'handover',
  'operate',
  'closed',
  'cancelled',
] as const
export type EngagementState = (typeof ENGAGEMENT_STATES)[number]

/** Legal moves; any state but the final ones may also be cancelled. */
const MOVES: Readonly<Record<EngagementState, readonly EngagementState[]>> = {
  draft: ['readiness', 'cancelled'],
  readiness: ['active', 'cancelled'],
  active: ['paused', 'handover', 'cancelled'],
  paused: ['active', 'cancelled'],
  handover: ['operate', 'cancelled'],
  operate: ['closed', 'cancelled'],
  closed: [],
  cancelled: [],
}

export const SEAT_FUNCTIONS = [
  'sponsor',
  'domain_expert',
  'data_owner',
  'legal_privacy',
  'security',
  'it_warehouse',
  'end_user_rep',
  'model_validator',
  'engagement_lead',
  'data_scientist',
  'engineer',
] as const
export type SeatFunction = (typeof SEAT_FUNCTIONS)[number]

const STAFF_FUNCTIONS: readonly SeatFunction[] = ['engagement_lead', 'data_scientist', 'engineer']

export const SEAT_FUNCTION_WORDS: Readonly<Record<SeatFunction, string>> = {
  sponsor: 'Sponsor',
  domain_expert: 'Domain expert',
  data_owner: 'Data owner',
  legal_privacy: 'Legal and privacy',
  security: 'Security',
  it_warehouse: 'IT and data warehouse',
  end_user_rep: 'End-user representative',
  model_validator: 'Model validator',
  engagement_lead: 'Engagement lead',
  data_scientist: 'Data scientist',
  engineer: 'Engineer',
}

/** Which side of the table a function sits on. */
export function seatSide(seatFunction: SeatFunction): 'consultancy' | 'client' {
  return STAFF_FUNCTIONS.includes(seatFunction) ? 'consultancy' : 'client'
}

/** Responsible, accountable, consulted, informed: who may agree and who is heard. */
export const RACI = ['R', 'A', 'C', 'I'] as const
export type Raci = (typeof RACI)[number]

export const RACI_WORDS: Readonly<Record<Raci, string>> = {
  A: 'Accountable: signs',
  R: 'Responsible: does the work',
  C: 'Consulted: is heard before',
  I: 'Informed',
}

export interface HeldSeat {
  readonly function: SeatFunction
  readonly raci: Raci
  /** Where a kind of thing has a word of its own. */
  readonly raciByKind?: Readonly<Partial<Record<SignOffSubject, Raci>>>
  /** Set when somebody else holds the seat and the asker acts for them. */
  readonly onBehalfOf?: { readonly id: string; readonly name: string } | null
}

/** What the asker is in one engagement. */
export interface Standing {
  readonly actor: Actor
  readonly seats: readonly HeldSeat[]
}

export function holds(standing: Standing, seatFunction: SeatFunction): boolean {
  return standing.seats.some((seat) => seat.function === seatFunction)
}

/** Consultancy people with a seat at this table, and executives. */
export function isTeam(standing: Standing): boolean {
  return isStaff(standing.actor) && (standing.seats.length > 0 || isExecutive(standing.actor))
}

/** Leads this engagement for the consultancy. */
export function isLead(standing: Standing): boolean {
  return isTeam(standing) && holds(standing, 'engagement_lead')
}

/** The client's person whose signature makes an agreement. */
export function isClientAccountable(standing: Standing): boolean {
  return (
    !isStaff(standing.actor) && standing.actor.kind === 'person' && standing.seats.some((seat) => seat.raci === 'A')
  )
}

const OPERATING_FUNCTIONS: readonly SeatFunction[] = ['domain_expert', 'data_owner', 'it_warehouse']

/**
 * The client's people who run the model once the hand-over is signed: who signs, and their experts, data owners and IT.
 * Source: DECISIONS.md 0063.
 */
export function isOperator(standing: Standing): boolean {
  return (
    isClientAccountable(standing) ||
    (!isStaff(standing.actor) && standing.seats.some((seat) => OPERATING_FUNCTIONS.includes(seat.function)))
  )
}

/** What an engagement begins with; nothing of it is rigid. */
export const ENGAGEMENT_TEMPLATES = ['classification', 'forecasting', 'high_risk', 'full_table', 'blank'] as const
export type EngagementTemplate = (typeof ENGAGEMENT_TEMPLATES)[number]

export const TEMPLATE_WORDS: Readonly<Record<EngagementTemplate, string>> = {
  classification: 'Classification: which cases to look at first',
  forecasting: 'Forecasting: how much of it, and when',
  high_risk: 'High risk or regulated: people are decided about',
  full_table: 'A full table and nothing else',
  blank: 'Blank',
}

export const EngagementForm = z.object({
  name: line(120, 'A name'),
  clientOrganisationId: line(36, 'A client'),
  problem: prose(8000, 'The problem in plain words', 1),
  decisionSupported: prose(2000, 'The decision it supports', 1),
  affectedPeople: prose(2000, 'Who is affected'),
  inScope: prose(4000, 'What is in scope', 1),
  outOfScope: prose(4000, 'What is out of scope'),
  targetEnd: day('The target end')
    .optional()
    .or(z.literal('').transform(() => undefined)),
  template: z.enum(ENGAGEMENT_TEMPLATES).optional(),
})
export type EngagementInput = z.infer<typeof EngagementForm>

export function openEngagementRefusal(actor: Actor): Refusal | null {
  return isStaff(actor) ? null : { reason: 'Only the consultancy opens engagements.' }
}

/** Moves of a whole engagement are the lead's, or an executive's. */
export function moveRefusal(standing: Standing, from: EngagementState, to: EngagementState): Refusal | null {
  if (!isTeam(standing) || (!holds(standing, 'engagement_lead') && !isExecutive(standing.actor)))
    return { reason: 'Only the engagement lead or an executive can change the state of an engagement.' }
  if (to === 'operate')
    return { reason: 'An engagement goes into operation by itself when the client has signed its hand-over.' }
  if (!MOVES[from].includes(to)) return { reason: `An engagement that is ${from} cannot become ${to}.` }
  return null
}

/** Work cannot be added to an engagement that has ended. */
export function endedRefusal(state: EngagementState): Refusal | null {
  return state === 'closed' || state === 'cancelled'
    ? { reason: `This engagement is ${state}; it can be read, not changed.` }
    : null
}

export function inviteRefusal(standing: Standing): Refusal | null {
  return isLead(standing) ? null : { reason: 'Only the engagement lead invites people to the table.' }
}

/** One item per line of what a person typed. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((item) => item.replace(/^\s*[-*•]\s*/, '').trim())
    .filter((item) => item !== '')
}

import type { EngagementId, JobId, OrganisationId, PersonId, TokenId } from './ids.ts'

export const ORGANISATION_KINDS = ['consultancy', 'client'] as const
export type OrganisationKind = (typeof ORGANISATION_KINDS)[number]

/** What a person may do in their own organisation. `executive` and `owner` review every engagement of the consultancy. */
export const ORGANISATION_ROLES = ['owner', 'executive', 'admin', 'member'] as const
export type OrganisationRole = (typeof ORGANISATION_ROLES)[number]

export const TOKEN_SCOPES = ['track', 'predict'] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]

/** A person who signed in, or whose token was shown. */
export interface PersonActor {
  readonly kind: 'person'
  readonly personId: PersonId
  readonly name: string
  readonly email: string
  readonly organisationId: OrganisationId
  readonly organisationName: string
  readonly organisationKind: OrganisationKind
  readonly role: OrganisationRole
  readonly timeZone: string
  /** Set when the person acts through a token: nothing outside this engagement exists for it. */
  readonly onlyEngagementId: EngagementId | null
  /** The token that was shown, and how often it may ask a live model in a minute; null: as often as it likes. */
  readonly token?: { readonly id: TokenId; readonly requestsPerMinute: number | null }
}

/** A job that a person started: it holds a token for its own engagement and no more. */
export interface JobActor {
  readonly kind: 'job'
  readonly jobId: JobId
  readonly name: string
  readonly onlyEngagementId: EngagementId
}

export type Actor = PersonActor | JobActor

export function isStaff(actor: Actor): boolean {
  return actor.kind === 'person' && actor.organisationKind === 'consultancy'
}

/** Executives and owners of the consultancy see every engagement. */
export function isExecutive(actor: Actor): boolean {
  return isStaff(actor) && actor.kind === 'person' && (actor.role === 'executive' || actor.role === 'owner')
}

/** Who may invite staff, add client organisations and read the development outbox. */
export function isFirmAdmin(actor: Actor): boolean {
  return isStaff(actor) && actor.kind === 'person' && (actor.role === 'admin' || actor.role === 'owner')
}

/** The roles that somebody may give a colleague: an administrator gives no right beyond their own. */
export function rolesToGive(actor: Actor): readonly OrganisationRole[] {
  if (!isFirmAdmin(actor)) return []
  return actor.kind === 'person' && actor.role === 'owner' ? ORGANISATION_ROLES : ['admin', 'member']
}

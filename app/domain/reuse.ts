import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isClientAccountable, isLead } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { day, line, prose } from './text.ts'
import { utcDay } from './zone.ts'

/** What the borrowing engagement may do. */
export const REUSE_SCOPES = ['predict', 'predict_and_card'] as const
export type ReuseScope = (typeof REUSE_SCOPES)[number]

export const REUSE_SCOPE_WORDS: Readonly<Record<ReuseScope, string>> = {
  predict: 'Ask it for predictions',
  predict_and_card: 'Ask it for predictions, and read what its model card says',
}

/** `awaiting_consent`: the client whose engagement owns the model has not agreed yet. Expiry is a date, not a state. */
export const REUSE_STATES = ['awaiting_consent', 'active', 'declined', 'revoked'] as const
export type ReuseState = (typeof REUSE_STATES)[number]

/** Where a grant stands at a moment, as people and callers are told. */
export const REUSE_STANDINGS = [...REUSE_STATES, 'expired'] as const
export type ReuseStanding = (typeof REUSE_STANDINGS)[number]

export const REUSE_STANDING_WORDS: Readonly<Record<ReuseStanding, string>> = {
  awaiting_consent: 'Awaiting consent',
  active: 'In force',
  declined: 'Declined',
  revoked: 'Revoked',
  expired: 'Expired',
}

/** The standing of a grant at `now`: what was revoked stays revoked, what ran out is expired also before it was agreed to. */
export function reuseStanding(
  grant: { readonly state: ReuseState; readonly expiresAt: Date },
  now: Date,
): ReuseStanding {
  const isRunning = grant.state === 'active' || grant.state === 'awaiting_consent'
  return isRunning && grant.expiresAt <= now ? 'expired' : grant.state
}

/** What programs read when a model that was lent is not any more. */
export const REUSE_CODES = ['REUSE_EXPIRED', 'REUSE_REVOKED'] as const

/** Why a caller of a borrowed model is refused; null: it may ask. */
export function borrowedRefusal(
  standing: ReuseStanding,
): { readonly code: (typeof REUSE_CODES)[number]; readonly reason: string } | null {
  switch (standing) {
    case 'active':
      return null
    case 'expired':
      return {
        code: 'REUSE_EXPIRED',
        reason: 'The time for which this model was lent is over. Its owner can lend it anew.',
      }
    case 'awaiting_consent':
    case 'declined':
    case 'revoked':
      return { code: 'REUSE_REVOKED', reason: 'This model is not lent any more. Its owner took it back.' }
    default:
      return standing satisfies never
  }
}

/** Longest time for which a model is lent at once, in days. */
export const REUSE_DAYS_MAX = 366

export const ReuseForm = z.object({
  /** The code of the borrowing engagement, such as MAM-2. */
  toCode: line(40, 'The code').transform((text) => text.toUpperCase()),
  scope: z.enum(REUSE_SCOPES, { error: 'Choose what they may do.' }),
  /** Who borrows, in words that both clients may read. */
  borrower: line(200, 'A description'),
  purpose: prose(1000, 'The purpose', 1),
  /** The last day. */
  until: day('The last day'),
})
export type ReuseInput = z.infer<typeof ReuseForm>

/** The moment at which a grant whose last day is `until` ends: the end of that day, in UTC. @returns why not, or the moment */
export function reuseEnd(until: string, now: Date): Date | string {
  const end = new Date(new Date(`${until}T00:00:00Z`).getTime() + 86_400_000)
  if (end <= now) return 'The last day is over already.'
  if (end.getTime() - now.getTime() > (REUSE_DAYS_MAX + 1) * 86_400_000)
    return `At most ${String(REUSE_DAYS_MAX)} days. Lend it anew when they are over.`
  return end
}

/** The last day of a grant, in UTC, as YYYY-MM-DD. */
export function lastDayOf(expiresAt: Date): string {
  return utcDay(new Date(expiresAt.getTime() - 1))
}

/** What a borrower learns by names, for whoever lends and whoever agrees. Source: DECISIONS.md 0064. */
export function namesSeenByBorrower({
  modelName,
  slug,
}: {
  readonly modelName: string
  readonly slug: string
}): string {
  return `The name of the model, “${modelName}”, and of its endpoint, “${slug}”. A name that tells whose it is tells them, too.`
}

/** Who lends: the lead of the engagement that owns the model. */
export function lendRefusal(standing: Standing): Refusal | null {
  return isLead(standing) ? null : { reason: 'The lead of the engagement that owns the model lends it.' }
}

/** Whether the owning client has to agree: whenever the borrower is another client's. Source: DECISIONS.md 0064. */
export function asksConsent(owner: { readonly clientId: string }, borrower: { readonly clientId: string }): boolean {
  return owner.clientId !== borrower.clientId
}

export function consentRefusal(standing: Standing, at: ReuseStanding): Refusal | null {
  if (at !== 'awaiting_consent')
    return { reason: `It does not wait for an answer: ${REUSE_STANDING_WORDS[at].toLowerCase()}.` }
  return isClientAccountable(standing)
    ? null
    : { reason: 'The accountable person of the client that owns the model agrees to it.' }
}

/** Taking back is easier than giving: the lead or whoever signs for the owning client, at any time. */
export function revokeReuseRefusal(standing: Standing, at: ReuseStanding): Refusal | null {
  if (at !== 'active' && at !== 'awaiting_consent')
    return { reason: `There is nothing to take back: ${REUSE_STANDING_WORDS[at].toLowerCase()}.` }
  // The client answers what they are asked; they take back what they agreed to.
  return isLead(standing) || (isClientAccountable(standing) && at === 'active')
    ? null
    : { reason: 'The engagement lead or the client’s accountable person takes it back.' }
}

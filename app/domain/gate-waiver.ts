import { z } from 'zod'
import type { GateItem } from './deployment.ts'
import { deployRefusal, isBlocking, isWaivable } from './deployment.ts'
import type { Standing } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { signingSeat } from './sign-off.ts'
import type { RiskTier } from './signing-rule.ts'
import { prose } from './text.ts'

/** `requested` waits for the second person; `active` lets the named items pass until it expires. */
export const WAIVER_STATES = ['requested', 'active', 'refused', 'expired'] as const
export type WaiverState = (typeof WAIVER_STATES)[number]

export const WAIVER_STATE_WORDS: Readonly<Record<WaiverState, string>> = {
  requested: 'Waits for the client',
  active: 'Active',
  refused: 'Refused',
  expired: 'Expired',
}

/** An emergency is short. Source: product invariant 8 (“expiry ≤ N days”); N is ours. */
export const WAIVER_DAYS_MAX = 14

export const WaiverForm = z.object({
  reason: prose(2000, 'The reason', 10),
  risk: prose(2000, 'The risk that is taken', 10),
  days: z.coerce
    .number({ error: 'Give a number of days.' })
    .int('Give whole days.')
    .min(1, 'At least one day.')
    .max(WAIVER_DAYS_MAX, `At most ${String(WAIVER_DAYS_MAX)} days.`),
})
export const GateSwitchForm = z.object({
  state: z.enum(['off', 'on'], { error: 'Open the page again.' }),
  reason: prose(2000, 'The reason', 1),
  password: z.string().max(200).default(''),
})
export const WaiverDecisionForm = z.object({
  outcome: z.enum(['granted', 'refused'], { error: 'Grant or refuse it.' }),
  password: z.string().max(200).default(''),
})
export type WaiverInput = z.infer<typeof WaiverForm>

export function waivableItems(gate: readonly GateItem[]): GateItem[] {
  return gate.filter((item) => isBlocking(item) && isWaivable(item))
}

export function requestWaiverRefusal(standing: Standing, gate: readonly GateItem[]): Refusal | null {
  if (!gate.some(isBlocking)) return { reason: 'Every condition is met; no waiver is needed.' }
  const fixed = gate.find((item) => isBlocking(item) && !isWaivable(item))
  if (fixed) return { reason: `A waiver does not help with “${fixed.label}”: ${fixed.because}` }
  return deployRefusal(standing)
}

/** Whether granting asks for the password again: as signing does in the highest tier. */
export function waiverAsksPassword(tier: RiskTier): boolean {
  return tier === 'high'
}

/** Whether switching a condition asks for the password again: off lasts longer than any waiver, on takes nothing away. */
export function switchAsksPassword(tier: RiskTier, state: 'off' | 'on'): boolean {
  return state === 'off' && waiverAsksPassword(tier)
}

/** Whether a criterion is a condition for going live is who signed it to say: the client, and without a time. */
export function switchGateRefusal(standing: Standing): Refusal | null {
  return signingSeat(standing, 'model_version') === null
    ? { reason: 'Only who is accountable at the client for model versions switches a condition off or on.' }
    : null
}

/**
 * The second person is the client’s: the conditions are what the client signed, so only the client can let them pass.
 * It is never the person who asked.
 */
export function decideWaiverRefusal(
  standing: Standing,
  waiver: { state: WaiverState; requestedBy: string },
): Refusal | null {
  if (waiver.state !== 'requested')
    return { reason: `This waiver is ${WAIVER_STATE_WORDS[waiver.state].toLowerCase()} already.` }
  if (standing.actor.kind === 'person' && standing.actor.personId === waiver.requestedBy)
    return { reason: 'Whoever asks for a waiver cannot grant it: it takes two people.' }
  return signingSeat(standing, 'model_version') === null
    ? { reason: 'Only who is accountable at the client for model versions can grant a waiver.' }
    : null
}

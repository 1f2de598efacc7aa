import { z } from 'zod'
import { deployRefusal } from './deployment.ts'
import type { Standing } from './engagement.ts'
import { holds } from './engagement.ts'
import type { Refusal } from './errors.ts'

/** What a rule watches. Criteria are watched without a rule: their limits are signed. */
export const ALERT_KINDS = ['error_rate', 'latency_p95', 'silence', 'drift'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const ALERT_KIND_WORDS: Readonly<Record<AlertKind, string>> = {
  error_rate: 'Share of failed requests above (percent)',
  latency_p95: '95th percentile of the latency above (milliseconds)',
  silence: 'No request for longer than (minutes)',
  drift: 'Drift of the scores above (PSI)',
}

export const AlertRuleForm = z
  .object({
    kind: z.enum(ALERT_KINDS, { error: 'Choose what is watched.' }),
    threshold: z.coerce.number({ error: 'Give a number.' }).positive('Give a number above 0.').max(1_000_000),
    forMinutes: z.coerce
      .number({ error: 'Give minutes.' })
      .int('Give whole minutes.')
      .min(0, 'At least 0.')
      .max(1440, 'At most a day.'),
    suspends: z
      .literal('yes')
      .optional()
      .transform((ticked) => ticked === 'yes'),
    retrains: z
      .literal('yes')
      .optional()
      .transform((ticked) => ticked === 'yes'),
  })
  .refine((form) => !form.retrains || form.kind === 'drift', {
    path: ['kind'],
    message: 'Only drift starts a retraining; the other rules tell people.',
  })
  .refine((form) => !form.suspends || form.kind === 'drift', {
    path: ['kind'],
    message: 'Only drift suspends what is signed; the other rules tell people.',
  })
export type AlertRuleInput = z.infer<typeof AlertRuleForm>

/** `pending`: true, but not for long enough to tell anybody. */
export const ALERT_STATES = ['pending', 'open', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** What an endpoint did over the window that rules look at. */
export interface EndpointFacts {
  readonly requests: number
  /** Failures of ours; a request that was refused because it was wrong is not one. */
  readonly serverErrors: number
  readonly latencyMsP95: number | null
  /** Null when there never was a request. */
  readonly minutesSilent: number | null
  readonly scorePsi: number | null
}

/** The sentence that is true now, or null when the rule has nothing to say. Rates below 20 requests say nothing. */
export function ruleSentence(rule: { kind: AlertKind; threshold: number }, facts: EndpointFacts): string | null {
  const { threshold } = rule
  switch (rule.kind) {
    case 'error_rate': {
      const percent = facts.requests < REQUESTS_MIN ? 0 : (100 * facts.serverErrors) / facts.requests
      return percent > threshold
        ? `${percent.toFixed(1)} % of ${String(facts.requests)} requests failed; the limit is ${String(threshold)} %.`
        : null
    }
    case 'latency_p95': {
      const value = facts.requests < REQUESTS_MIN ? null : facts.latencyMsP95
      return value !== null && value > threshold
        ? `The 95th percentile of the latency is ${value.toFixed(1)} ms; the limit is ${String(threshold)} ms.`
        : null
    }
    case 'silence':
      return facts.minutesSilent !== null && facts.minutesSilent > threshold
        ? `No request for ${String(Math.floor(facts.minutesSilent))} minutes; the limit is ${String(threshold)}.`
        : null
    case 'drift':
      return facts.scorePsi !== null && facts.scorePsi > threshold
        ? `The scores drifted: PSI ${facts.scorePsi.toFixed(2)}; the limit is ${String(threshold)}.`
        : null
    default:
      return rule.kind satisfies never
  }
}

const REQUESTS_MIN = 20

/**
 * The next state of an alert.
 * @param before the standing alert, or null when there is none (or it was resolved)
 * @returns null when there is nothing to write
 */
export function nextAlertState(
  before: { readonly state: 'pending' | 'open'; readonly since: Date } | null,
  input: { readonly isTrue: boolean; readonly forMinutes: number; readonly now: Date },
): AlertState | null {
  if (!input.isTrue) return before === null ? null : 'resolved'
  const minutes = before === null ? 0 : (input.now.getTime() - before.since.getTime()) / 60_000
  const next = minutes >= input.forMinutes ? 'open' : 'pending'
  return before?.state === 'open' || before?.state === next ? null : next
}

/** Whoever suspends by hand says that a rule may. */
export function suspendingRuleRefusal(standing: Standing): Refusal | null {
  return holds(standing, 'engagement_lead')
    ? null
    : { reason: 'Only the engagement lead lets a rule suspend what is signed.' }
}

export function alertRefusal(standing: Standing): Refusal | null {
  return deployRefusal(standing)
}

import { z } from 'zod'
import { deployRefusal } from './deployment.ts'
import type { Raci, SeatFunction, Standing } from './engagement.ts'
import { holds } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { ticked } from './text.ts'

/** What a rule watches. Criteria are watched without a rule: their limits are signed. */
export const ALERT_KINDS = ['error_rate', 'latency_p95', 'silence', 'drift'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const ALERT_KIND_WORDS: Readonly<Record<AlertKind, string>> = {
  error_rate: 'Share of failed requests above (percent)',
  latency_p95: '95th percentile of the latency above (milliseconds)',
  silence: 'No request for longer than (minutes)',
  drift: 'Drift of the scores above (PSI)',
}

/** Whom a rule tells, beside the engagement lead, who hears of everything. */
export const ALERT_RECIPIENTS = ['runs_it', 'signs_it', 'uses_it', 'hosts_it'] as const
export type AlertRecipient = (typeof ALERT_RECIPIENTS)[number]

export const ALERT_RECIPIENT_WORDS: Readonly<Record<AlertRecipient, string>> = {
  runs_it: 'Our data scientists and engineers',
  signs_it: 'Who is accountable at the client',
  uses_it: 'The client’s domain experts and end users',
  hosts_it: 'The client’s IT',
}

/** Whether somebody in this seat is told. */
export function isTold(
  recipients: readonly AlertRecipient[],
  seat: { readonly function: SeatFunction; readonly raci: Raci },
): boolean {
  const groups: Readonly<Record<AlertRecipient, boolean>> = {
    runs_it: seat.function === 'data_scientist' || seat.function === 'engineer',
    signs_it: seat.raci === 'A',
    uses_it: seat.function === 'domain_expert' || seat.function === 'end_user_rep',
    hosts_it: seat.function === 'it_warehouse',
  }
  return seat.function === 'engagement_lead' || recipients.some((recipient) => groups[recipient])
}

/** Whom a rule tells, as part of a sentence. */
export function toldWords(recipients: readonly AlertRecipient[]): string {
  const others = recipients.map((recipient) => ALERT_RECIPIENT_WORDS[recipient])
  return ['the engagement lead', ...others.map((words) => words.charAt(0).toLowerCase() + words.slice(1))].join(', ')
}

export const AlertRuleForm = z
  .object({
    runs_it: ticked,
    signs_it: ticked,
    uses_it: ticked,
    hosts_it: ticked,
    kind: z.enum(ALERT_KINDS, { error: 'Choose what is watched.' }),
    threshold: z.coerce.number({ error: 'Give a number.' }).positive('Give a number above 0.').max(1_000_000),
    forMinutes: z.coerce
      .number({ error: 'Give minutes.' })
      .int('Give whole minutes.')
      .min(0, 'At least 0.')
      .max(1440, 'At most a day.'),
    suspends: ticked,
    retrains: ticked,
  })
  .refine((form) => !form.retrains || form.kind === 'drift', {
    path: ['kind'],
    message: 'Only drift starts a retraining; the other rules tell people.',
  })
  .refine((form) => !form.suspends || form.kind === 'drift', {
    path: ['kind'],
    message: 'Only drift suspends what is signed; the other rules tell people.',
  })
  .transform(({ runs_it, signs_it, uses_it, hosts_it, ...form }) => {
    const given = { runs_it, signs_it, uses_it, hosts_it }
    return { ...form, recipients: ALERT_RECIPIENTS.filter((recipient) => given[recipient]) }
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

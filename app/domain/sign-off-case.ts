import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { FeedbackGrade, Outcome } from './outcome.ts'

export const SIGN_OFF_STATES = [
  'collecting_feedback',
  'awaiting_approval',
  'approved',
  'approved_with_conditions',
  'changes_requested',
  'rejected',
  'superseded',
  'voided',
  'suspended',
  'expired',
  'lapsed',
] as const
export type SignOffState = (typeof SIGN_OFF_STATES)[number]

export const SIGN_OFF_STATE_WORDS: Readonly<Record<SignOffState, string>> = {
  collecting_feedback: 'Collecting feedback',
  awaiting_approval: 'Awaiting signature',
  approved: 'Signed',
  approved_with_conditions: 'Signed with conditions',
  changes_requested: 'Changes requested',
  rejected: 'Rejected',
  superseded: 'Superseded',
  voided: 'Voided',
  suspended: 'Suspended',
  expired: 'Expired',
  lapsed: 'Lapsed: a condition was not met',
}

/** How one sign-off is decided; frozen when it is sent. */
export const SignOffRule = z.object({
  /** How many distinct persons have to approve. */
  quorum: z.number().int().min(1).max(20).default(1),
  /** Persons in the order in which they decide; empty: in any. */
  order: z.array(z.string()).default([]),
  /** The author of what is signed does not decide, for either side. */
  isAuthorExcluded: z.boolean().default(false),
  /** The password is asked for again with the decision. */
  asksPasswordAgain: z.boolean().default(false),
  /** The consulted are heard before anybody can approve. */
  awaitsFeedback: z.boolean().default(false),
  /** Days after which the approval has to be renewed; null: never. */
  recurDays: z.number().int().min(1).max(3650).nullable().default(null),
})
export type SignOffRule = z.infer<typeof SignOffRule>

/** A sign-off as its machine sees it. */
export interface SignOffCase {
  readonly state: SignOffState
  readonly rule: SignOffRule
  readonly authorId: string | null
  readonly consultedIds: readonly string[]
  readonly feedback: readonly {
    readonly id: string
    readonly personId: string
    readonly grade: FeedbackGrade
    readonly isAnswered: boolean
  }[]
  /** `by`: who decided; `for`: whose decision it was, the same unless delegated. */
  readonly votes: readonly { readonly by: string; readonly for: string; readonly outcome: Outcome }[]
  /** Who decided since the suspension that it counts again. */
  readonly restorations: readonly { readonly by: string; readonly for: string }[]
  /** Conditions of approvals that are not met yet. */
  readonly openConditionCount: number
}

export type SignOffAct =
  | { readonly kind: 'feedback'; readonly id: string; readonly by: string; readonly grade: FeedbackGrade }
  | { readonly kind: 'answer'; readonly feedbackId: string }
  | { readonly kind: 'go_on' }
  | {
      readonly kind: 'decide'
      readonly by: string
      readonly for: string
      readonly outcome: Outcome
      readonly conditionCount: number
    }
  | { readonly kind: 'restore'; readonly by: string; readonly for: string }
  | { readonly kind: 'meet_condition' | 'lapse' | 'void' | 'supersede' | 'suspend' | 'expire' }

const LIVE: readonly SignOffState[] = ['approved', 'approved_with_conditions']
const OPEN: readonly SignOffState[] = ['collecting_feedback', 'awaiting_approval']

/**
 * The sign-off after an act, or why it is not possible. Nothing leaves rejected, superseded, voided, expired or lapsed:
 * what comes after them is a new sign-off. Source: domain model, states of a sign-off.
 */
export function signOffAfter(given: SignOffCase, act: SignOffAct): SignOffCase | Refusal {
  switch (act.kind) {
    case 'feedback':
      return feedbackGiven(given, act)
    case 'answer': {
      const feedback = given.feedback.map((one) => (one.id === act.feedbackId ? { ...one, isAnswered: true } : one))
      return settled({ ...given, feedback })
    }
    case 'go_on':
      return given.state === 'collecting_feedback'
        ? blocked(given) === null
          ? { ...given, state: 'awaiting_approval' }
          : { reason: 'A major issue is not answered yet: answer it first.' }
        : { reason: 'Nobody waits for feedback here.' }
    case 'decide':
      return decided(given, act)
    case 'meet_condition': {
      if (given.state !== 'approved_with_conditions') return { reason: 'No condition is open here.' }
      const openConditionCount = Math.max(0, given.openConditionCount - 1)
      return { ...given, openConditionCount, state: openConditionCount === 0 ? 'approved' : given.state }
    }
    case 'lapse':
      return from(given, ['approved_with_conditions'], 'lapsed')
    case 'void':
      return from(given, [...OPEN, 'suspended'], 'voided')
    case 'supersede':
      return from(given, [...LIVE, 'suspended'], 'superseded')
    case 'suspend':
      return from({ ...given, restorations: [] }, LIVE, 'suspended')
    case 'restore':
      return restored(given, act)
    case 'expire':
      return from(given, [...LIVE, 'suspended'], 'expired')
    default:
      return act satisfies never
  }
}

/** It still waits for somebody. */
export function isOpen(state: SignOffState): boolean {
  return OPEN.includes(state)
}

/** What was signed counts. */
export function isInForce(state: SignOffState): boolean {
  return LIVE.includes(state)
}

/** Narrow what `signOffAfter` said. */
export function isRefused(result: SignOffCase | Refusal): result is Refusal {
  return 'reason' in result
}

function from(given: SignOffCase, states: readonly SignOffState[], to: SignOffState): SignOffCase | Refusal {
  return states.includes(given.state)
    ? { ...given, state: to }
    : { reason: `What is ${words(given.state)} cannot become ${words(to)}.` }
}

function words(state: SignOffState): string {
  return SIGN_OFF_STATE_WORDS[state].toLowerCase()
}

function feedbackGiven(given: SignOffCase, act: Extract<SignOffAct, { kind: 'feedback' }>): SignOffCase | Refusal {
  if (!OPEN.includes(given.state))
    return { reason: `Feedback is for what is not decided yet; this is ${words(given.state)}.` }
  // Somebody's newer word takes the place of their older one.
  const others = given.feedback.filter((one) => one.personId !== act.by)
  const feedback = [...others, { id: act.id, personId: act.by, grade: act.grade, isAnswered: act.grade !== 'major' }]
  const state = act.grade === 'major' ? 'collecting_feedback' : given.state
  return settled({ ...given, feedback, state })
}

/** Feedback is over when everybody consulted was heard, where that is asked for, and every major issue is answered. */
function settled(given: SignOffCase): SignOffCase {
  if (given.state !== 'collecting_feedback' || blocked(given) !== null) return given
  const heard = new Set(given.feedback.map((one) => one.personId))
  const isComplete = !given.rule.awaitsFeedback || given.consultedIds.every((id) => heard.has(id))
  return isComplete ? { ...given, state: 'awaiting_approval' } : given
}

function blocked(given: SignOffCase) {
  return given.feedback.find((one) => one.grade === 'major' && !one.isAnswered) ?? null
}

function decided(given: SignOffCase, act: Extract<SignOffAct, { kind: 'decide' }>): SignOffCase | Refusal {
  const refusal = decideRefusal(given, act)
  if (refusal) return refusal
  const votes = [...given.votes, { by: act.by, for: act.for, outcome: act.outcome }]
  const openConditionCount = given.openConditionCount + act.conditionCount
  if (act.outcome === 'changes_requested' || act.outcome === 'rejected')
    return { ...given, votes, openConditionCount, state: act.outcome }
  const isEnough = votes.length >= given.rule.quorum
  const state = isEnough ? (openConditionCount > 0 ? 'approved_with_conditions' : 'approved') : given.state
  return { ...given, votes, openConditionCount, state }
}

/** As many persons bring it back as had to sign it. */
function restored(given: SignOffCase, act: { readonly by: string; readonly for: string }): SignOffCase | Refusal {
  const state = given.openConditionCount > 0 ? 'approved_with_conditions' : 'approved'
  const back = from(given, ['suspended'], state)
  if (isRefused(back)) return back
  if (hasDecided(given.restorations, act))
    return { reason: 'You have restored this already; somebody else has to as well.' }
  const restorations = [...given.restorations, { by: act.by, for: act.for }]
  return { ...back, restorations, state: restorations.length >= given.rule.quorum ? state : given.state }
}

function hasDecided(
  votes: readonly { readonly by: string; readonly for: string }[],
  act: { readonly by: string; readonly for: string },
): boolean {
  return votes.some((vote) => [vote.by, vote.for].some((id) => id === act.by || id === act.for))
}

/** Why somebody cannot decide now, by the rule of this sign-off alone. */
export function decideRefusal(given: SignOffCase, act: { readonly by: string; readonly for: string }): Refusal | null {
  if (given.state === 'collecting_feedback')
    return { reason: 'The consulted are heard first: a signature counts after their issues are answered.' }
  if (given.state !== 'awaiting_approval') return { reason: `This was already decided: ${words(given.state)}.` }
  if (given.rule.isAuthorExcluded && (act.by === given.authorId || act.for === given.authorId))
    return { reason: 'Who wrote this does not sign it: the risk tier asks for a second person.' }
  if (hasDecided(given.votes, act)) return { reason: 'You have decided on this already; somebody else has to.' }
  const next = given.rule.order.find((id) => given.votes.every((vote) => vote.for !== id))
  if (next !== undefined && next !== act.for)
    return { reason: 'Somebody else decides before you: the order was set when it was sent.' }
  return null
}

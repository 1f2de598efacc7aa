import type { EngagementState } from './engagement.ts'
import type { VerdictKind } from './verdict.ts'

export type StatusTone = 'met' | 'risk' | 'breach' | 'unknown'

/** What an engagement's status is computed from; nothing of it is typed. Days are whole days. */
export interface StatusFacts {
  readonly state: EngagementState
  readonly criteria: readonly {
    readonly isAgreed: boolean
    /** Verdict of the live model, or of the best run while nothing is live; null when unmeasured. */
    readonly verdict: VerdictKind | null
    readonly isSatisfied: boolean
    readonly isLive: boolean
  }[]
  readonly oldestAskDays: number | null
  readonly failedJobsLastWeekCount: number
}

export interface Status {
  readonly tone: StatusTone
  /** The rule that fired, as a sentence. */
  readonly rule: string
}

const ASK_PATIENCE_DAYS = 5

/** The first rule that applies decides; the order is from the gravest. */
export function engagementStatus(facts: StatusFacts): Status {
  const agreed = facts.criteria.filter((criterion) => criterion.isAgreed)
  const breached = agreed.filter((criterion) => criterion.isLive && criterion.verdict === 'not_met').length
  const satisfied = agreed.filter((criterion) => criterion.isSatisfied).length
  const measured = agreed.filter(
    (criterion) => criterion.verdict !== null && criterion.verdict !== 'not_comparable',
  ).length

  if (facts.state === 'closed' || facts.state === 'cancelled')
    return { tone: 'unknown', rule: `The engagement is ${facts.state}.` }
  if (breached > 0)
    return { tone: 'breach', rule: `The live model misses ${count(breached, 'signed criterion', 'signed criteria')}.` }
  if (facts.oldestAskDays !== null && facts.oldestAskDays > ASK_PATIENCE_DAYS)
    return {
      tone: 'risk',
      rule: `An ask has waited ${count(facts.oldestAskDays, 'day', 'days')}; ${String(ASK_PATIENCE_DAYS)} are expected.`,
    }
  if (facts.state === 'paused') return { tone: 'risk', rule: 'The engagement is paused.' }
  if (facts.failedJobsLastWeekCount > 2)
    return { tone: 'risk', rule: `${String(facts.failedJobsLastWeekCount)} jobs failed in the last seven days.` }
  if (agreed.length === 0) return { tone: 'unknown', rule: 'Nothing is signed yet.' }
  if (measured === 0) return { tone: 'unknown', rule: 'No run was measured against a signed criterion yet.' }
  if (satisfied < agreed.length)
    return {
      tone: 'risk',
      rule: `${String(satisfied)} of ${count(agreed.length, 'signed criterion', 'signed criteria')} met so far.`,
    }
  return {
    tone: 'met',
    rule:
      agreed.length === 1 ? 'The signed criterion is met.' : `All ${String(agreed.length)} signed criteria are met.`,
  }
}

function count(n: number, one: string, many: string): string {
  return `${String(n)} ${n === 1 ? one : many}`
}

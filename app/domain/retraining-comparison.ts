import type { CriterionContent } from './criterion.ts'
import type { Refusal } from './errors.ts'
import type { Interval } from './metric.ts'
import { metricName } from './metric.ts'
import type { VerdictKind } from './verdict.ts'
import { plainNumber } from './criterion.ts'

export const COMPARED = ['better', 'no_different', 'worse', 'not_comparable'] as const
export type Compared = (typeof COMPARED)[number]

export const COMPARED_WORDS: Readonly<Record<Compared, string>> = {
  better: 'Better',
  no_different: 'No different within noise',
  worse: 'Worse',
  not_comparable: 'Not comparable',
}

/** A verdict in force, as much of it as a comparison rests on. */
export interface ComparedVerdict {
  readonly verdict: VerdictKind
  readonly value: number | null
  readonly interval: Interval | null
  readonly reason: string
}

export interface Comparison {
  readonly outcome: Compared
  /** One sentence. */
  readonly reason: string
}

/**
 * Live against candidate on one signed criterion. Both verdicts were made against the same version of it, so on the same
 * data. The bounds of the difference come from the two intervals by the method of variance estimates recovery (Zou and
 * Donner, Statistics in Medicine 27 (2008) 1693-1702), as if the two had been measured on rows of their own. They share
 * their rows, so the bounds are rather too wide: what is called better or worse is so, and some that is goes unsaid.
 */
export function compareOn(
  content: Pick<CriterionContent, 'metricKey' | 'direction' | 'target' | 'targetHigh' | 'datasetName'>,
  live: ComparedVerdict | null,
  candidate: ComparedVerdict | null,
): Comparison {
  const off = (reason: string): Comparison => ({ outcome: 'not_comparable', reason })
  if (candidate === null) return off('The candidate was never judged against it.')
  if (live === null) return off('What is live was never judged against it.')
  if (candidate.verdict === 'not_comparable' || candidate.value === null) return off(`Candidate: ${candidate.reason}`)
  if (live.verdict === 'not_comparable' || live.value === null) return off(`Live: ${live.reason}`)
  const name = metricName(content.metricKey)
  const said = `${name} ${short(candidate.value)}, live ${short(live.value)}, both on ${content.datasetName}`
  if (candidate.interval === null || live.interval === null)
    return off(`${said}; without an interval nobody can tell a difference from noise.`)
  const gain = gainOf(content, { live: live.value, candidate: candidate.value })
  const { low, high } = differenceBounds(
    { value: candidate.value, ...candidate.interval },
    { value: live.value, ...live.interval },
  )
  // Inside a range there is no better; across its edge the noise of the value is the noise of the distance at most.
  const noise = gain.difference >= 0 ? gain.difference - low : high - gain.difference
  const isClear = Math.abs(gain.difference) > noise
  const bounds = `the difference lies between ${signed(low)} and ${signed(high)}`
  if (!isClear || gain.gain === 0) return { outcome: 'no_different', reason: `${said}; ${bounds}.` }
  return { outcome: gain.gain > 0 ? 'better' : 'worse', reason: `${said}; ${bounds}.` }
}

/** How the value moved, and whether that is for the better: above 0 is. */
function gainOf(
  content: Pick<CriterionContent, 'direction' | 'target' | 'targetHigh'>,
  { live, candidate }: { readonly live: number; readonly candidate: number },
): { readonly difference: number; readonly gain: number } {
  const difference = candidate - live
  switch (content.direction) {
    case 'higher':
      return { difference, gain: difference }
    case 'lower':
      return { difference, gain: -difference }
    case 'range': {
      const high = content.targetHigh ?? content.target
      const outside = (value: number) => Math.max(content.target - value, value - high, 0)
      return { difference, gain: outside(live) - outside(candidate) }
    }
    default:
      return content.direction satisfies never
  }
}

interface Estimate extends Interval {
  readonly value: number
}

/** Bounds of `a - b` at the confidence of both intervals. */
export function differenceBounds(a: Estimate, b: Estimate): Interval {
  const difference = a.value - b.value
  return {
    low: difference - Math.hypot(a.value - a.low, b.high - b.value),
    high: difference + Math.hypot(a.high - a.value, b.value - b.low),
  }
}

const short = (value: number) => plainNumber(Number(value.toPrecision(4)))
const signed = (value: number) => `${value > 0 ? '+' : ''}${plainNumber(Number(value.toPrecision(3)))}`

/** How often each outcome stands there. */
export function countCompared(rows: readonly { readonly outcome: Compared }[]): Readonly<Record<Compared, number>> {
  const count = (outcome: Compared) => rows.filter((row) => row.outcome === outcome).length
  return {
    better: count('better'),
    no_different: count('no_different'),
    worse: count('worse'),
    not_comparable: count('not_comparable'),
  }
}

/** The comparison in one sentence. */
export function comparedSentence(rows: readonly { readonly outcome: Compared }[]): string {
  if (rows.length === 0) return 'No criterion is signed, so there is nothing to compare by.'
  const counts = countCompared(rows)
  const parts = COMPARED.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${COMPARED_WORDS[outcome].toLowerCase()} on ${String(counts[outcome])}`,
  )
  const criteria = `${String(rows.length)} signed ${rows.length === 1 ? 'criterion' : 'criteria'}`
  return `Of ${criteria}, the candidate is ${parts.join(', ')}.`
}

/** A model that is worse, or cannot be compared, goes live only with a reason in words: never silently. */
export function approvalReasonRefusal(
  rows: readonly { readonly outcome: Compared }[],
  rationale: string,
): Refusal | null {
  const isPlain = rows.length > 0 && rows.every(({ outcome }) => outcome === 'better' || outcome === 'no_different')
  if (isPlain || rationale !== '') return null
  return {
    reason: rows.some(({ outcome }) => outcome === 'worse')
      ? 'It is worse on a signed criterion. Say why it goes live all the same.'
      : 'Not every signed criterion can be compared. Say why it goes live all the same.',
  }
}

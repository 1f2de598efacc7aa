import type { CriterionContent } from './criterion.ts'
import { plainNumber, reaches, targetPhrase } from './criterion.ts'
import type { Interval } from './metric.ts'
import { intervalOf, metricName, normalQuantile } from './metric.ts'

/** A score that was served, and what turned out to be true. For yes-or-no questions the label is 1 or 0. */
export interface Outcome {
  readonly score: number
  readonly label: number
}

/** A probability of at least this is a yes, where a metric needs a line to be drawn. */
export const THRESHOLD = 0.5

export interface Realised {
  readonly value: number
  /** Two-sided, at the criterion's confidence; null when nothing sound can be said. */
  readonly interval: Interval | null
  readonly rows: number
}

/**
 * A metric as it turned out on live traffic; null when it cannot be computed from scores and labels (another metric, no
 * label yet, one class only).
 * Sources: ROC-AUC as Mann–Whitney U with ties counted half (Hanley and McNeil 1982); the others by definition.
 */
export function realisedMetric(key: string, outcomes: readonly Outcome[], confidence: number): Realised | null {
  const rows = outcomes.length
  if (rows === 0) return null
  const positives = outcomes.filter(({ label }) => label >= THRESHOLD)
  const called = outcomes.filter(({ score }) => score >= THRESHOLD)
  const hits = positives.filter(({ score }) => score >= THRESHOLD).length
  const withInterval = (value: number): Realised => ({
    value,
    rows,
    interval: intervalOf(key, value, { rows, positives: positives.length, standardError: null }, confidence),
  })
  switch (key) {
    case 'roc_auc':
      return positives.length === 0 || positives.length === rows ? null : withInterval(areaUnderCurve(outcomes))
    case 'accuracy':
      return withInterval(
        outcomes.filter(({ score, label }) => score >= THRESHOLD === label >= THRESHOLD).length / rows,
      )
    case 'recall':
      return positives.length === 0 ? null : withInterval(hits / positives.length)
    case 'precision':
      return called.length === 0 ? null : withInterval(hits / called.length)
    case 'brier':
      return meanOf(
        outcomes.map(({ score, label }) => (score - label) ** 2),
        confidence,
      )
    case 'mae':
      return meanOf(
        outcomes.map(({ score, label }) => Math.abs(score - label)),
        confidence,
      )
    case 'rmse': {
      const squares = meanOf(
        outcomes.map(({ score, label }) => (score - label) ** 2),
        confidence,
      )
      const root = (value: number) => Math.sqrt(Math.max(0, value))
      return {
        value: root(squares.value),
        rows,
        interval: squares.interval && { low: root(squares.interval.low), high: root(squares.interval.high) },
      }
    }
    default:
      return null
  }
}

/** Mean with a normal interval from its standard error. */
function meanOf(values: readonly number[], confidence: number): Realised {
  const rows = values.length
  const value = values.reduce((total, each) => total + each, 0) / rows
  if (rows < 2) return { value, rows, interval: null }
  const variance = values.reduce((total, each) => total + (each - value) ** 2, 0) / (rows - 1)
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(variance / rows)
  return { value, rows, interval: { low: value - half, high: value + half } }
}

function areaUnderCurve(outcomes: readonly Outcome[]): number {
  const sorted = [...outcomes].sort((a, b) => a.score - b.score)
  let rankSum = 0
  let positives = 0
  for (let from = 0; from < sorted.length;) {
    let to = from
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to += 1
    const inTie = sorted.slice(from, to).filter(({ label }) => label >= THRESHOLD).length
    rankSum += inTie * ((from + 1 + to) / 2)
    positives += inTie
    from = to
  }
  const negatives = sorted.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** A criterion is measured on this much of the live traffic's past. */
export const REALISED_DAYS = 30
/** Fewer labelled rows than this leave a criterion unmeasured on live traffic. */
export const LABELLED_ROWS_MIN = 100

/** Where an endpoint stands to one signed criterion. `at_risk`: the value misses, the interval still reaches. */
export type Compliance = 'in_criterion' | 'at_risk' | 'breach' | 'unmeasured'

export const COMPLIANCE_WORDS: Readonly<Record<Compliance, string>> = {
  in_criterion: 'In criterion',
  at_risk: 'At risk',
  breach: 'Breach',
  unmeasured: 'Unmeasured',
}

export function complianceOf(content: CriterionContent, realised: Realised | null): Compliance {
  if (realised === null || realised.rows < LABELLED_ROWS_MIN) return 'unmeasured'
  if (reaches(content, realised.value)) return 'in_criterion'
  const { interval } = realised
  return interval && (reaches(content, interval.low) || reaches(content, interval.high)) ? 'at_risk' : 'breach'
}

/** `C2 at risk: recall 0.78 (n = 412, 95 % 0.74–0.82), signed at least 0.8.` */
export function complianceSentence(
  key: string,
  content: CriterionContent,
  realised: Realised,
  state: Compliance,
): string {
  const digits = (value: number) => plainNumber(Number(value.toPrecision(3)))
  const { interval } = realised
  const range = interval
    ? `, ${plainNumber(content.confidence * 100)} % ${digits(interval.low)}–${digits(interval.high)}`
    : ''
  return `${key} ${COMPLIANCE_WORDS[state].toLowerCase()}: ${metricName(content.metricKey)} ${digits(realised.value)} (n = ${String(realised.rows)}${range}), signed ${targetPhrase(content)}.`
}

import type { CriterionContent } from './criterion.ts'
import { isReportedByPeople, plainNumber, reaches, targetPhrase } from './criterion.ts'
import type { DatasetState } from './dataset.ts'
import { isUsable } from './dataset.ts'
import type { Interval } from './metric.ts'
import { intervalOf, metricName } from './metric.ts'
import type { RunState } from './run.ts'

export const VERDICTS = ['met', 'met_within_noise', 'not_met', 'not_comparable'] as const
export type VerdictKind = (typeof VERDICTS)[number]

export const VERDICT_WORDS: Readonly<Record<VerdictKind, string>> = {
  met: 'Met',
  met_within_noise: 'Met within noise',
  not_met: 'Not met',
  not_comparable: 'Not comparable',
}

/** What a count of met criteria leaves unsaid: how many of them only within noise. Nothing when none. */
export function withinNoise(metCount: number, noiseCount: number): string {
  if (noiseCount === 0) return ''
  return noiseCount === metCount ? ' within noise' : `, ${String(noiseCount)} of them within noise,`
}

/** Raised by hand when the rules below change what they say; part of every stored verdict. */
export const EVALUATOR = 'throughline.verdict/4'

/** Everything about a run that a verdict may rest on. */
export interface RunEvidence {
  readonly state: RunState
  readonly isDeleted: boolean
  /** True only for runs that a job of ours executed; what an outside client logs is a claim. */
  readonly isVerified: boolean
  /** Last point of the criterion's metric on each dataset that was named with it; `digest` null when none was named. */
  readonly values: readonly {
    readonly value: number
    readonly digest: string | null
    readonly datasetName: string | null
  }[]
  /** Standard error logged as `<metric>_se` on the criterion's dataset, or null. */
  readonly standardError: number | null
  readonly inputs: readonly { readonly digest: string; readonly name: string; readonly role: DatasetRole }[]
}

export const DATASET_ROLES = ['training', 'validation', 'testing', 'other'] as const
export type DatasetRole = (typeof DATASET_ROLES)[number]

/** The dataset that the criterion names. Counts are null when they are not known. */
export interface EvaluationDataset {
  readonly rows: number | null
  readonly positives: number | null
  readonly state: DatasetState
}

export interface Verdict {
  readonly verdict: VerdictKind
  /** In the criterion's unit; null when not comparable for want of a value. */
  readonly value: number | null
  readonly interval: Interval | null
  readonly rows: number | null
  /** One sentence for the reader. */
  readonly reason: string
}

/**
 * Judge one run against one version of a criterion.
 * A run on another dataset is never “not met”, it is not comparable; so is one whose test data was trained on, one that
 * no worker of ours executed, and any run while nothing is signed (product invariants 6 and 7).
 */
export function judge(
  content: CriterionContent,
  signature: { readonly isSigned: boolean },
  run: RunEvidence,
  dataset: EvaluationDataset,
): Verdict {
  const name = metricName(content.metricKey)
  const measured = valueOnDataset(content, run)
  const notComparable = (reason: string): Verdict => ({
    verdict: 'not_comparable',
    value: measured,
    interval: null,
    rows: null,
    reason,
  })

  if (!signature.isSigned) return notComparable('The definition is not signed.')
  if (run.isDeleted) return notComparable('The run was deleted.')
  if (isReportedByPeople(content)) return notComparable(`${content.measuredBy} reports it; no run can.`)
  if (run.state !== 'finished') return notComparable('The run did not finish.')
  if (!isUsable(dataset.state)) return notComparable(`The dataset ${content.datasetName} was ${dataset.state}.`)
  if (run.inputs.some((input) => input.role === 'training' && input.digest === content.datasetDigest))
    return notComparable(`It was trained on ${content.datasetName}, the data it is to be tested on.`)
  if (measured === null) return notComparable(missingValueReason(content, run, name))
  if (!run.isVerified)
    return notComparable('It was logged from outside: only runs that a worker executed here can satisfy a criterion.')
  if (Number.isNaN(measured)) return notComparable(`${name} is not a number (NaN).`)
  if (!Number.isFinite(measured)) return notComparable(`${name} is infinite.`)
  if (dataset.rows !== null && dataset.rows < content.minimumRows)
    return notComparable(
      `${content.datasetName} has ${plainNumber(dataset.rows)} rows; the criterion asks for ${plainNumber(content.minimumRows)}.`,
    )

  const interval = intervalOf(
    content.metricKey,
    measured,
    { rows: dataset.rows, positives: dataset.positives, standardError: run.standardError },
    content.confidence,
  )
  return decide(content, measured, interval, dataset.rows)
}

function decide(content: CriterionContent, value: number, interval: Interval | null, rows: number | null): Verdict {
  const said = `${metricName(content.metricKey)} ${valueWords(value, content)}${intervalWords(interval, content)}`
  const goal = `the target is ${targetPhrase(content)}`
  const verdict = (kind: VerdictKind, reason: string): Verdict => ({ verdict: kind, value, interval, rows, reason })

  if (!reaches(content, value)) return verdict('not_met', `${said}; ${goal}.`)
  if (interval === null)
    return content.decisionRule === 'point'
      ? verdict('met', `${said}; ${goal}. No interval can be computed for this metric.`)
      : verdict('not_comparable', `${said}; the rule asks for an interval, and the run logged no standard error.`)
  const isWhollyInside = reaches(content, interval.low) && reaches(content, interval.high)
  return isWhollyInside
    ? verdict('met', `${said}; ${goal}.`)
    : verdict('met_within_noise', `${said}; ${goal}, and the interval reaches past it.`)
}

/** Four digits, or all that are needed to see on which side of the target the value is. */
function valueWords(value: number, content: CriterionContent): string {
  const rounded = Number(value.toPrecision(4))
  return plainNumber(reaches(content, rounded) === reaches(content, value) ? rounded : value)
}

function intervalWords(interval: Interval | null, content: CriterionContent): string {
  if (!interval) return ''
  const digits = (value: number) => plainNumber(Number(value.toPrecision(3)))
  return ` (${plainNumber(content.confidence * 100)} % interval ${digits(interval.low)} to ${digits(interval.high)})`
}

/** The value measured on the criterion's dataset; null when there is none. */
export function valueOnDataset(content: CriterionContent, run: Pick<RunEvidence, 'values' | 'inputs'>): number | null {
  const exact = run.values.find((point) => point.digest === content.datasetDigest)
  if (exact) return exact.value
  const unnamed = run.values.find((point) => point.digest === null)
  const tests = run.inputs.filter((input) => input.role !== 'training')
  return unnamed && tests.length === 1 && tests[0]?.digest === content.datasetDigest ? unnamed.value : null
}

function missingValueReason(content: CriterionContent, run: RunEvidence, name: string): string {
  if (run.values.length === 0) return `${name} was never logged.`
  const other = run.values.find((point) => point.digest !== null)
  if (other) return `${name} was measured on ${other.datasetName ?? 'another dataset'}, not on ${content.datasetName}.`
  const tests = run.inputs.filter((input) => input.role !== 'training')
  if (tests.length === 0) return `${name} was logged without saying on which data.`
  return tests.length > 1
    ? `${name} was logged without saying on which of ${String(tests.length)} datasets.`
    : `${name} was measured on ${tests[0]?.name ?? 'another dataset'}, not on ${content.datasetName}.`
}

/** Whether a verdict satisfies the version's own decision rule. */
export function satisfies(content: CriterionContent, verdict: VerdictKind): boolean {
  return verdict === 'met' || (verdict === 'met_within_noise' && content.decisionRule === 'point')
}

/** Order of verdicts, best first, to choose the best run; not comparable is never chosen. */
export function isBetter(content: CriterionContent, a: { value: number }, b: { value: number }): boolean {
  switch (content.direction) {
    case 'higher':
      return a.value > b.value
    case 'lower':
      return a.value < b.value
    case 'range':
      return distanceToRange(content, a.value) < distanceToRange(content, b.value)
    default:
      return content.direction satisfies never
  }
}

function distanceToRange(content: CriterionContent, value: number): number {
  const high = content.targetHigh ?? content.target
  return value < content.target ? content.target - value : value > high ? value - high : 0
}

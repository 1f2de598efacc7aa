import type { CriterionContent } from './criterion.ts'
import type { Interval } from './metric.ts'
import { normalQuantile } from './metric.ts'
import type { VerdictKind } from './verdict.ts'
import { isBetter } from './verdict.ts'

/** A run's verdict in force against one version, and what makes runs repetitions of each other. */
export interface RankedRun {
  readonly runId: string
  readonly runName: string
  readonly verdict: VerdictKind
  /** In the criterion's unit; null when there is none. */
  readonly value: number | null
  readonly interval: Interval | null
  readonly rows: number | null
  readonly reason: string
  /** The same code with the same parameters, the seed left out; runs without parameters have none. */
  readonly recipe: string | null
}

export interface Repetition {
  readonly runIds: readonly string[]
  readonly mean: number
  /** Of the mean. */
  readonly interval: Interval
}

export interface Leaderboard {
  /** Best first; equal values share a rank. */
  readonly ranked: readonly (RankedRun & {
    readonly rank: number
    readonly value: number
    readonly repetition: Repetition | null
  })[]
  /** Runs that cannot be compared, each with the sentence why. */
  readonly excluded: readonly RankedRun[]
}

/**
 * Rank runs against one version of a criterion. A run on other data, from outside, or without a value is not worse: it is
 * not comparable, and stands apart with its reason (product invariant 6).
 */
export function leaderboard(content: CriterionContent, runs: readonly RankedRun[]): Leaderboard {
  const comparable = runs.flatMap((run) =>
    run.verdict === 'not_comparable' || run.value === null ? [] : [{ ...run, value: run.value }],
  )
  const repetitions = repetitionsOf(content, comparable)
  const sorted = [...comparable].sort((a, b) => (isBetter(content, a, b) ? -1 : isBetter(content, b, a) ? 1 : 0))
  const ranked = sorted.map((run) => ({
    ...run,
    rank: sorted.findIndex((other) => !isBetter(content, other, run)) + 1,
    repetition: (run.recipe === null ? undefined : repetitions.get(run.recipe)) ?? null,
  }))
  const excluded = runs.filter((run) => run.verdict === 'not_comparable' || run.value === null)
  return { ranked, excluded }
}

function repetitionsOf(
  content: CriterionContent,
  runs: readonly (RankedRun & { readonly value: number })[],
): Map<string, Repetition> {
  const groups = new Map<string, (RankedRun & { readonly value: number })[]>()
  for (const run of runs) if (run.recipe !== null) groups.set(run.recipe, [...(groups.get(run.recipe) ?? []), run])
  const repetitions = new Map<string, Repetition>()
  for (const [recipe, group] of groups) {
    const values = group.map((run) => run.value)
    const interval = meanInterval(values, content.confidence)
    if (interval) repetitions.set(recipe, { runIds: group.map((run) => run.runId), mean: meanOf(values), interval })
  }
  return repetitions
}

/**
 * Two-sided interval of the mean of repeated runs at `confidence`; null for fewer than two.
 * Student's t: mean ± t(n − 1) · s / √n. Source: Student, Biometrika 6 (1908) 1-25. It holds for runs that differ by
 * chance only, such as by their seed, and says nothing of the sampling of the test rows.
 */
export function meanInterval(values: readonly number[], confidence: number): Interval | null {
  const n = values.length
  if (n < 2) return null
  const mean = meanOf(values)
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const half = studentQuantile((1 + confidence) / 2, n - 1) * Math.sqrt(variance / n)
  return { low: mean - half, high: mean + half }
}

/**
 * Quantile of Student's t for 0.5 < p < 1; exact for one and two degrees of freedom, else by the expansion of
 * Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5: within 1 % for three degrees and p ≤ 0.975.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (degrees === 1) return Math.tan(Math.PI * (p - 0.5))
  if (degrees === 2) return (2 * p - 1) / Math.sqrt(2 * p * (1 - p))
  const z = normalQuantile(p)
  const g1 = (z ** 3 + z) / 4
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

import { z } from 'zod'

/** How the values of one column, or the scores, were spread over bins when the model was measured. */
export const ReferenceColumn = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('number'),
    /** Inner edges, ascending: bin i holds values below edge i; one bin more than edges, and a last one for missing. */
    edges: z.array(z.number()),
    counts: z.array(z.number()),
  }),
  z.object({
    kind: z.literal('text'),
    /** The frequent values, one bin each; then one for every other value, and one for missing. */
    values: z.array(z.string()),
    counts: z.array(z.number()),
  }),
])
export type ReferenceColumn = z.infer<typeof ReferenceColumn>

/** What live traffic is compared with: the data on which the model was measured, and its scores there. */
export const DriftReference = z.object({
  datasetName: z.string(),
  rows: z.number(),
  inputs: z.record(z.string(), ReferenceColumn),
  scores: ReferenceColumn,
})
export type DriftReference = z.infer<typeof DriftReference>

const BINS = 10
const VALUES_MAX = 15

/** Spread a column of the reference data over bins: tenths of its own distribution, or its most frequent values. */
export function referenceOf(values: readonly (number | string | null)[]): ReferenceColumn {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
  const texts = values.filter((value): value is string => typeof value === 'string' && value !== '')
  const column: ReferenceColumn =
    numbers.length >= texts.length
      ? { kind: 'number', edges: edgesOf(numbers), counts: [] }
      : { kind: 'text', values: frequentOf(texts), counts: [] }
  const counts = new Array<number>(binCount(column)).fill(0)
  for (const value of values) {
    const bin = binOf(column, value)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { ...column, counts }
}

function edgesOf(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b)
  const edges = Array.from({ length: BINS - 1 }, (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] ?? 0)
  return [...new Set(edges)]
}

function frequentOf(texts: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .slice(0, VALUES_MAX)
    .map(([text]) => text)
}

export function binCount(column: ReferenceColumn): number {
  return column.kind === 'number' ? column.edges.length + 2 : column.values.length + 2
}

/** The bin of one value; the last bin is for what is missing or of the wrong kind. */
export function binOf(column: ReferenceColumn, value: unknown): number {
  if (column.kind === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return column.edges.length + 1
    const at = column.edges.findIndex((edge) => value < edge)
    return at === -1 ? column.edges.length : at
  }
  if (typeof value !== 'string' || value === '') return column.values.length + 1
  const at = column.values.indexOf(value)
  return at === -1 ? column.values.length : at
}

/** Fewer rows than this say nothing about drift. */
export const DRIFT_ROWS_MIN = 200
/** From here a shift is called large. Source: Siddiqi, Credit Risk Scorecards (2006), ch. 10: 0.1 small, 0.25 large. */
export const PSI_LARGE = 0.25
const PSI_SMALL = 0.1

export interface Drift {
  /** Population stability index: the effect size. 0 is no shift. */
  readonly psi: number
  /** Largest distance of the cumulated shares at the bins' edges, 0 to 1; for text over the order of the bins: null. */
  readonly ks: number | null
  readonly rows: number
  /** `unknown`: too few rows. `none`: no larger than chance, or too small to matter. */
  readonly verdict: 'unknown' | 'none' | 'some' | 'large'
}

/**
 * How far live counts lie from the reference.
 *
 * PSI = Σ (p − q) · ln(p / q) over the bins, each share smoothed by half a row so that an empty bin is finite. Without
 * any shift (n·m / (n + m)) · PSI follows a χ² law with bins − 1 degrees of freedom, so that a PSI below that law's 99 %
 * point is chance, whatever its size. Source: Yurdakul, Statistical Properties of Population Stability Index (2018).
 * KS is the two-sample Kolmogorov–Smirnov distance on binned data, a lower bound of the exact one.
 */
export function driftOf(column: ReferenceColumn, live: readonly number[]): Drift {
  const bins = binCount(column)
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
  const rows = sum(live)
  const reference = sum(column.counts)
  if (rows === 0 || reference === 0) return { psi: 0, ks: null, rows, verdict: 'unknown' }
  let psi = 0
  let ks = 0
  let cumulated = 0
  for (let bin = 0; bin < bins; bin += 1) {
    const q = ((column.counts[bin] ?? 0) + 0.5) / (reference + 0.5 * bins)
    const p = ((live[bin] ?? 0) + 0.5) / (rows + 0.5 * bins)
    psi += (p - q) * Math.log(p / q)
    cumulated += (live[bin] ?? 0) / rows - (column.counts[bin] ?? 0) / reference
    ks = Math.max(ks, Math.abs(cumulated))
  }
  const byChance = chiSquare99(bins - 1) * (1 / rows + 1 / reference)
  const verdict =
    rows < DRIFT_ROWS_MIN ? 'unknown' : psi <= byChance || psi < PSI_SMALL ? 'none' : psi < PSI_LARGE ? 'some' : 'large'
  return { psi, ks: column.kind === 'number' ? ks : null, rows, verdict }
}

/** 99 % point of χ². Source: Wilson and Hilferty, PNAS 17 (1931) 684-688. @param freedom degrees, at least 1 */
function chiSquare99(freedom: number): number {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + 2.3263 * Math.sqrt(spread)) ** 3
}

/** Add counts of several windows, bin by bin. */
export function addCounts(all: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...all.map((counts) => counts.length))
  return Array.from({ length }, (_, bin) => all.reduce((total, counts) => total + (counts[bin] ?? 0), 0))
}

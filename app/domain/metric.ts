/** Better is larger, smaller, or inside a range. */
export const DIRECTIONS = ['higher', 'lower', 'range'] as const
export type Direction = (typeof DIRECTIONS)[number]

export interface MetricDefinition {
  readonly key: string
  readonly name: string
  readonly direction: Direction
  /** Unit as people read it; empty for a plain number between 0 and 1. */
  readonly unit: string
  /** Explained in the reader's words, for the glossary. */
  readonly means: string
  readonly doesNotMean: string
  /** Which formula gives an interval when the run logs no standard error. */
  readonly interval: 'hanley_mcneil' | 'wilson_all' | 'wilson_positives' | 'none'
}

/** The metrics that we can explain. Any other key may be used; it is then shown without an explanation. */
export const METRICS: readonly MetricDefinition[] = [
  {
    key: 'roc_auc',
    name: 'ROC-AUC',
    direction: 'higher',
    unit: '',
    means:
      'Of two cases, one positive and one negative, how often the model ranks the positive one higher. 0.5 is a coin toss.',
    doesNotMean: 'It is not the share of right answers, and it says nothing about where to draw the line.',
    interval: 'hanley_mcneil',
  },
  {
    key: 'accuracy',
    name: 'Accuracy',
    direction: 'higher',
    unit: '',
    means: 'The share of cases the model gets right.',
    doesNotMean: 'When one answer is rare, a model that never gives it scores high and is useless.',
    interval: 'wilson_all',
  },
  {
    key: 'recall',
    name: 'Recall',
    direction: 'higher',
    unit: '',
    means: 'Of the cases that are really positive, the share the model finds.',
    doesNotMean: 'It does not count false alarms.',
    interval: 'wilson_positives',
  },
  {
    key: 'precision',
    name: 'Precision',
    direction: 'higher',
    unit: '',
    means: 'Of the cases the model calls positive, the share that really is.',
    doesNotMean: 'It does not count the cases that were missed.',
    interval: 'none',
  },
  {
    key: 'rmse',
    name: 'RMSE',
    direction: 'lower',
    unit: '',
    means: 'The typical size of the error, in the unit of the value itself; large errors weigh more.',
    doesNotMean: 'It is not the largest error, and half of the errors are not below it.',
    interval: 'none',
  },
  {
    key: 'mae',
    name: 'MAE',
    direction: 'lower',
    unit: '',
    means: 'The average size of the error, in the unit of the value itself.',
    doesNotMean: 'Single errors can be far larger.',
    interval: 'none',
  },
]

export function findMetric(key: string): MetricDefinition | null {
  return METRICS.find((metric) => metric.key === key) ?? null
}

export function metricName(key: string): string {
  return findMetric(key)?.name ?? key
}

/** An interval around a measured value, in the value's unit. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** What an interval can be computed from. Counts are of the evaluation dataset. */
export interface IntervalBasis {
  readonly rows: number | null
  readonly positives: number | null
  /** Logged by the run as `<key>_se`, in the metric's unit. */
  readonly standardError: number | null
}

/**
 * Two-sided interval of a measured value at `confidence` (0.5 to 0.999), or null when nothing sound can be said.
 * A logged standard error wins (normal approximation); else the metric's own formula:
 * ROC-AUC by Hanley and McNeil, Radiology 143 (1982) 29-36; proportions by Wilson, JASA 22 (1927) 209-212.
 */
export function intervalOf(key: string, value: number, basis: IntervalBasis, confidence: number): Interval | null {
  const z = normalQuantile((1 + confidence) / 2)
  if (basis.standardError !== null && basis.standardError >= 0)
    return { low: value - z * basis.standardError, high: value + z * basis.standardError }
  const { rows, positives } = basis
  switch (findMetric(key)?.interval) {
    case 'hanley_mcneil': {
      if (rows === null || positives === null || positives < 1 || rows - positives < 1 || value < 0 || value > 1)
        return null
      const error = hanleyMcNeilStandardError(value, positives, rows - positives)
      return { low: Math.max(0, value - z * error), high: Math.min(1, value + z * error) }
    }
    case 'wilson_all':
      return wilson(value, rows, z)
    case 'wilson_positives':
      return wilson(value, positives, z)
    default:
      return null
  }
}

/** Standard error of an area under the ROC curve. @param positives, negatives counts of cases, at least 1 */
export function hanleyMcNeilStandardError(area: number, positives: number, negatives: number): number {
  const q1 = area / (2 - area)
  const q2 = (2 * area * area) / (1 + area)
  const variance =
    (area * (1 - area) + (positives - 1) * (q1 - area * area) + (negatives - 1) * (q2 - area * area)) /
    (positives * negatives)
  return Math.sqrt(Math.max(0, variance))
}

function wilson(share: number, n: number | null, z: number): Interval | null {
  if (n === null || n < 1 || share < 0 || share > 1) return null
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}

/**
 * Quantile of the standard normal distribution for 0 < p < 1; absolute error below 4.5e-4.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.2.23.
 */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p)
  const t = Math.sqrt(-2 * Math.log(1 - p))
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
}

/** More metrics than this are not drawn on one page. */
export const CHARTS_MAX = 6

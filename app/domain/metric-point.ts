/** One logged value of a run. */
export interface MetricPoint {
  readonly key: string
  /** May be NaN or infinite. */
  readonly value: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly step: number
  /** Empty when the point names no dataset. */
  readonly datasetName: string
  readonly datasetDigest: string
  /** The logged model that was measured; empty when none was named. */
  readonly modelId: string
}

/** Where a page of a history ended: the next begins after it. */
export interface HistoryPosition {
  readonly step: number
  readonly timestamp: number
  readonly value: number
}

/** By step, timestamp and value; NaN is larger than any number, as in PostgreSQL. */
export function comparePositions(a: HistoryPosition, b: HistoryPosition): number {
  return a.step - b.step || a.timestamp - b.timestamp || compareValues(a.value, b.value)
}

function compareValues(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

/** Fewest points that thinning keeps: the ends and two extremes. */
const KEPT_MIN = 4

/**
 * Thin a series, sorted by step, to about `pointsMax`: of each stretch of equal length the first, the smallest, the
 * largest and the last stay, so that no spike is lost. NaN stays where a stretch has nothing else.
 * Source: the M4 aggregation, Jugel et al., PVLDB 7 (2014) 797-808.
 */
export function thinned<Point extends { readonly value: number }>(
  points: readonly Point[],
  pointsMax: number,
): Point[] {
  if (points.length <= Math.max(KEPT_MIN, pointsMax)) return [...points]
  const stretches = Math.max(1, Math.floor(pointsMax / 4))
  const kept: Point[] = []
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const from = Math.floor((stretch * points.length) / stretches)
    const to = Math.floor(((stretch + 1) * points.length) / stretches)
    const places = new Set([from, to - 1])
    let [low, high] = [-1, -1]
    for (let at = from; at < to; at += 1) {
      const value = points[at]?.value ?? Number.NaN
      if (Number.isNaN(value)) continue
      if (low < 0 || value < (points[low]?.value ?? 0)) low = at
      if (high < 0 || value > (points[high]?.value ?? 0)) high = at
    }
    if (low >= 0) places.add(low).add(high)
    for (const at of [...places].sort((a, b) => a - b)) {
      const point = points[at]
      if (point) kept.push(point)
    }
  }
  return kept
}

/**
 * Steps that several series are shown at, so that they meet: `max` of them in equal distance, and the last.
 * Source: MLflow 3, server/handlers, whose page and tests expect these steps.
 * @param steps each once, ascending
 */
export function sampledSteps(steps: readonly number[], max: number): ReadonlySet<number> {
  if (steps.length <= max) return new Set(steps)
  const even = Array.from({ length: max }, (_, at) => steps[Math.floor((at * steps.length) / max)])
  return new Set([...even, steps.at(-1)].filter((step) => step !== undefined))
}

/**
 * The points of a series at some steps and at both its ends, and of those between them the smallest and the largest where
 * they stand out of what is shown beside them, so that no spike is lost.
 * @param points sorted by step
 */
export function pointsAt<Point extends Pick<MetricPoint, 'step' | 'value'>>(
  points: readonly Point[],
  steps: ReadonlySet<number>,
): Point[] {
  const ends = [points[0]?.step, points.at(-1)?.step]
  const kept: Point[] = []
  let between: Point[] = []
  for (const point of points) {
    if (!steps.has(point.step) && !ends.includes(point.step)) between.push(point)
    else {
      kept.push(...standingOut(between, [kept.at(-1), point]), point)
      between = []
    }
  }
  return kept
}

function standingOut<Point extends Pick<MetricPoint, 'value'>>(
  between: readonly Point[],
  beside: readonly (Point | undefined)[],
): Point[] {
  const numbers = beside.flatMap((point) => (point && !Number.isNaN(point.value) ? [point.value] : []))
  const [floor, ceiling] = [Math.min(...numbers), Math.max(...numbers)]
  let [low, high] = [-1, -1]
  between.forEach(({ value }, at) => {
    if (value < Math.min(floor, between[low]?.value ?? Infinity)) low = at
    if (value > Math.max(ceiling, between[high]?.value ?? -Infinity)) high = at
  })
  return [...new Set([low, high])].sort((a, b) => a - b).flatMap((at) => between[at] ?? [])
}

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

import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js'

/** Up to ten minutes, to three digits. */
const HIGHEST_MICROSECONDS = 600_000_000

/** Latencies in microseconds, countable and mergeable. */
export interface LatencyCount {
  record(microseconds: number): void
  /** Compressed, base64: what is stored. */
  encode(): string
}

export function countLatencies(): LatencyCount {
  const histogram = build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    autoResize: true,
    useWebAssembly: false,
  })
  return {
    record: (microseconds) => {
      histogram.recordValue(Math.min(Math.max(1, Math.round(microseconds)), HIGHEST_MICROSECONDS))
    },
    encode: () => encodeIntoCompressedBase64(histogram),
  }
}

export interface LatencyPercentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Percentiles in milliseconds over all of the given histograms together; null when they hold nothing. */
export function latencyPercentiles(encoded: readonly string[]): LatencyPercentiles | null {
  const [first, ...rest] = encoded.map((text) => decodeFromCompressedBase64(text, 32, false))
  if (!first) return null
  for (const other of rest) first.add(other)
  if (first.totalCount === 0) return null
  const at = (percentile: number) => first.getValueAtPercentile(percentile) / 1000
  return { p50: at(50), p95: at(95), p99: at(99) }
}

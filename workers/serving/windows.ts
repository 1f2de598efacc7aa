import { randomUUID } from 'node:crypto'
import type { DriftReference } from '#app/domain/drift.ts'
import { binCount, binOf } from '#app/domain/drift.ts'
import type { LatencyCount } from '#db/latency.ts'
import { countLatencies } from '#db/latency.ts'
import type { Columns, Predictions } from './protocol.ts'

const WINDOW_MS = 60_000
/** Whoever collects has this long to come; later the counts are gone. */
const KEPT_MS = 10 * WINDOW_MS
const SCORES_KEPT_MAX = 50_000
/** Of one request: a batch of ten thousand is counted whole, and kept row by row up to here. */
const SCORES_PER_REQUEST_MAX = 1000
const SCORES_PER_ANSWER_MAX = 5000

interface Window {
  readonly deploymentId: string
  readonly startsAt: number
  requests: number
  rows: number
  clientErrors: number
  serverErrors: number
  readonly latency: LatencyCount
  scores: number[]
  inputs: Record<string, number[]>
}

interface KeptScore {
  readonly seq: number
  readonly deploymentId: string
  readonly requestId: string
  readonly row: number
  readonly score: number
  readonly at: string
}

/** What is known of a request when it has been answered. */
export interface Answered {
  readonly deploymentId: string
  readonly status: number
  readonly latencyMs: number
  /** Null for a request that was not predicted. */
  readonly predicted: {
    readonly columns: Columns
    readonly predictions: Predictions
    readonly reference: DriftReference | null
  } | null
  /** Names the request, so that what turns out to be true can be joined to it; null when the caller gave no name. */
  readonly requestId: string | null
}

/** Counts what every revision does, minute by minute, until somebody collects it. */
export function countWindows() {
  const source = randomUUID()
  const windows = new Map<string, Window>()
  const scores: KeptScore[] = []
  let seq = 0

  const windowOf = (deploymentId: string, now: number): Window => {
    const startsAt = now - (now % WINDOW_MS)
    const key = `${deploymentId} ${String(startsAt)}`
    const known = windows.get(key)
    if (known) return known
    for (const [old, window] of windows) if (window.startsAt < now - KEPT_MS) windows.delete(old)
    const made: Window = {
      ...{ deploymentId, startsAt, requests: 0, rows: 0, clientErrors: 0, serverErrors: 0 },
      latency: countLatencies(),
      scores: [],
      inputs: {},
    }
    windows.set(key, made)
    return made
  }

  return {
    record(answered: Answered, now: number): void {
      const window = windowOf(answered.deploymentId, now)
      window.requests += 1
      window.latency.record(answered.latencyMs * 1000)
      if (answered.status >= 500) window.serverErrors += 1
      else if (answered.status >= 400) window.clientErrors += 1
      const { predicted, requestId, deploymentId } = answered
      if (!predicted) return
      window.rows += predicted.columns.rowCount
      const single = predicted.predictions.filter((score): score is number => typeof score === 'number')
      if (predicted.reference) countBins(window, predicted.columns, single, predicted.reference)
      if (requestId === null) return
      const at = new Date(now).toISOString()
      single.slice(0, SCORES_PER_REQUEST_MAX).forEach((score, row) => {
        if (!Number.isFinite(score)) return
        seq += 1
        scores.push({ seq, deploymentId, requestId, row, score, at })
      })
      if (scores.length > SCORES_KEPT_MAX) scores.splice(0, scores.length - SCORES_KEPT_MAX)
    },

    /** Counts of the last minutes, whole, and the scores after a number. Asking changes nothing. */
    collect(afterSeq: number) {
      return {
        source,
        windows: [...windows.values()].map(({ latency, startsAt, ...window }) => ({
          ...window,
          startsAt: new Date(startsAt).toISOString(),
          latency: latency.encode(),
        })),
        scores: scores.filter((score) => score.seq > afterSeq).slice(0, SCORES_PER_ANSWER_MAX),
      }
    },
  }
}

function countBins(window: Window, columns: Columns, scores: readonly number[], reference: DriftReference): void {
  if (window.scores.length === 0) window.scores = new Array<number>(binCount(reference.scores)).fill(0)
  for (const score of scores) add(window.scores, binOf(reference.scores, score))
  for (const [name, column] of Object.entries(reference.inputs)) {
    const counts = (window.inputs[name] ??= new Array<number>(binCount(column)).fill(0))
    for (const value of columns.values.get(name) ?? []) add(counts, binOf(column, value))
  }
}

function add(counts: number[], bin: number): void {
  counts[bin] = (counts[bin] ?? 0) + 1
}

import type { RunState } from './run.ts'
import type { VerdictKind } from './verdict.ts'

/** A row of the table of runs. */
export interface RunTableRow {
  readonly id: string
  readonly name: string
  readonly state: RunState
  readonly userName: string
  readonly isVerified: boolean
  readonly createdAt: Date
  readonly metrics: readonly { readonly key: string; readonly value: number }[]
  readonly params: readonly { readonly key: string; readonly value: string }[]
  readonly verdicts: readonly { readonly key: string; readonly verdict: VerdictKind; readonly reason: string }[]
}

/** Rows on their way to the browser: JSON has neither times nor NaN. */
export interface SentRunRows {
  readonly rows: readonly (Omit<RunTableRow, 'createdAt' | 'metrics'> & {
    readonly createdAt: string
    readonly metrics: readonly { readonly key: string; readonly value: number | string }[]
  })[]
  /** Token of the page after it; null at the end. */
  readonly next: string | null
}

export function sentRunRows(rows: readonly RunTableRow[], next: string | null): SentRunRows {
  return {
    next,
    rows: rows.map(({ id, name, state, userName, isVerified, createdAt, metrics, params, verdicts }) => ({
      ...{ id, name, state, userName, isVerified, createdAt: createdAt.toISOString(), params, verdicts },
      metrics: metrics.map(({ key, value }) => ({ key, value: Number.isFinite(value) ? value : String(value) })),
    })),
  }
}

export function receivedRunRows({ rows }: SentRunRows): RunTableRow[] {
  return rows.map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt),
    metrics: row.metrics.map(({ key, value }) => ({ key, value: Number(value) })),
  }))
}

import type { EngagementId } from '#app/domain/ids.ts'
import type { RunState } from '#app/domain/run.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import type { Tx } from '../types.ts'
import { listEvaluations } from './evaluations.ts'
import { listNewestRuns } from './run-search.ts'
import { loadRunDetails } from './runs.ts'

export interface RunListRow {
  readonly id: string
  readonly name: string
  readonly state: RunState
  readonly userName: string
  readonly isVerified: boolean
  readonly createdAt: Date
  /** Last value of each metric, without those that are only standard errors. */
  readonly metrics: readonly { readonly key: string; readonly value: number }[]
  readonly verdicts: readonly {
    readonly key: string
    readonly version: number
    readonly verdict: VerdictKind
    readonly reason: string
  }[]
}

/** The newest runs of an engagement with their last metrics and the verdicts in force. */
export async function listRunsWithVerdicts(tx: Tx, engagementId: EngagementId, limit = 200): Promise<RunListRow[]> {
  const rows = await listNewestRuns(tx, engagementId, limit)
  const details = await loadRunDetails(tx, rows)
  const verdicts = await listEvaluations(tx, engagementId)
  return details.map(({ run, metrics }) => ({
    id: run.id,
    name: run.name,
    state: run.state,
    userName: run.userName,
    isVerified: run.isVerified,
    createdAt: run.createdAt,
    metrics: metrics.filter((metric) => !metric.key.endsWith('_se')).map(({ key, value }) => ({ key, value })),
    verdicts: newestPerCriterion(verdicts.filter((verdict) => verdict.runId === run.id)),
  }))
}

function newestPerCriterion(rows: readonly { key: string; version: number; verdict: VerdictKind; reason: string }[]) {
  const byKey = new Map<string, (typeof rows)[number]>()
  for (const row of rows) if ((byKey.get(row.key)?.version ?? 0) < row.version) byKey.set(row.key, row)
  return [...byKey.values()]
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }))
    .map(({ key, version, verdict, reason }) => ({ key, version, verdict, reason }))
}

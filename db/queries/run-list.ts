import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { RunState } from '#app/domain/run.ts'
import type { RunNotes } from '#app/domain/run-note.ts'
import { notesOf } from '#app/domain/run-note.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import type { Tx } from '../types.ts'
import { listEvaluations } from './evaluations.ts'
import { countRuns, listFittingKeys, searchRuns } from './run-search.ts'
import type { KeyValue, RunRow } from './runs.ts'
import { loadRunDetails } from './run-details.ts'

export interface RunListRow {
  readonly id: RunId
  readonly name: string
  readonly state: RunState
  readonly userName: string
  readonly isVerified: boolean
  readonly createdAt: Date
  /** Last value of each metric, without those that are only standard errors. */
  readonly metrics: readonly { readonly key: string; readonly value: number }[]
  readonly params: readonly KeyValue[]
  readonly notes: RunNotes
  readonly verdicts: readonly {
    readonly key: string
    readonly version: number
    readonly verdict: VerdictKind
    readonly reason: string
  }[]
}

/**
 * Active runs of an engagement that fit, in the order asked for, then newest first, with their last metrics and the
 * verdicts in force.
 * @returns a page of them, and the position after which the next one begins; null at the end
 */
export async function searchRunList(
  tx: Tx,
  engagementId: EngagementId,
  search: {
    readonly filter: readonly Clause[]
    readonly order: readonly Order[]
    readonly limit: number
    readonly after?: readonly (string | null)[]
  },
): Promise<{ readonly rows: RunListRow[]; readonly next: readonly (string | null)[] | null }> {
  const { limit, ...question } = search
  const found = await searchRuns(tx, {
    ...question,
    engagementId,
    experimentIds: [],
    stages: ['active'],
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const rows = await withVerdicts(
    tx,
    engagementId,
    page.map(({ run }) => run),
  )
  return { rows, next: found.length > limit ? (page.at(-1)?.position ?? null) : null }
}

/** How many active runs fit; `limit` for as many or more. */
export function countRunList(
  tx: Tx,
  engagementId: EngagementId,
  filter: readonly Clause[],
  limit: number,
): Promise<number> {
  return countRuns(tx, { engagementId, experimentIds: [], stages: ['active'], filter }, limit)
}

/** The names of what the active runs that fit logged and were given, without those that are only standard errors. */
export async function searchRunKeys(
  tx: Tx,
  engagementId: EngagementId,
  filter: readonly Clause[],
): Promise<{ readonly metrics: readonly string[]; readonly params: readonly string[] }> {
  const keys = await listFittingKeys(tx, { engagementId, experimentIds: [], stages: ['active'], filter })
  return { ...keys, metrics: keys.metrics.filter((key) => !key.endsWith('_se')) }
}

async function withVerdicts(tx: Tx, engagementId: EngagementId, found: readonly RunRow[]): Promise<RunListRow[]> {
  const details = await loadRunDetails(tx, found)
  const runIds = found.map((run) => run.id)
  const byRun = groupedByRun(await listEvaluations(tx, engagementId, { runIds, limit: 20_000 }))
  return details.map(({ run, metrics, params, tags }) => ({
    id: run.id,
    name: run.name,
    state: run.state,
    userName: run.userName,
    isVerified: run.isVerified,
    createdAt: run.createdAt,
    metrics: metrics.filter((metric) => !metric.key.endsWith('_se')).map(({ key, value }) => ({ key, value })),
    params,
    notes: notesOf(tags),
    verdicts: newestPerCriterion(byRun.get(run.id) ?? []),
  }))
}

/** Of each criterion the verdict against its newest version, by the criterion's key. */
export function newestPerCriterion(
  rows: readonly { key: string; version: number; verdict: VerdictKind; reason: string }[],
): RunListRow['verdicts'] {
  const byKey = new Map<string, (typeof rows)[number]>()
  for (const row of rows) if ((byKey.get(row.key)?.version ?? 0) < row.version) byKey.set(row.key, row)
  return [...byKey.values()]
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }))
    .map(({ key, version, verdict, reason }) => ({ key, version, verdict, reason }))
}

export function groupedByRun<T extends { readonly runId: RunId }>(
  rows: readonly T[],
): ReadonlyMap<RunId, readonly T[]> {
  const groups = new Map<RunId, T[]>()
  for (const row of rows) groups.set(row.runId, [...(groups.get(row.runId) ?? []), row])
  return groups
}

import { lt, sql } from 'drizzle-orm'
import type { EndpointId, EngagementId } from '#app/domain/ids.ts'
import { heartbeats } from '../schema/heartbeats.ts'
import type { Tx } from '../types.ts'

/** How many deployments elsewhere an endpoint has, and whether one of them has this name. */
export async function countElsewhere(
  tx: Tx,
  endpointId: EndpointId,
  name: string,
): Promise<{ readonly count: number; readonly isKnown: boolean }> {
  const [row] = await tx.execute<{ count: number; known: boolean }>(sql`
    select count(distinct name)::int as count, coalesce(bool_or(name = ${name}), false) as known
    from heartbeats where endpoint_id = ${endpointId}`)
  return { count: row?.count ?? 0, isKnown: row?.known ?? false }
}

export async function saveHeartbeat(
  tx: Tx,
  row: {
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly name: string
    readonly startsAt: Date
    readonly modelVersion: number
    readonly intervalSeconds: number
    readonly requests: number
    readonly errors: number
    readonly reportedBy: string
    readonly reportedAt: Date
  },
): Promise<void> {
  const { modelVersion, intervalSeconds, requests, errors, reportedBy, reportedAt } = row
  const set = { modelVersion, intervalSeconds, requests, errors, reportedBy, reportedAt }
  await tx
    .insert(heartbeats)
    .values(row)
    .onConflictDoUpdate({ target: [heartbeats.endpointId, heartbeats.name, heartbeats.startsAt], set })
}

export interface ElsewhereRow {
  readonly name: string
  readonly modelVersion: number
  readonly intervalSeconds: number
  readonly reportedAt: Date
  readonly reportedBy: string
  /** Over all that was reported. */
  readonly requests: number
  readonly errors: number
}

/** Deployments of an endpoint that run elsewhere, each with its newest report and the sum of all; by name. */
export async function listElsewhere(tx: Tx, endpointId: EndpointId): Promise<ElsewhereRow[]> {
  const rows = await tx.execute<Omit<ElsewhereRow, 'reportedAt'> & { reportedAt: string }>(sql`
    select distinct on (name) name, model_version as "modelVersion", interval_seconds as "intervalSeconds",
      reported_at as "reportedAt", reported_by as "reportedBy",
      (sum(requests) over (partition by name))::float8 as requests, (sum(errors) over (partition by name))::float8 as errors
    from heartbeats where endpoint_id = ${endpointId} order by name, starts_at desc`)
  return [...rows].map((row) => ({ ...row, reportedAt: new Date(row.reportedAt) }))
}

export async function dropOldHeartbeats(tx: Tx, before: Date): Promise<void> {
  await tx.delete(heartbeats).where(lt(heartbeats.startsAt, before))
}

import { sql } from 'drizzle-orm'
import type { Sample } from '#app/domain/prometheus.ts'
import { latencyPercentiles } from '../latency.ts'
import type { Tx } from '../types.ts'

/** How the whole instance does, without a word of what any engagement is about. The door must be `auth`. */
export async function readOperations(tx: Tx): Promise<Sample[]> {
  const rows = await tx.execute<{
    name: string
    labels: Readonly<Record<string, string>>
    value: number | null
    latencies: readonly string[] | null
  }>(sql`select name, labels, value, latencies from app.operations()`)
  return [...rows].flatMap(({ name, labels, value, latencies }) => {
    if (latencies === null) return value === null ? [] : [{ name, labels, value }]
    const known = latencyPercentiles(latencies)
    if (known === null) return []
    return (['p50', 'p95', 'p99'] as const).map((quantile) => ({
      name,
      labels: { ...labels, quantile: `0.${quantile.slice(1)}` },
      value: known[quantile] / 1000,
    }))
  })
}

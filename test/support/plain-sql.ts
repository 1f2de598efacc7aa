import postgres from 'postgres'

/** The same rows by plain SQL into the same server: what no server in front of it can pass. */
export interface PlainSql {
  /** Points of one request as narrow rows, one statement, committed. */
  insert(points: number, turn: number): Promise<void>
  /** Bytes of tables with their indexes, after what is in memory was written. */
  bytesOf(tables: readonly string[]): Promise<number>
  /** Points that are in the log, and those in chunks. */
  points(): Promise<{ readonly hot: number; readonly compacted: number }>
  close(): Promise<void>
}

export async function openPlainSql(ownerUrl: string): Promise<PlainSql> {
  const sql = postgres(ownerUrl, { max: 16, onnotice: () => undefined })
  await sql`create table if not exists plain_points (run int, key text, step bigint, ts bigint, value float8)`
  return {
    async insert(points, turn) {
      const steps = Array.from({ length: points }, (_, at) => turn * points + at)
      await sql`insert into plain_points select 1, 'metric', s, s, s from unnest(${steps}::bigint[]) as given(s)`
    },
    async bytesOf(tables) {
      let total = 0
      for (const table of tables) {
        await sql.unsafe(`vacuum full ${table}`)
        const [row] = await sql`select pg_total_relation_size(${table}::regclass)::float8 as bytes`
        total += Number(row?.bytes ?? 0)
      }
      return total
    },
    async points() {
      const [row] = await sql`select (select coalesce(sum(count), 0)::float8 from metric_log) as hot,
        (select coalesce(sum(count), 0)::float8 from metric_chunks) as compacted`
      return { hot: Number(row?.hot ?? 0), compacted: Number(row?.compacted ?? 0) }
    },
    close: () => sql.end(),
  }
}

export interface BaselineTables {
  insert(
    runId: string,
    points: readonly { key: string; step: number; timestamp: number; value: number }[],
  ): Promise<void>
  close(): Promise<void>
}

/** The tables of the bench's fixed baseline: a row for each point and a row for each latest value, with keys as text. */
export async function openBaselineTables(ownerUrl: string): Promise<BaselineTables> {
  const sql = postgres(ownerUrl, { max: 16, onnotice: () => undefined })
  await sql`create table if not exists baseline_points (run_id text, key text, ts bigint, step bigint, value float8,
    primary key (run_id, key, ts, step, value))`
  await sql`create table if not exists baseline_latest (run_id text, key text, step bigint, value float8, primary key (run_id, key))`
  return {
    async insert(runId, points) {
      await sql.begin(async (tx) => {
        for (const { key, step, timestamp, value } of points) {
          await tx`insert into baseline_points values (${runId}, ${key}, ${timestamp}, ${step}, ${value}) on conflict do nothing`
          await tx`insert into baseline_latest values (${runId}, ${key}, ${step}, ${value})
            on conflict (run_id, key) do update set step = excluded.step, value = excluded.value`
        }
      })
    },
    close: () => sql.end(),
  }
}

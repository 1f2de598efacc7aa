import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { toRunId } from '#app/domain/ids.ts'
import type { Order } from '#app/domain/search-filter.ts'
import { readFilter, readOrder, RUN_GRAMMAR } from '#app/domain/search-grammar.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { searchRuns } from '#db/queries/run-search.ts'
import { getRun } from '#db/queries/runs.ts'
import { query } from '#test/support/database.ts'
import { aRun, test } from '#test/support/http.ts'

const RUNS = 8000

/** Runs enough that the planner has a choice. @returns the experiment's number */
async function seeded(url: string, runId: string): Promise<number> {
  return query(url, async (sql) => {
    const [like] = await sql`select engagement_id, experiment_id from runs where id = ${runId}`
    await sql`insert into runs (id, engagement_id, experiment_id, name, state, start_time, created_at)
      select md5(n::text), ${like?.engagement_id}, ${like?.experiment_id}, 'run ' || n, 'finished', n, now() from generate_series(1, ${RUNS}) n`
    await sql`insert into latest_metrics (engagement_id, run_id, experiment_id, key, step, timestamp, value)
      select ${like?.engagement_id}, md5(n::text), ${like?.experiment_id}, 'auc', 0, 0, n::float8 / ${RUNS} from generate_series(1, ${RUNS}) n`
    await sql`insert into run_params (engagement_id, run_id, key, value)
      select ${like?.engagement_id}, md5(n::text), 'depth', n::text from generate_series(1, ${RUNS}) n`
    await sql`analyze runs, latest_metrics, run_params`
    return Number(like?.experiment_id)
  })
}

const scans = (url: string) =>
  query(url, async (sql) => {
    const rows = await sql`select indexrelname as name, idx_tup_read::int as rows from pg_stat_user_indexes
      where indexrelname in ('runs_newest', 'latest_metrics_by_value', 'run_params_by_value')`
    return Object.fromEntries(rows.map((row) => [String(row.name), Number(row.rows)]))
  })

describe('a search among many runs', () => {
  test.for<[string, { filter?: string; order?: string[] }, string]>([
    ['the newest', {}, 'runs_newest'],
    ['by a metric', { order: ['metrics.auc DESC'] }, 'latest_metrics_by_value'],
    ['with a parameter', { filter: "params.depth = '77'" }, 'run_params_by_value'],
  ])(
    '%s reads from its index, and no more than it shows',
    async ([, asked, index], { client, database, pools, fixture }) => {
      const experimentId = await seeded(database.ownerUrl, await aRun(client))
      const order: Order[] = readOrder(RUN_GRAMMAR, asked.order ?? [])
      const found = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
        searchRuns(tx, {
          engagementId: fixture.engagementId,
          experimentIds: [experimentId],
          stages: ['active'],
          filter: readFilter(RUN_GRAMMAR, asked.filter ?? ''),
          order,
          limit: 20,
        }),
      )
      expect(found).toHaveLength(asked.filter === undefined ? 20 : 1)
      // A backend tells its counts a moment later.
      await expect
        .poll(async () => (await scans(database.ownerUrl))[index] ?? 0, { timeout: 15_000 })
        .toBeGreaterThan(0)
      expect((await scans(database.ownerUrl))[index]).toBeLessThan(200)
    },
  )

  test('is planned for what its filter names, however often it is asked; one without is planned once', async ({
    client,
    database,
    pools,
    fixture,
  }) => {
    const experimentId = await seeded(database.ownerUrl, await aRun(client))
    await pools.web.as({ personId: fixture.lead.personId }, async (tx) => {
      const ask = (filter: string) =>
        searchRuns(tx, {
          ...{
            engagementId: fixture.engagementId,
            experimentIds: [experimentId],
            stages: ['active'],
            order: [],
            limit: 2,
          },
          filter: readFilter(RUN_GRAMMAR, filter),
        })
      // After five times PostgreSQL has a plan for whatever values.
      for (let time = 0; time < 7; time += 1) await ask("metrics.auc > 0.5 AND params.depth = '77'")
      for (let time = 0; time < 7; time += 1) await ask('')
      const rows = await tx.execute<{ has_filter: boolean; generic: number }>(sql`
        select statement like '%latest_metrics m%' as has_filter, generic_plans::int as generic from pg_prepared_statements
        where statement like '%from "runs" where%'`)
      expect([...rows]).toEqual([{ has_filter: false, generic: expect.any(Number) }])
    })
  })

  test('is shown whole from the entries of its own runs, before PostgreSQL knows anything of the tables', async ({
    client,
    database,
    pools,
    fixture,
  }) => {
    const runId = await aRun(client)
    const entries = await query(database.ownerUrl, async (sql) => {
      // What a load has written a moment ago: no statistics yet.
      await sql`alter table run_params set (autovacuum_enabled = off)`
      await sql`alter table run_tags set (autovacuum_enabled = off)`
      const [like] = await sql`select engagement_id, experiment_id from runs where id = ${runId}`
      await sql`insert into runs (id, engagement_id, experiment_id, name, state, start_time, created_at)
        select md5(n::text), ${like?.engagement_id}, ${like?.experiment_id}, 'run ' || n, 'finished', n, now() from generate_series(1, 1500) n`
      for (const table of ['run_params', 'run_tags'])
        await sql`insert into ${sql(table)} (engagement_id, run_id, key, value)
          select ${like?.engagement_id}, md5(n::text), 'k' || k, n::text from generate_series(1, 1500) n, generate_series(1, 20) k`
      return sql`select id from runs where name like 'run %' order by start_time limit 50`
    })
    const details = await pools.web.as({ personId: fixture.lead.personId }, async (tx) =>
      loadRunDetails(
        tx,
        await Promise.all(entries.map(({ id }) => getRun(tx, fixture.engagementId, toRunId(String(id))))),
      ),
    )
    expect(details.map(({ params, tags }) => [params.length, tags.length])).toEqual(Array(50).fill([20, 20]))
    const read = () =>
      query(database.ownerUrl, async (sql) => {
        const [row] = await sql`select sum(idx_tup_read)::int as rows from pg_stat_user_indexes
          where relname in ('run_params', 'run_tags')`
        return Number(row?.rows)
      })
    await expect.poll(read).toBeGreaterThanOrEqual(50 * 40)
    expect(await read()).toBeLessThan(50 * 40 * 3)
  })
})

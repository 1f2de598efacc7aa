import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import type { PersonActor } from '#app/domain/actor.ts'
import { sqlStateOf } from '#db/client.server.ts'
import type { Scope } from '#db/types.ts'
import { query, test } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aFirm, anEngagement, aSignedCriterion, aSignedProblem, openPools } from '#test/support/factories.ts'

/** The second wall: what the web's own role sees when a query forgot to ask for whom. */
describe('row-level security', () => {
  let pools: Pools
  let lead: PersonActor
  let first: EngagementFixture
  let second: EngagementFixture

  beforeEach<{ database: Parameters<typeof openPools>[0] }>(async ({ database }) => {
    pools = openPools(database)
    lead = (await aFirm(pools)).lead
    first = await anEngagement(pools, lead, 'First Client')
    second = await anEngagement(pools, lead, 'Second Client')
    for (const fixture of [first, second]) {
      await aSignedProblem(pools, fixture)
      await aSignedCriterion(pools, fixture)
    }
  })
  afterEach(() => pools.close())

  const tables = (url: string) =>
    query(
      url,
      (owner) => owner<{ name: string; hasEngagement: boolean }[]>`
      select c.relname as name, exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'engagement_id') as "hasEngagement"
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    )

  const seen = async (scope: Scope, table: string, where = 'true') => {
    const [row] = await pools.web.as(scope, (tx) =>
      tx.execute<{ count: number }>(sql.raw(`select count(*)::int as count from public."${table}" where ${where}`)),
    )
    return row?.count
  }

  test('shows nobody anything, in any table', async ({ database }) => {
    const all = await tables(database.ownerUrl)
    expect(all.length).toBeGreaterThan(30)
    for (const { name } of all) expect(await seen({}, name), name).toBe(0)
  })

  test('invariant 12: shows a client no row of another client’s engagement, in any table', async ({ database }) => {
    const filled = new Set<string>()
    for (const { name, hasEngagement } of await tables(database.ownerUrl)) {
      if (!hasEngagement) continue
      const where = `engagement_id = '${first.engagementId}'`
      if ((await seen({ personId: first.client.personId }, name, where)) !== 0) filled.add(name)
      expect(await seen({ personId: second.client.personId }, name, where), name).toBe(0)
    }
    expect([...filled]).toEqual(
      expect.arrayContaining(['criteria', 'criterion_versions', 'decision_records', 'seats', 'sign_offs']),
    )
  })

  test('shows the holder of a token nothing outside its engagement', async ({ database }) => {
    const scope = { personId: lead.personId, engagementId: first.engagementId }
    for (const { name, hasEngagement } of await tables(database.ownerUrl)) {
      if (hasEngagement) expect(await seen(scope, name, `engagement_id = '${second.engagementId}'`), name).toBe(0)
    }
    expect(await seen(scope, 'criteria')).toBe(1)
  })

  test('hides other organisations’ people, all credentials and all sessions from a client', async () => {
    const scope = { personId: second.client.personId }
    expect(await seen(scope, 'persons', `id = '${first.client.personId}'`)).toBe(0)
    expect(await seen(scope, 'organisations', `id = '${first.organisationId}'`)).toBe(0)
    for (const table of ['credentials', 'one_time_links', 'api_tokens', 'mail_outbox'])
      expect(await seen(scope, table), table).toBe(0)
  })

  test('refuses a write into another client’s engagement', async () => {
    const state = await pools.web
      .as({ personId: second.client.personId }, (tx) =>
        tx.execute(
          sql`insert into criteria (id, engagement_id, key, created_at) values (gen_random_uuid(), ${first.engagementId}, 'C9', now())`,
        ),
      )
      .then(() => 'written', sqlStateOf)
    expect(state).toBe('42501')
    const changed = await pools.web.as({ personId: second.client.personId }, (tx) =>
      tx.execute(sql`update engagements set name = 'taken over' where id = ${first.engagementId} returning id`),
    )
    expect([...changed]).toEqual([])
  })

  test('does not leak a viewer to the next user of a connection', async () => {
    await Promise.all(Array.from({ length: 20 }, () => seen({ personId: lead.personId }, 'engagements')))
    for (let turn = 0; turn < 20; turn += 1) expect(await seen({}, 'engagements')).toBe(0)
  })

  test('invariant 1: records are append-only, for the web, for workers and for the owner', async ({ database }) => {
    for (const table of ['decision_records', 'evidence_snapshots', 'events', 'evaluations']) {
      for (const change of [
        `update ${table} set engagement_id = engagement_id`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        for (const pool of [pools.web, pools.worker]) {
          const state = await pool
            .as({ personId: lead.personId }, (tx) => tx.execute(sql.raw(change)))
            .then(() => 'done', sqlStateOf)
          expect(state, change).toBe('42501')
        }
        const asOwner = query(database.ownerUrl, (owner) => owner.unsafe(change))
        const hasRows = table !== 'evaluations' || change.startsWith('truncate')
        if (hasRows) await expect(asOwner, change).rejects.toMatchObject({ code: '42501' })
        else await asOwner
      }
    }
  })

  test('invariant 1: what was sent for signature never changes and is never deleted', async ({ database }) => {
    for (const change of [
      'update criterion_versions set content = content || \'{"target": 0.1}\'',
      'delete from criterion_versions',
      "update problem_statements set document = '{}'",
    ]) {
      await expect(
        query(database.ownerUrl, (owner) => owner.unsafe(change)),
        change,
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('invariant 5: no two versions of a criterion are agreed at one instant, whoever writes', async ({
    database,
  }) => {
    const again = (state: string, until: string) =>
      query(database.ownerUrl, (owner) =>
        owner.unsafe(`insert into criterion_versions select (jsonb_populate_record(v, jsonb_build_object(
            'id', gen_random_uuid(), 'version', v.version + 7, 'state', '${state}', 'ended_at', ${until}))).*
          from criterion_versions v where v.state = 'agreed' limit 1`),
      )
    await expect(again('agreed', 'null')).rejects.toMatchObject({ code: '23505' })
    await expect(again('superseded', "v.agreed_at + interval '1 second'")).rejects.toMatchObject({ code: '23P01' })
  })

  test('the application’s roles are neither superusers nor owners, and cannot become more', async ({ database }) => {
    const roles = await query(
      database.ownerUrl,
      (owner) => owner`
      select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname like 'throughline_%' and rolname <> 'throughline_owner'`,
    )
    for (const role of roles)
      expect(role, role['rolname']).toMatchObject({
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
      })
    const owned = await query(
      database.ownerUrl,
      (owner) => owner`
      select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in ('throughline_web', 'throughline_worker')`,
    )
    expect([...owned]).toEqual([])
    const state = await pools.web
      .as({}, (tx) => tx.execute(sql`alter table criteria disable row level security`))
      .then(() => 'done', sqlStateOf)
    expect(state).toBe('42501')
  })
})

import { describe, expect } from 'vitest'
import { loader as datasetsCsv } from '#app/routes/datasets/csv.ts'
import { loader as datasetsJson } from '#app/routes/datasets/json.ts'
import { loader as datasetCsv } from '#app/routes/datasets/one-csv.ts'
import { loader as datasetJson } from '#app/routes/datasets/one-json.ts'
import { loader as portfolioCsv } from '#app/routes/firm/portfolio-csv.ts'
import { loader as modelsCsv } from '#app/routes/models/csv.ts'
import { loader as modelsJson } from '#app/routes/models/json.ts'
import { loader as modelCsv } from '#app/routes/models/one-csv.ts'
import { loader as modelJson } from '#app/routes/models/one-json.ts'
import { loader as compareCsv } from '#app/routes/runs/compare-csv.ts'
import { loader as compareJson } from '#app/routes/runs/compare-json.ts'
import { loader as runsCsv } from '#app/routes/runs/csv.ts'
import { loader as runsJson } from '#app/routes/runs/json.ts'
import { loader as runJson } from '#app/routes/runs/one-json.ts'
import { loader as pointsCsv } from '#app/routes/runs/points-csv.ts'
import { loader as workCsv } from '#app/routes/work/csv.ts'
import { query } from '#test/support/database.ts'
import { anEngagement, aSignedCriterion, aSignedProblem } from '#test/support/factories.ts'
import { aServableVersion, aVerifiedRun, judgeAll } from '#test/support/runs.ts'
import { test } from '#test/support/web.ts'

const linesOf = (csv: string) => csv.trimEnd().split('\r\n')

/** More runs, versions of data and of a model than are read at once, made by copying. */
async function many(ownerUrl: string, count: number): Promise<void> {
  await query(ownerUrl, async (sql) => {
    await sql`insert into runs select (jsonb_populate_record(r, jsonb_build_object('id', md5(g::text), 'name', 'run ' || g))).*
      from runs r, generate_series(1, ${count}) g`
    await sql`insert into latest_metrics select (jsonb_populate_record(m, jsonb_build_object('run_id', md5(g::text), 'value', g))).*
      from latest_metrics m, generate_series(1, ${count}) g`
    await sql`insert into dataset_versions select (jsonb_populate_record(v, jsonb_build_object(
      'id', md5('d' || g)::uuid, 'version', g + 1, 'digest', md5(g::text)))).* from dataset_versions v, generate_series(1, ${count}) g`
    await sql`insert into model_versions select (jsonb_populate_record(v, jsonb_build_object('id', md5('m' || g)::uuid, 'version', g + 1))).*
      from model_versions v, generate_series(1, ${count}) g`
    return []
  })
}

describe('what a page shows, as a file', () => {
  test('is whole, however long, and read as it is taken', async ({ pools, fixture, web, database }) => {
    const { client } = fixture
    await aVerifiedRun(pools, fixture)
    await aServableVersion(pools, fixture)
    await many(database.ownerUrl, 1200)
    for (const [csv, json, list, count] of [
      [runsCsv, runsJson, 'runs', 1201],
      [datasetsCsv, datasetsJson, 'datasets', 1201],
      [modelsCsv, modelsJson, 'versions', 1201],
    ] as const) {
      const lines = linesOf(await web.text(client, csv))
      expect([list, lines.length, new Set(lines).size]).toEqual([list, count + 1, count + 1])
      const whole = JSON.parse(await web.text(client, json)) as Record<string, unknown> // looked into below
      const rows = whole[list] as { id: string }[] // each has an id
      expect([rows.length, new Set(rows.map(({ id }) => id)).size, whole['isComplete']]).toEqual([count, count, true])
    }
    const before = web.readsCount()
    const reader = (await web.get(client, runsJson)).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(web.readsCount() - before).toBeLessThan(5)
    const fitting = linesOf(await web.text(client, runsCsv, {}, '?filter=metrics.roc_auc+>+1199&order=metrics.roc_auc'))
    expect(fitting.slice(1).map((line) => line.split(',').at(-1))).toEqual(['1200'])
  })

  test('leaves out no hour, no engagement and no signature, however many came since', async ({
    pools,
    fixture,
    web,
    database,
  }) => {
    const { lead, engagementId } = fixture
    await aServableVersion(pools, fixture)
    await query(database.ownerUrl, async (sql) => {
      // Several in one instant, over the ends of pages.
      await sql`insert into work_entries (id, engagement_id, person_id, started_at, minutes, note, created_at)
        select md5('w' || g)::uuid, ${engagementId}, ${lead.personId}, now(), 5, 'entry ' || g, now() - make_interval(secs => g / 7 * 0.0001)
        from generate_series(1, 10300) g`
      await sql`insert into engagements select (jsonb_populate_record(e, jsonb_build_object('id', md5('e' || g)::uuid, 'code', 'ZED-' || g))).*
        from engagements e, generate_series(1, 330) g`
      await sql`insert into sign_offs (id, engagement_id, subject_type, subject_id, subject_hash, title, state, rule, sent_by, sent_at)
        select gen_random_uuid(), ${engagementId}, 'model_version', case when g = 1 then v.id else md5('s' || g)::uuid end, md5('h' || g),
          'A version', 'approved', '{}', ${lead.personId}, now() + make_interval(secs => g)
        from model_versions v, generate_series(1, 520) g`
      return []
    })
    const work = linesOf(await web.text(lead, workCsv))
    expect([work.length, new Set(work).size]).toEqual([10_301, 10_301])
    expect(work[1]).toMatch(/,entry \d$/)
    const portfolio = linesOf(await web.text(lead, portfolioCsv))
    expect([portfolio.length, new Set(portfolio).size]).toEqual([332, 332])
    expect(linesOf(await web.text(lead, modelsCsv))[1]).toContain(',approved,')
  })

  test('names the deployments of a version however often others were deployed since', async ({
    pools,
    fixture,
    web,
    database,
  }) => {
    const { client, lead, engagementId } = fixture
    await aServableVersion(pools, fixture)
    await many(database.ownerUrl, 1)
    await query(database.ownerUrl, async (sql) => {
      await sql`insert into endpoints (id, engagement_id, model_id, slug, created_at)
        select gen_random_uuid(), engagement_id, id, 'strikes', now() from registered_models`
      await sql`insert into deployments (id, engagement_id, endpoint_id, model_version_id, revision, state, gate, requested_by, requested_at)
        select gen_random_uuid(), ${engagementId}, e.id, v.id, g, 'retired', '[]', ${lead.personId}, now() + make_interval(secs => g)
        from endpoints e, generate_series(1, 520) g join model_versions v on v.version = case when g = 1 then 1 else 2 end`
      return []
    })
    const { versions } = JSON.parse(await web.text(client, modelsJson)) as {
      versions: { version: number; deployments: unknown[] }[]
    } // looked into below
    expect(versions.map(({ version, deployments }) => [version, deployments.length]).sort()).toEqual([
      [1, 1],
      [2, 519],
    ])
  })

  test('says what the page says: verdicts, aliases, terms, and nothing that a spreadsheet would run', async ({
    pools,
    fixture,
    web,
    database,
  }) => {
    const { client, lead, datasetVersionId } = fixture
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, fixture)
    const runId = await aVerifiedRun(pools, fixture)
    await judgeAll(pools, fixture)
    const modelVersionId = await aServableVersion(pools, fixture, { runId })
    await query(database.ownerUrl, (sql) => sql`update runs set name = '=cmd()' where id = ${runId}`)
    await query(database.ownerUrl, (sql) => sql`update datasets set description = '@SUM(1)', licence = 'CC0'`)
    const runs = linesOf(await web.text(client, runsCsv))
    expect(runs[0]).toMatch(/^run_id,name,state,verified,user,created_at,verdicts,.*metrics\.roc_auc$/)
    expect(runs.find((line) => line.startsWith(runId))).toMatch(
      new RegExp(`^${runId},'=cmd\\(\\),finished,true,.*C1 v1 met`),
    )
    expect(linesOf(await web.text(client, modelsCsv))[1]).toMatch(/C1 v1 met/)
    expect(linesOf(await web.text(client, datasetsCsv))[1]).toMatch(/,'@SUM\(1\),/)
    expect(JSON.parse(await web.text(lead, datasetJson, { datasetVersionId }))).toMatchObject({
      dataset: { id: datasetVersionId, licence: 'CC0' },
      dependants: [{ kind: 'criterion', name: 'C1 v1', how: 'agreed' }],
    })
    const data = linesOf(await web.text(client, datasetCsv, { datasetVersionId }))
    expect(data).toEqual(
      expect.arrayContaining(['part,name,value', "dataset,description,'@SUM(1)", 'criterion,C1 v1,agreed']),
    )
    expect(JSON.parse(await web.text(client, modelJson, { modelVersionId }))).toMatchObject({
      version: { id: modelVersionId, runId, verdicts: [{ key: 'C1', verdict: 'met' }] },
      files: { 'model.onnx': 'a' },
      moves: [],
      card: { missing: expect.arrayContaining([expect.any(String)]) },
    })
    const model = linesOf(await web.text(client, modelCsv, { modelVersionId }))
    expect(model).toEqual(expect.arrayContaining(['verdict,C1 v1,met', `version,runId,${runId}`]))
    expect(model.some((line) => line.startsWith('gate,'))).toBe(true)
    expect(JSON.parse(await web.text(client, runJson, { runId }))).toMatchObject({
      run: { id: runId, name: '=cmd()' },
      verdicts: [{ key: 'C1', verdict: 'met' }],
    })
  })

  test('of a run is every point; of compared runs, every value', async ({ pools, fixture, web }) => {
    const { client } = fixture
    const first = await aVerifiedRun(pools, fixture)
    const second = await aVerifiedRun(pools, fixture, [])
    const compared = `?run=${first}&run=${second}`
    const lines = linesOf(await web.text(client, compareCsv, {}, compared))
    expect(lines[0]).toMatch(/^kind,name,differs,r \(\w{6}\),r \(\w{6}\)$/)
    expect(lines).toContain('metric,roc_auc on a dataset,true,0.95,')
    expect(JSON.parse(await web.text(client, compareJson, {}, compared))).toMatchObject({
      runs: [{ id: first }, { id: second }],
    })
    expect(linesOf(await web.text(client, pointsCsv, { runId: first }))).toEqual([
      'metric,step,timestamp_ms,value,dataset',
      'roc_auc,0,1,0.95,a dataset',
    ])
  })

  test('does not exist for another client, or of what is not there', async ({ pools, fixture, web }) => {
    const { lead, client, datasetVersionId } = fixture
    const runId = await aVerifiedRun(pools, fixture)
    const modelVersionId = await aServableVersion(pools, fixture, { runId })
    const other = await anEngagement(pools, lead, 'Other Mills')
    const asked = [
      ...[datasetsCsv, datasetsJson, modelsCsv, modelsJson, runsCsv, runsJson].map((loader) => [loader, {}] as const),
      [datasetCsv, { datasetVersionId }],
      [datasetJson, { datasetVersionId }],
      [modelCsv, { modelVersionId }],
      [modelJson, { modelVersionId }],
      [runJson, { runId }],
      [pointsCsv, { runId }],
    ] as const
    const statusOf = (answer: Promise<Response>) =>
      answer.then(
        ({ status }) => status,
        (thrown: Response) => thrown.status,
      )
    for (const [loader, params] of asked) {
      expect(await statusOf(web.get(client, loader, params))).toBe(200)
      expect(await statusOf(web.get(other.client, loader, params))).toBe(404)
      // Its own engagement's address, with ids of this one.
      const { engagementId } = other
      if (Object.keys(params).length > 0)
        expect(await statusOf(web.get(other.client, loader, { engagementId, ...params }))).toBe(404)
    }
    for (const loader of [compareCsv, compareJson])
      expect(await statusOf(web.get(other.client, loader, { engagementId: other.engagementId }, `?run=${runId}`))).toBe(
        404,
      )
    expect(await statusOf(web.get(client, runJson, { runId: 'ab'.repeat(16) }))).toBe(404)
  })
})

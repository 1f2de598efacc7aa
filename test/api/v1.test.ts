import exceljs from 'exceljs'
import { describe, expect } from 'vitest'
import { createExperiment } from '#app/commands/experiments.ts'
import { judgeEngagement } from '#app/commands/judging.ts'
import { logInputs } from '#app/commands/run-inputs.ts'
import { logBatch, startRun, updateRun } from '#app/commands/tracking.ts'
import { editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { query } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aCriterionForm, aJobActor, approve, as, aSignedCriterion, ORIGIN } from '#test/support/factories.ts'
import type { Client } from '#test/support/http.ts'
import { aRun, test } from '#test/support/http.ts'

/** A verified run that measured on the hold-out, finished. */
async function aVerifiedRun(pools: Pools, fixture: EngagementFixture, value: number, seed = '1') {
  const job = as(pools, await aJobActor(pools, fixture), new Date())
  await createExperiment(job, { name: 'jobs', tags: [] }).catch(() => undefined)
  const { run } = await startRun(job, {
    experimentId: '0',
    name: `run ${String(value)}`,
    userName: '',
    startTime: null,
    tags: [{ key: 'throughline.recipe', value: 'forest' }],
  })
  const dataset = { sourceType: '', source: '', schema: null, profile: null }
  await logInputs(job, run.id, [
    { ...dataset, name: 'train', digest: 'aa', context: 'training', tags: [] },
    { ...dataset, name: 'holdout', digest: fixture.datasetDigest, context: 'testing', tags: [] },
  ])
  await logBatch(job, run.id, {
    metrics: [
      {
        key: 'roc_auc',
        value,
        timestamp: 1,
        step: 0,
        datasetName: 'holdout',
        datasetDigest: fixture.datasetDigest,
        modelId: '',
      },
    ],
    params: [
      { key: 'depth', value: '4' },
      { key: 'seed', value: seed },
    ],
    tags: [],
  })
  await updateRun(job, run.id, { state: 'finished' })
  return run.id
}

const path = (fixture: EngagementFixture, rest: string) => `/api/v1/engagements/${fixture.engagementId}/${rest}`
const versionsOf = (url: string) =>
  query(url, (sql) => sql`select id, version from criterion_versions order by version`)

describe('judging', () => {
  test('judges a run against every version that was ever agreed, and keeps what was said', async ({
    pools,
    fixture,
    client,
    database,
  }) => {
    const criterionId = await aSignedCriterion(pools, fixture)
    const runId = await aVerifiedRun(pools, fixture, 0.79)
    await editCriterion(as(pools, fixture.lead), {
      engagementId: fixture.engagementId,
      criterionId,
      form: aCriterionForm(fixture.datasetVersionId, { target: '0.85' }),
    })
    const signOffId = await sendCriterion(as(pools, fixture.lead), {
      engagementId: fixture.engagementId,
      criterionId,
      origin: ORIGIN,
    })
    await approve(pools, fixture, signOffId, new Date('2026-03-03T09:00:00Z'))
    await pools.worker.as({}, (tx) => judgeEngagement(tx, { engagementId: fixture.engagementId, now: new Date() }))
    const later = await aVerifiedRun(pools, fixture, 0.9)
    const said = async (run: string) => {
      const { body } = await client.raw(path(fixture, `runs/${run}/verdicts`))
      return body.verdicts?.map((row) => [row.version, row.sequence, row.verdict]) ?? []
    }
    expect(await said(runId)).toEqual([
      [1, 1, 'met_within_noise'],
      [2, 1, 'not_met'],
    ])
    expect(await said(later)).toEqual([
      [1, 1, 'met'],
      [2, 1, 'met'],
    ])
    expect(await versionsOf(database.ownerUrl)).toHaveLength(2)
  })

  test('a deleted run satisfies nothing, what was said before stays, and a restored one counts again', async ({
    pools,
    fixture,
    client,
  }) => {
    await aSignedCriterion(pools, fixture)
    const run_id = await aVerifiedRun(pools, fixture, 0.9)
    expect((await client.post('runs/delete', { run_id })).body).toEqual({})
    await client.post('runs/restore', { run_id })
    const { body } = await client.raw(path(fixture, `runs/${run_id}/verdicts`))
    expect(body.verdicts?.map((row) => [row.sequence, row.verdict, row.reason])).toEqual([
      [1, 'met', expect.stringContaining('0.9')],
      [2, 'not_comparable', 'The run was deleted.'],
      [3, 'met', expect.stringContaining('0.9')],
    ])
  })
})

describe('a leaderboard', () => {
  test('ranks what can be compared, says why others cannot, and joins repetitions', async ({
    pools,
    fixture,
    client,
    database,
  }) => {
    await aSignedCriterion(pools, fixture)
    const [first, second] = [
      await aVerifiedRun(pools, fixture, 0.9, '1'),
      await aVerifiedRun(pools, fixture, 0.92, '2'),
    ]
    const outside = await aRun(client, { run_name: 'outside' })
    await client.post('runs/log-batch', {
      run_id: outside,
      metrics: [
        { key: 'roc_auc', value: 0.99, timestamp: 1, dataset_name: 'holdout', dataset_digest: fixture.datasetDigest },
      ],
    })
    await client.post('runs/update', { run_id: outside, status: 'FINISHED' })
    const [version] = await versionsOf(database.ownerUrl)
    const { body } = await client.raw(path(fixture, `criterion-versions/${String(version?.id)}/leaderboard`))
    expect(body.ranked?.map((row) => [row.rank, row.runId, row.repetition?.runIds?.length])).toEqual([
      [1, second, 2],
      [2, first, 2],
    ])
    expect(body.ranked?.[0]?.repetition?.mean).toBeCloseTo(0.91)
    expect(body.excluded).toMatchObject([
      { runId: outside, verdict: 'not_comparable', reason: expect.stringMatching(/outside/) },
    ])
  })
})

async function anImport(
  client: Client,
  fixture: EngagementFixture,
  body: string | Uint8Array<ArrayBuffer>,
  type = 'text/csv',
) {
  return client.raw(path(fixture, 'imports?name=past.csv'), { method: 'POST', headers: { 'content-type': type }, body })
}

describe('importing past results', () => {
  const csv =
    'name,experiment,start_time,metrics.roc_auc,params.depth,dataset,dataset_digest\nold one,2024,2024-05-01,0.91,4,holdout,DIGEST\nold two,2024,,0.8,,,\n'

  test('makes runs that are unverified for ever and that nobody writes to', async ({ pools, fixture, client }) => {
    await aSignedCriterion(pools, fixture)
    const { status, body } = await anImport(client, fixture, csv.replace('DIGEST', fixture.datasetDigest))
    expect([status, body.errors, body.runIds?.length]).toEqual([200, [], 2])
    const run_id = String(body.runIds?.[0])
    const run = (await client.get('runs/get', { run_id })).body.run
    expect(run?.info).toMatchObject({ run_name: 'old one', status: 'FINISHED', start_time: Date.parse('2024-05-01') })
    expect(run?.data?.metrics?.[0]).toMatchObject({ key: 'roc_auc', value: 0.91, dataset_name: 'holdout' })
    const verdicts = (await client.raw(path(fixture, `runs/${run_id}/verdicts`))).body.verdicts
    expect(verdicts?.map((row) => row.verdict)).toEqual(['not_comparable'])
    const written = await client.post('runs/log-metric', { run_id, key: 'roc_auc', value: 1, timestamp: 1 })
    expect([written.status, written.body.message]).toEqual([400, expect.stringContaining('stays as it was read')])
    expect((await anImport(client, fixture, csv.replace('DIGEST', fixture.datasetDigest))).status).toBe(409)
  })

  test('takes a spreadsheet, with formulas and dates as their values', async ({ fixture, client }) => {
    const workbook = new exceljs.Workbook()
    const sheet = workbook.addWorksheet('results')
    sheet.addRow(['name', 'start_time', 'metrics.rmse'])
    sheet.addRow(['one', new Date('2024-05-01T00:00:00Z'), 2.5])
    sheet.addRow(['two', new Date('2024-05-02T00:00:00Z'), { formula: 'C2*2', result: 5 }])
    const bytes = new Uint8Array(await workbook.xlsx.writeBuffer())
    const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
    const { body } = await anImport(client, fixture, bytes, type)
    expect([body.errors, body.runIds?.length]).toEqual([[], 2])
    const run = (await client.get('runs/get', { run_id: String(body.runIds?.[1]) })).body.run
    expect([run?.data?.metrics?.[0]?.value, run?.info?.start_time]).toEqual([5, Date.parse('2024-05-02')])
  })

  test('tells every mistake by its line, and writes nothing', async ({ fixture, client, database }) => {
    const wrong = 'name,metrics.auc,dataset,dataset_digest\n,0.5,,\nb,zero,,\nc,0.5,d,\nd,,,\ne,0.5,,\nf,0.5,,,extra\n'
    const { status, body } = await anImport(client, fixture, wrong)
    expect(status).toBe(422)
    expect(body.errors?.map((error) => error.line)).toEqual([2, 3, 4, 5, 7])
    expect((await anImport(client, fixture, 'who,when\n1,2\n')).body.errors?.[0]?.message).toMatch(/is none of name/)
    for (const bad of ['', '"a', '\u0000', 'name,metrics.a\n"x'])
      expect((await anImport(client, fixture, bad)).status).toBeGreaterThanOrEqual(400)
    expect((await anImport(client, fixture, 'PK\u0003\u0004 no archive')).status).toBe(400)
    expect((await anImport(client, fixture, csv, 'application/json')).status).toBe(400)
    const [count] = await query(database.ownerUrl, (sql) => sql`select count(*)::int as runs from runs`)
    expect(count?.runs).toBe(0)
  })
})

describe('lineage', () => {
  test('leads from a run to all that it rests on and all that rests on it', async ({
    pools,
    fixture,
    client,
    stranger,
    other,
  }) => {
    await aSignedCriterion(pools, fixture)
    const runId = await aVerifiedRun(pools, fixture, 0.9)
    await client.post('registered-models/create', { name: 'm' })
    await client.post('model-versions/create', { name: 'm', source: `runs:/${runId}/model` })
    const trace = async (from: string) => (await client.raw(path(fixture, `lineage?from=${from}`))).body
    const kinds = (body: Awaited<ReturnType<typeof trace>>, direction: string) =>
      [...new Set(body.nodes?.map((node) => (String(node.direction) === direction ? String(node.kind) : '')) ?? [])]
        .filter(Boolean)
        .sort()
    const body = await trace(`run:${runId}`)
    expect(kinds(body, 'up')).toEqual(['code', 'dataset'])
    expect(kinds(body, 'down')).toEqual(['evaluation', 'model_version'])
    const version = body.nodes?.map((node) => node).find((node) => String(node.kind) === 'model_version')
    expect(kinds(await trace(`model_version:${String(version?.id)}`), 'up')).toEqual([
      'code',
      'criterion_version',
      'dataset',
      'decision',
      'evaluation',
      'run',
    ])
    const agreed = (await trace(`model_version:${String(version?.id)}`)).nodes
      ?.map((node) => node)
      .find((node) => String(node.kind) === 'criterion_version')
    expect(kinds(await trace(`criterion_version:${String(agreed?.id)}`), 'down')).toEqual([
      'evaluation',
      'model_version',
    ])
    const evaluation = body.nodes?.map((node) => node).find((node) => String(node.kind) === 'evaluation')
    expect(kinds(await trace(`evaluation:${String(evaluation?.id)}`), 'up')).toEqual([
      'code',
      'criterion_version',
      'dataset',
      'decision',
      'run',
    ])
    expect((await trace('code:forest')).nodes?.map((node) => String(node.name))).toContain('run 0.9')

    expect((await client.raw(path(fixture, 'lineage?from=nothing'))).status).toBe(400)
    expect((await client.raw(path(fixture, `lineage?from=run:${'0'.repeat(32)}`))).status).toBe(404)
    expect((await stranger.raw(path(other, `lineage?from=run:${runId}`))).status).toBe(404)
    expect((await stranger.raw(path(fixture, `lineage?from=run:${runId}`))).status).toBe(404)
  })
})

describe('an alias', () => {
  test('says where it stood on a day', async ({ client, fixture, pools }) => {
    const runId = await aVerifiedRun(pools, fixture, 0.9)
    await client.post('registered-models/create', { name: 'm' })
    await client.post('model-versions/create', { name: 'm', source: `runs:/${runId}/model` })
    const before = new Date(Date.now() - 1000).toISOString()
    await client.send('POST', 'registered-models/alias', { name: 'm', alias: 'production', version: '1' })
    const at = async (moment: string) =>
      (await client.raw(path(fixture, `models/m/aliases/production?at=${moment}`))).body.version
    expect([await at(before), await at(new Date(Date.now() + 1000).toISOString())]).toEqual([null, 1])
    expect((await client.raw(path(fixture, 'models/m/aliases/production?at=yesterday'))).status).toBe(400)
  })
})

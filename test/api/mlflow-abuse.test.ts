import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { moveEngagement } from '#app/commands/engagements.ts'
import { endToken, issueToken } from '#app/commands/tokens.ts'
import { as } from '#test/support/factories.ts'
import { query } from '#test/support/database.ts'
import { answered, aRun, ARTIFACTS, test } from '#test/support/http.ts'

const counts = (url: string) =>
  query(
    url,
    (
      sql,
    ) => sql`select (select count(*) from metric_log)::int as log, (select count(*) from latest_metrics)::int as latest,
      (select count(*) from run_params)::int as params, (select count(*) from run_tags)::int as tags, (select count(*) from runs)::int as runs`,
  )

describe('an engagement that has ended', () => {
  test('is read by its tokens, and written by none', async ({ client, stranger, database, pools, fixture }) => {
    const run_id = await aRun(client)
    const place = `1/${run_id}/artifacts`
    expect((await client.put(`${place}/a.txt`, 'a')).status).toBe(200)
    await client.post('registered-models/create', { name: 'churn' })
    await moveEngagement(as(pools, fixture.lead, new Date()), { engagementId: fixture.engagementId, to: 'cancelled' })
    // A token's right is remembered for a second.
    await sleep(1100)
    const before = await counts(database.ownerUrl)
    const written = [
      await client.post('runs/create', { experiment_id: '0' }),
      await client.post('runs/log-metric', { run_id, key: 'auc', value: 1, timestamp: 1 }),
      await client.post('runs/log-batch', { run_id, tags: [{ key: 'a', value: 'b' }] }),
      await client.post('runs/update', { run_id, status: 'FINISHED' }),
      await client.post('runs/delete', { run_id }),
      await client.post('experiments/create', { name: 'e' }),
      await client.post('logged-models', { experiment_id: '0', name: 'm' }),
      await client.post('registered-models/create', { name: 'b' }),
      await client.send('DELETE', 'registered-models/delete', { name: 'churn' }),
      await client.post('model-versions/create', { name: 'churn', source: `runs:/${run_id}/model` }),
      await client.put(`${place}/b.txt`, 'b'),
      await client.raw(`${ARTIFACTS}/${place}/a.txt`, { method: 'DELETE' }),
      await client.raw(`/api/2.0/mlflow-artifacts/mpu/create/${place}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ path: 'c.bin', num_parts: 1 }),
      }),
    ]
    for (const { status, body } of written)
      expect([status, body.error_code, body.message]).toEqual([
        400,
        'INVALID_STATE',
        'This engagement is cancelled; it can be read, not changed.',
      ])
    expect(await counts(database.ownerUrl)).toEqual(before)
    const read = [
      await client.get('runs/get', { run_id }),
      await client.post('runs/search', { experiment_ids: ['1'] }),
      await client.post('experiments/search', { max_results: 10 }),
      await client.post('logged-models/search', { experiment_ids: ['1'] }),
      await client.post('registered-models/get-latest-versions', { name: 'churn' }),
      await client.raw(`${ARTIFACTS}?path=${place}`),
      await client.raw(`${ARTIFACTS}/${place}/a.txt`),
    ]
    expect(read.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200])
    expect((await stranger.post('runs/create', { experiment_id: '0' })).status).toBe(200)
  })
})

describe('without a right token', () => {
  test('every door says so in JSON, and redirects nobody', async ({ server, pools, fixture }) => {
    const predict = await issueToken(as(pools, fixture.lead, new Date()), {
      engagementId: fixture.engagementId,
      name: 'narrow',
      scopes: ['predict'],
    })
    const credentials = [
      undefined,
      'Bearer ',
      'Bearer thr_nonsense',
      `Bearer ${'x'.repeat(5000)}`,
      'Basic !!!',
      `Basic ${Buffer.from('user:password').toString('base64')}`,
      `Bearer ${predict.token}`,
      'Negotiate abc',
    ]
    const doors: [string, string][] = [
      ['GET', '/api/2.0/mlflow/experiments/get?experiment_id=0'],
      ['POST', '/api/2.0/mlflow/runs/log-batch'],
      ['DELETE', '/api/2.0/mlflow/registered-models/delete'],
      ['GET', `${ARTIFACTS}?path=1/x/artifacts`],
      ['PUT', `${ARTIFACTS}/1/x/artifacts/a`],
      ['POST', '/api/2.0/mlflow-artifacts/mpu/create/1/x/artifacts'],
      ['GET', '/api/3.0/mlflow/server-info'],
      ['POST', '/v1/traces'],
    ]
    for (const [method, place] of doors) {
      for (const authorization of credentials) {
        const answer = await answered(
          await server.fetch(place, {
            method,
            headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
            ...(method === 'GET' ? {} : { body: '{}' }),
          }),
        )
        expect([method, place, authorization?.slice(0, 20), answer.status, answer.body.error_code]).toEqual([
          method,
          place,
          authorization?.slice(0, 20),
          ...(authorization?.endsWith(predict.token) ? [403, 'PERMISSION_DENIED'] : [401, 'UNAUTHENTICATED']),
        ])
      }
    }
  })

  test('Basic with the token as its password is as good as Bearer', async ({ server, client }) => {
    const authorization = `Basic ${Buffer.from(`ann:${client.token}`).toString('base64')}`
    const answer = await server.fetch('/api/2.0/mlflow/experiments/get?experiment_id=0', { headers: { authorization } })
    expect(answer.status).toBe(200)
  })

  test('a revoked token opens nothing after a second', async ({ client, pools, fixture, database, server }) => {
    await aRun(client)
    const [row] = await query(database.ownerUrl, (sql) => sql`select id from api_tokens where revoked_at is null`)
    await endToken(as(pools, fixture.lead, new Date()), { engagementId: fixture.engagementId, tokenId: row?.id })
    await expect
      .poll(async () => (await client.get('experiments/get', { experiment_id: '0' })).status, { timeout: 5000 })
      .toBe(401)
    expect((await server.fetch('/version')).status).toBe(200)
  })
})

describe('another engagement', () => {
  test('does not exist, by any id, and learns nothing', async ({ client, stranger }) => {
    const run_id = await aRun(client)
    const info = (await client.get('runs/get', { run_id })).body.run?.info
    const place = String(info?.artifact_uri).replace('mlflow-artifacts:/', '')
    const experiment_id = String(info?.experiment_id)
    await client.put(`${place}/secret.txt`, 'secret')
    await client.post('registered-models/create', { name: 'secret-model' })
    const model = await client.post('logged-models', { experiment_id, name: 'secret', source_run_id: run_id })
    const model_id = String(model.body.model?.info?.model_id)
    const asked = [
      stranger.get('runs/get', { run_id }),
      stranger.get('experiments/get', { experiment_id }),
      stranger.get('metrics/get-history', { run_id, metric_key: 'a' }),
      stranger.raw(`/get-artifact?run_id=${run_id}&path=secret.txt`),
      stranger.raw(`/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=mine.txt`, {
        method: 'POST',
        body: 'x',
      }),
      stranger.get('artifacts/list', { run_id }),
      stranger.get('registered-models/get', { name: 'secret-model' }),
      stranger.get(`logged-models/${model_id}`),
      stranger.get(`logged-models/${model_id}/artifacts/directories`),
      stranger.post('runs/log-metric', { run_id, key: 'a', value: 1, timestamp: 1 }),
      stranger.post('runs/log-batch', { run_id, params: [{ key: 'a', value: '1' }] }),
      stranger.post('runs/delete', { run_id }),
      stranger.post('runs/create', { experiment_id }),
      stranger.post('experiments/delete', { experiment_id }),
      stranger.post('experiments/update', { experiment_id, new_name: 'mine' }),
      stranger.post('runs/outputs', { run_id, models: [{ model_id }] }),
      stranger.post('logged-models/search', { experiment_ids: [experiment_id] }),
      stranger.send('PATCH', `logged-models/${model_id}`, { status: 'LOGGED_MODEL_READY' }),
      stranger.send('DELETE', 'registered-models/delete', { name: 'secret-model' }),
      stranger.raw(`${ARTIFACTS}?path=${encodeURIComponent(place)}`),
      stranger.raw(`${ARTIFACTS}/${place}/secret.txt`),
      stranger.raw(`${ARTIFACTS}/${place}/mine.txt`, { method: 'PUT', body: 'x' }),
      stranger.raw(`${ARTIFACTS}/${place}/secret.txt`, { method: 'DELETE' }),
    ]
    for (const answer of await Promise.all(asked)) {
      expect([answer.status, answer.body.error_code], answer.text).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
      expect(answer.text).not.toContain('secret-bytes')
    }
    expect((await stranger.post('runs/search', { experiment_ids: [experiment_id] })).body).toEqual({})
    expect((await stranger.get('metrics/get-history-bulk', { run_id, metric_key: 'a' })).body).toEqual({})
    expect(
      (await stranger.get('metrics/get-history-bulk-interval', { run_ids: run_id, metric_key: 'a' })).body,
    ).toEqual({})
    expect((await stranger.post('experiments/search-datasets', { experiment_ids: [experiment_id] })).body).toEqual({})
    expect((await stranger.post('experiments/search', { view_type: 'ALL' })).body).toEqual({})
    expect((await stranger.get('registered-models/search')).body).toEqual({})
    expect((await stranger.post('registered-models/create', { name: 'secret-model' })).status).toBe(200)
    expect((await client.raw(`${ARTIFACTS}/${place}/secret.txt`)).text).toBe('secret')
  })
})

describe('a body that means no good', () => {
  test('is refused in MLflow’s form, and nothing is half-written', async ({ client, database }) => {
    const run_id = await aRun(client)
    const before = await counts(database.ownerUrl)
    const metric = (change: object) => ({ run_id, key: 'a', value: 1, timestamp: 1, step: 0, ...change })
    const long = 'k'.repeat(5000)
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
    const bodies: [string, unknown][] = [
      ['runs/log-metric', metric({ key: undefined })],
      ['runs/log-metric', metric({ value: 'a' })],
      ['runs/log-metric', metric({ value: null })],
      ['runs/log-metric', metric({ value: [1] })],
      ['runs/log-metric', metric({ timestamp: 1.5 })],
      ['runs/log-metric', metric({ timestamp: '9999999999999999999' })],
      ['runs/log-metric', metric({ step: 2 ** 60 })],
      ['runs/log-metric', metric({ key: long })],
      ['runs/log-metric', metric({ key: '../m' })],
      ['runs/log-metric', metric({ key: 'a//b' })],
      ['runs/log-metric', metric({ key: '/a' })],
      ['runs/log-metric', metric({ key: 'a\u0000b' })],
      ['runs/log-metric', metric({ key: 'a\nb' })],
      ['runs/log-metric', metric({ key: '\ud800' })],
      ['runs/log-metric', metric({ dataset_digest: long })],
      ['runs/log-metric', metric({ dataset_name: 'a\u0000' })],
      ['runs/log-metric', `{"run_id":"${run_id}","key":"a","value":1e999,"timestamp":1}`],
      ['runs/log-metric', `{"run_id":"${run_id}","key":"a","value":NaN,"timestamp":1}`],
      ['runs/log-metric', deep],
      ['runs/log-metric', `${'['.repeat(100_000)}`],
      ['runs/log-metric', 'not json'],
      ['runs/log-metric', '"text"'],
      ['runs/log-metric', '[]'],
      ['runs/log-metric', 'null'],
      ['runs/log-batch', { run_id, metrics: [metric({}), metric({ value: 'a' })] }],
      ['runs/log-batch', { run_id, metrics: [metric({})], params: [{ key: '', value: '1' }] }],
      ['runs/log-batch', { run_id, metrics: 'abc' }],
      ['runs/log-batch', { run_id, metrics: { length: 1 } }],
      ['runs/log-batch', { run_id, metrics: Array.from({ length: 1001 }, (_, step) => metric({ step })) }],
      [
        'runs/log-batch',
        { run_id, params: Array.from({ length: 101 }, (_, at) => ({ key: `p${String(at)}`, value: '1' })) },
      ],
      [
        'runs/log-batch',
        { run_id, tags: Array.from({ length: 101 }, (_, at) => ({ key: `t${String(at)}`, value: '1' })) },
      ],
      [
        'runs/log-batch',
        {
          run_id,
          metrics: Array.from({ length: 950 }, (_, step) => metric({ step })),
          tags: Array.from({ length: 51 }, (_, at) => ({ key: `t${String(at)}`, value: '1' })),
        },
      ],
      [
        'runs/log-batch',
        {
          run_id,
          params: [
            { key: 'a', value: '1' },
            { key: 'a', value: '2' },
          ],
        },
      ],
      ['runs/log-batch', { metrics: [] }],
      ['runs/log-parameter', { run_id, key: 'a', value: { deep: 1 } }],
      ['runs/set-tag', { run_id, key: 'a', value: 'x\u0000' }],
      ['runs/create', { experiment_id: '0', start_time: 'soon' }],
      ['runs/create', { experiment_id: { $ne: 1 } }],
      ['runs/update', { run_id, status: 'LIVE' }],
      ['experiments/create', { name: '' }],
      ['experiments/create', { name: 'n'.repeat(501) }],
      ['experiments/create', {}],
      ['runs/log-inputs', { run_id, datasets: [{ dataset: { name: 'a', digest: long } }] }],
      ['runs/log-model', { run_id, model_json: 'x' }],
    ]
    for (const [name, body] of bodies) {
      const answer = await client.post(name, body)
      expect([name, JSON.stringify(body).slice(0, 200), answer.status, answer.body.error_code]).toEqual([
        name,
        JSON.stringify(body).slice(0, 200),
        400,
        'INVALID_PARAMETER_VALUE',
      ])
      expect(answer.text.length).toBeLessThan(2000)
      expect(answer.text).not.toMatch(/select |insert |postgres|node_modules|\/work\//i)
    }
    expect(await counts(database.ownerUrl)).toEqual(before)
  })

  test('of ten megabytes is refused, and the connection lives on', async ({ client }) => {
    const answer = await client.post('runs/log-batch', `{"run_id":"${'x'.repeat(10 * 1024 * 1024)}"}`)
    expect([answer.status, answer.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect((await client.get('experiments/get', { experiment_id: '0' })).status).toBe(200)
  })

  test('with keys twice, or keys of the language, means its last or nothing', async ({ client }) => {
    const run_id = await aRun(client)
    const twice = `{"run_id":"${'0'.repeat(32)}","run_id":"${run_id}","key":"a","value":1,"timestamp":1,"__proto__":{"x":1},"constructor":1}`
    expect((await client.post('runs/log-metric', twice)).body).toEqual({})
    expect((await client.post('runs/log-metric', { run_id, key: '__proto__', value: 2, timestamp: 1 })).body).toEqual(
      {},
    )
    await client.post('runs/set-tag', { run_id, key: 'constructor', value: 'x' })
    const data = (await client.get('runs/get', { run_id })).body.run?.data
    expect(data?.metrics?.map((metric) => metric.key)).toEqual(['__proto__', 'a'])
  })

  test('cuts long values as MLflow does, and takes the largest numbers', async ({ client }) => {
    const run_id = await aRun(client)
    const answer = await client.post('runs/log-batch', {
      run_id,
      params: [{ key: 'p', value: 'v'.repeat(7000) }],
      tags: [{ key: 't', value: 'v'.repeat(9000) }],
      metrics: [
        { key: 'max', value: Number.MAX_VALUE, timestamp: Number.MAX_SAFE_INTEGER, step: Number.MIN_SAFE_INTEGER },
        { key: 'max', value: -Number.MAX_VALUE, timestamp: 0, step: Number.MAX_SAFE_INTEGER },
        { key: 'min', value: '-Infinity', timestamp: 0, step: -1 },
        { key: 'tiny', value: 5e-324, timestamp: 0, step: -1 },
      ],
    })
    expect(answer.body).toEqual({})
    const data = (await client.get('runs/get', { run_id })).body.run?.data
    expect(data?.params?.[0]?.value?.length).toBe(6000)
    expect(data?.tags?.map((tag) => tag).find((tag) => String(tag.key) === 't')?.value?.length).toBe(8000)
    const history = await client.get('metrics/get-history', { run_id, metric_key: 'max' })
    expect(history.body.metrics?.map((metric) => [metric.value, metric.step])).toEqual([
      [Number.MAX_VALUE, Number.MIN_SAFE_INTEGER],
      [-Number.MAX_VALUE, Number.MAX_SAFE_INTEGER],
    ])
    expect((await client.get('metrics/get-history', { run_id, metric_key: 'tiny' })).body.metrics?.[0]?.value).toBe(
      5e-324,
    )
  })

  test('needs its content type, an endpoint, and the right method', async ({ client, server }) => {
    const plain = await client.raw('/api/2.0/mlflow/runs/create', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    })
    expect([plain.status, plain.body.message]).toEqual([
      400,
      "Bad Request. Content-Type must be one of ['application/json'].",
    ])
    for (const [method, name] of [
      ['POST', 'runs/nothing'],
      ['GET', 'runs/create'],
      ['DELETE', 'runs/delete'],
      ['GET', '__proto__'],
      ['GET', 'constructor'],
    ] as const) {
      const answer = method === 'GET' ? await client.get(name) : await client.send(method, name, {})
      expect([name, answer.status, answer.body.error_code]).toEqual([name, 404, 'ENDPOINT_NOT_FOUND'])
    }
    for (const [method, place] of [
      ['POST', '/api/3.0/mlflow/traces'],
      ['POST', '/v1/traces'],
      ['GET', '/api/3.0/mlflow/traces/batchGet'],
    ] as const) {
      const answer = await client.raw(place, { method, ...(method === 'POST' ? { body: '{}' } : {}) })
      expect([place, answer.status, answer.body.error_code]).toEqual([place, 404, 'ENDPOINT_NOT_FOUND'])
    }
    expect((await client.raw('/api/3.0/mlflow/server-info')).status).toBe(200)
    expect(await (await server.fetch('/version')).text()).toMatch(/^3\.\d+\.\d+$/)
  })

  test('in a filter costs time in proportion to its length', async ({ client }) => {
    await aRun(client)
    const filters = [
      `tags.a LIKE '${'%a'.repeat(1000)}'`,
      `params.a ILIKE '${'%_'.repeat(1500)}'`,
      `${"tags.a = 'b' AND ".repeat(30)}tags.a = 'b'`,
      `metrics.${'a.'.repeat(2000)}b > 1`,
      `tags.a IN (${Array.from({ length: 500 }, () => "'a'").join(',')})`,
      `tags.a IN (${Array.from({ length: 2000 }, () => "'a'").join(',')})`,
      `${'('.repeat(4000)}`,
      `tags.a = '${'x'.repeat(10_000)}'`,
      '\u0000',
      `tags."a = 'b'`,
    ]
    for (const filter of filters) {
      const answer = await client.post('runs/search', { experiment_ids: ['0'], filter })
      expect([200, 400]).toContain(answer.status)
    }
  })
})

describe('a verified run', () => {
  test('is written by its own job and by nobody else', async ({ client, database }) => {
    const run_id = await aRun(client)
    await query(
      database.ownerUrl,
      (sql) => sql`update runs set job_id = gen_random_uuid(), is_verified = true where id = ${run_id}`,
    )
    const before = await counts(database.ownerUrl)
    for (const answer of [
      await client.post('runs/log-metric', { run_id, key: 'auc', value: 1, timestamp: 1 }),
      await client.post('runs/log-batch', { run_id, params: [{ key: 'a', value: '1' }] }),
      await client.post('runs/update', { run_id, status: 'FINISHED' }),
      await client.post('logged-models', { experiment_id: '0', name: 'x', source_run_id: run_id }),
    ]) {
      expect(answer.status).toBe(400)
      expect(answer.body.message).toContain('only its own job writes to it')
    }
    expect(await counts(database.ownerUrl)).toEqual(before)
  })
})

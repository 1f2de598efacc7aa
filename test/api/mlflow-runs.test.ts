import { describe, expect } from 'vitest'
import { compactMetrics } from '#db/queries/metric-compaction.ts'
import { toRunId } from '#app/domain/ids.ts'
import { query } from '#test/support/database.ts'
import type { Wire } from '#test/support/http.ts'
import { aRun, test } from '#test/support/http.ts'

describe('runs', () => {
  test('are created in the default experiment, with a name and what clients said', async ({ client }) => {
    const { status, body } = await client.post('runs/create', {
      experiment_id: '0',
      user_id: 'ann',
      start_time: 1_700_000_000_000,
      tags: [
        { key: 'mlflow.user', value: 'ann' },
        { key: 'mlflow.source.type', value: 'LOCAL' },
      ],
    })
    expect(status).toBe(200)
    const run = body.run
    const [info, data, inputs] = [run?.info, run?.data, run?.inputs]
    expect(info).toMatchObject({
      status: 'RUNNING',
      user_id: 'ann',
      start_time: 1_700_000_000_000,
      lifecycle_stage: 'active',
    })
    expect(info?.run_id).toBe(info?.run_uuid)
    expect(info?.artifact_uri).toBe(
      `mlflow-artifacts:/${String(info?.experiment_id)}/${String(info?.run_id)}/artifacts`,
    )
    expect(inputs).toEqual({})
    expect(data).not.toHaveProperty('params')
    expect(data?.tags).toContainEqual({ key: 'mlflow.runName', value: info?.run_name })
  })

  test('hold their last values; params never change, tags do, batches are all or nothing', async ({ client }) => {
    const run_id = await aRun(client)
    const batch = {
      run_id,
      metrics: [
        { key: 'auc', value: 0.7, timestamp: 1, step: 1 },
        { key: 'auc', value: 0.9, timestamp: 2, step: 2 },
        { key: 'loss', value: 'NaN', timestamp: '5', step: '3' },
        { key: 'ratio', value: 'Infinity', timestamp: 5, step: 0 },
        { key: 'big', value: 1e308, timestamp: 5 },
      ],
      params: [{ key: 'lr', value: '0.1' }],
      tags: [{ key: 'team', value: 'a' }],
    }
    expect((await client.post('runs/log-batch', batch)).body).toEqual({})
    expect((await client.post('runs/log-batch', batch)).body).toEqual({})
    const { body } = await client.get('runs/get', { run_id, run_uuid: run_id })
    expect(body.run?.data?.metrics).toEqual([
      { key: 'auc', value: 0.9, timestamp: 2, step: 2 },
      { key: 'big', value: 1e308, timestamp: 5, step: 0 },
      { key: 'loss', value: 'NaN', timestamp: 5, step: 3 },
      { key: 'ratio', value: Number.MAX_VALUE, timestamp: 5, step: 0 },
    ])
    expect(body.run?.data?.params).toEqual([{ key: 'lr', value: '0.1' }])

    const changed = await client.post('runs/log-batch', {
      run_id,
      metrics: [{ key: 'never', value: 1, timestamp: 1 }],
      tags: [{ key: 'team', value: 'b' }],
      params: [{ key: 'lr', value: '0.2' }],
    })
    expect(changed.status).toBe(400)
    expect(changed.body.error_code).toBe('INVALID_PARAMETER_VALUE')
    expect(changed.body.message).toContain("Param with key='lr' was already logged with value='0.1'")
    const after = (await client.get('runs/get', { run_id })).body.run?.data
    expect(after?.metrics?.map((metric) => metric.key)).not.toContain('never')
    expect(after?.tags).toContainEqual({ key: 'team', value: 'a' })
  })

  test('end, are renamed, deleted and restored; a deleted run takes no more', async ({ client }) => {
    const run_id = await aRun(client)
    const ended = await client.post('runs/update', {
      run_id,
      run_uuid: run_id,
      status: 'FINISHED',
      end_time: 5,
      run_name: 'new',
    })
    expect(ended.body.run_info).toMatchObject({ status: 'FINISHED', end_time: 5, run_name: 'new' })
    await client.post('runs/set-tag', { run_id, key: 'mlflow.runName', value: 'newer' })
    expect((await client.get('runs/get', { run_id })).body.run?.info?.run_name).toBe('newer')
    expect((await client.post('runs/delete', { run_id })).body).toEqual({})
    expect((await client.post('runs/delete', { run_id })).body).toEqual({})
    expect((await client.get('runs/get', { run_id })).body.run?.info?.lifecycle_stage).toBe('deleted')
    const refused = await client.post('runs/log-metric', { run_id, key: 'a', value: 1, timestamp: 1 })
    expect([refused.status, refused.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    const search = (run_view_type: string) => client.post('runs/search', { experiment_ids: ['0'], run_view_type })
    expect((await search('ACTIVE_ONLY')).body).toEqual({})
    expect((await search('DELETED_ONLY')).body.runs).toHaveLength(1)
    await client.post('runs/restore', { run_id })
    expect((await search('ACTIVE_ONLY')).body.runs).toHaveLength(1)
    expect((await client.post('runs/delete-tag', { run_id, key: 'none' })).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    )
  })

  test('keep what is logged after their end, and what two writers log at once', async ({ client, database }) => {
    const run_id = await aRun(client)
    await client.post('runs/update', { run_id, status: 'FINISHED' })
    const writers = Array.from({ length: 16 }, (_, writer) =>
      client.post('runs/log-batch', {
        run_id,
        metrics: Array.from({ length: 20 }, (__, step) => ({
          key: `m${String(step % 4)}`,
          value: writer,
          timestamp: writer,
          step,
        })),
      }),
    )
    expect((await Promise.all(writers)).map(({ status }) => status)).toEqual(Array(16).fill(200))
    const history = await client.get('metrics/get-history', { run_id, metric_key: 'm1' })
    expect(history.body.metrics).toHaveLength(16 * 5)
    const rows = await query(
      database.ownerUrl,
      (sql) => sql`select count(*)::int as count from latest_metrics where run_id = ${run_id}`,
    )
    expect(rows[0]?.count).toBe(4)
  })

  test('while they are open take everything that many writers log at once, each batch whole or not at all', async ({
    client,
    database,
  }) => {
    const run_id = await aRun(client)
    const keys = ['a', 'b', 'c', 'd']
    const writers = Array.from({ length: 24 }, (_, writer) => {
      // Half of them in another order, and two of three disagree about a parameter.
      const ordered = writer % 2 === 0 ? keys : [...keys].reverse()
      return client.post('runs/log-batch', {
        run_id,
        params: ordered.map((key) => ({ key, value: key === 'c' ? String(writer % 3) : 'same' })),
        metrics: ordered.map((key) => ({ key, value: writer, timestamp: writer, step: writer })),
        tags: [...ordered.map((key) => ({ key, value: String(writer) })), { key: `of ${String(writer)}`, value: 'x' }],
      })
    })
    const answers = await Promise.all(writers)
    const run = (await client.get('runs/get', { run_id })).body.run?.data
    const pairs = (list: Wire | undefined) => list?.map(({ key, value }) => [String(key), String(value)] as const) ?? []
    const agreed = Number(new Map(pairs(run?.params)).get('c'))
    const whole = answers.flatMap(({ status }, writer) => (status === 200 ? [writer] : []))
    expect(whole).toEqual(Array.from({ length: 8 }, (_, turn) => turn * 3 + agreed))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
    expect(run?.metrics?.map(({ value }) => value)).toEqual(Array(4).fill(Math.max(...whole)))
    const marks = pairs(run?.tags).flatMap(([key]) => (key.startsWith('of ') ? [Number(key.slice(3))] : []))
    expect(marks.sort((a, b) => a - b)).toEqual(whole)
    const [points] = await query(
      database.ownerUrl,
      (sql) => sql`select sum(count)::int as count from metric_log where run_id = ${run_id}`,
    )
    expect(points?.count).toBe(whole.length * keys.length)
  })

  test('are renamed by a tag while they are open', async ({ client }) => {
    const run_id = await aRun(client)
    await client.post('runs/log-batch', { run_id, tags: [{ key: 'mlflow.runName', value: 'said later' }] })
    const run = (await client.get('runs/get', { run_id })).body.run
    expect([run?.info?.run_name, run?.data?.tags]).toEqual([
      'said later',
      [{ key: 'mlflow.runName', value: 'said later' }],
    ])
  })

  test('note datasets, models and their roles', async ({ client }) => {
    const run_id = await aRun(client)
    const { body: made } = await client.post('logged-models', {
      experiment_id: '0',
      name: 'clf',
      source_run_id: run_id,
    })
    const model_id = String(made.model?.info?.model_id)
    const dataset = { name: 'iris', digest: 'abc', source_type: 'local', source: '{}', schema: '{}', profile: '{}' }
    const tags = [
      { key: 'mlflow.data.context', value: 'train' },
      { key: 'source', value: 'the warehouse' },
    ]
    await client.post('runs/log-inputs', {
      run_id,
      datasets: [{ tags, dataset }],
      models: [{ model_id }],
    })
    await client.post('runs/outputs', { run_id, models: [{ model_id, step: 3 }] })
    const run = (await client.get('runs/get', { run_id })).body.run
    expect(run?.inputs).toEqual({
      model_inputs: [{ model_id }],
      dataset_inputs: [{ tags, dataset }],
    })
    expect(run?.outputs).toEqual({ model_outputs: [{ model_id, step: 3 }] })
    const summaries = await client.post('experiments/search-datasets', { experiment_ids: [run?.info?.experiment_id] })
    expect(summaries.body.dataset_summaries).toMatchObject([{ name: 'iris', digest: 'abc', context: 'train' }])
  })
})

describe('a metric’s history', () => {
  test('comes in pages, each point once, and is the same after compaction', async ({ client, pools }) => {
    const run_id = await aRun(client)
    const points = Array.from({ length: 5000 }, (_, at) => ({
      key: 'loss',
      value: at % 700 === 0 ? 'NaN' : Math.sin(at),
      timestamp: 1_700_000_000_000 + at,
      step: Math.floor(at / 2),
    }))
    for (let from = 0; from < points.length; from += 500) {
      await client.post('runs/log-batch', { run_id, metrics: points.slice(from, from + 500) })
      await client.post('runs/log-batch', { run_id, metrics: points.slice(from, from + 500) })
    }
    const pages = async () => {
      const all: unknown[] = []
      let page_token = ''
      for (let page = 0; page < 20; page += 1) {
        const { body } = await client.get('metrics/get-history', {
          run_id,
          metric_key: 'loss',
          max_results: '900',
          page_token,
        })
        all.push(...(body.metrics?.map((metric) => metric) ?? []))
        if (body.next_page_token === undefined) return all
        page_token = String(body.next_page_token)
      }
      throw new Error('The pages do not end.')
    }
    expect(await pages()).toEqual(points)
    const compact = () => pools.worker.as({}, (tx) => compactMetrics(tx, toRunId(run_id)))
    await compact()
    expect(await pages()).toEqual(points)
    // Late, out of order, and once more what is there already.
    await client.post('runs/log-batch', {
      run_id,
      metrics: [{ key: 'loss', value: 7, timestamp: 0, step: 1 }, ...points.slice(0, 100)],
    })
    const late = [points[0], points[1], { key: 'loss', value: 7, timestamp: 0, step: 1 }, ...points.slice(2)]
    expect(await pages()).toEqual(late)
    await Promise.all([compact(), compact()])
    await compact()
    expect(await pages()).toEqual(late)
  })

  test('is empty for a metric that nobody logged, and refuses a strange token', async ({ client }) => {
    const run_id = await aRun(client)
    expect((await client.get('metrics/get-history', { run_id, metric_key: 'none' })).body).toEqual({})
    for (const page_token of ['x', 'e30', Buffer.from('{"after":[1,2,3],"of":"x"}').toString('base64url')]) {
      const { status } = await client.get('metrics/get-history', { run_id, metric_key: 'none', page_token })
      expect(status).toBe(400)
    }
  })

  test('of several runs is shown at the same steps, and no spike is lost', async ({ client }) => {
    const [one, two] = [await aRun(client), await aRun(client)]
    for (const run_id of [one, two])
      await client.post('runs/log-batch', {
        run_id,
        metrics: Array.from({ length: 1000 }, (_, step) => ({
          key: 'm',
          value: step === 777 ? 99 : 0,
          timestamp: step,
          step,
        })),
      })
    const { body } = await client.get('metrics/get-history-bulk-interval', {
      run_ids: [one, two],
      metric_key: 'm',
      max_results: '40',
    })
    const ofTwo = body.metrics?.map((metric) => metric).filter((metric) => String(metric.run_id) === two) ?? []
    expect(ofTwo.map((metric) => Number(metric.step))).toEqual([
      ...Array.from({ length: 40 }, (_, at) => at * 25).filter((step) => step < 777),
      777,
      ...Array.from({ length: 40 }, (_, at) => at * 25).filter((step) => step > 777),
      999,
    ])
    expect(ofTwo.map((metric) => metric.value)).toContain(99)
    const bulk = await client.get('metrics/get-history-bulk', { run_id: [one, two], metric_key: 'm' })
    expect(bulk.body.metrics).toHaveLength(2000)
  })
})

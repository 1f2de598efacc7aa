import { describe, expect } from 'vitest'
import { answered, aRun, test } from '../support/http.ts'

const told = (value: string, name: string) => `Invalid value ${value} for parameter '${name}' supplied`
const missing = (name: string) => `Missing value for required parameter '${name}'`

describe('a request that is wrong', () => {
  test('is told which parameter, and what it held', async ({ client }) => {
    const run_id = await aRun(client)
    const metric = { run_id, key: 'm', value: 1, timestamp: 1, step: 1 }
    const wrong: [string, unknown, string][] = [
      ['experiments/create', { name: 123 }, told('123', 'name')],
      ['experiments/create', { name: 'a', artifact_location: 9 }, told('9', 'artifact_location')],
      ['experiments/create', { name: 'a', tags: '5' }, told('"5"', 'tags')],
      ['experiments/update', { experiment_id: '0' }, missing('new_name')],
      ['experiments/set-experiment-tag', { experiment_id: '0', key: 'k', value: 1 }, told('1', 'value')],
      ['experiments/set-experiment-tag', { experiment_id: '0', key: 'k', value: 'v'.repeat(5001) }, 'limit of 5000'],
      ['experiments/search', { max_results: 'many' }, told('"many"', 'max_results')],
      ['experiments/search-datasets', {}, 'SearchDatasets request must specify at least one experiment_id.'],
      ['experiments/search-datasets', { experiment_ids: Array(21).fill('1') }, 'cannot specify more than 20'],
      ['runs/create', { experiment_id: 1 }, told('1', 'experiment_id')],
      ['runs/create', { run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] }, 'with different values'],
      ['runs/log-metric', { ...metric, run_id: 31 }, told('31', 'run_id')],
      ['runs/log-metric', { ...metric, key: null }, missing('key')],
      ['runs/log-metric', { ...metric, step: 'foo' }, told('"foo"', 'step')],
      ['runs/log-metric', { ...metric, value: undefined }, missing('value')],
      ['runs/log-metric', { ...metric, timestamp: -1 }, told('-1', 'timestamp')],
      ['runs/log-metric', { ...metric, key: 'k'.repeat(251) }, 'which exceeded length limit of 250'],
      ['runs/log-metric', { ...metric, key: 'a/' }, 'Invalid metric name'],
      ['runs/log-batch', { run_id, metrics: 'foo' }, told('"foo"', 'metrics')],
      ['runs/log-batch', { run_id, metrics: [{ key: 'm', value: 1 }] }, missing('metrics[0].timestamp')],
      [
        'runs/log-inputs',
        { run_id, datasets: [{ dataset: { name: 'd', digest: 'e', source: 's'.repeat(65_536) } }] },
        'exceeded length limit of 65535',
      ],
      ['runs/set-tag', { run_id: 31, key: 'k', value: 41 }, told('31', 'run_id')],
      ['runs/set-tag', { run_id, key: 'k', value: 41 }, told('41', 'value')],
    ]
    for (const [name, body, words] of wrong) {
      const answer = await client.post(name, body)
      expect([answer.status, answer.body.error_code], name).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      expect(answer.body.message).toContain(words)
    }
    const bulk: [string, Readonly<Record<string, string | readonly string[]>>, string][] = [
      ['get-history-bulk', { metric_key: 'm' }, 'GetMetricHistoryBulk request must specify at least one run_id'],
      ['get-history-bulk', { run_id: Array.from(Array(101), String), metric_key: 'm' }, 'cannot specify more than 100'],
      ['get-history-bulk', { run_id }, 'GetMetricHistoryBulk request must specify a metric_key'],
      ['get-history-bulk-interval', { metric_key: 'm' }, missing('run_ids')],
      ['get-history-bulk-interval', { run_ids: run_id, metric_key: '' }, missing('metric_key')],
      ['get-history-bulk-interval', { run_ids: run_id, metric_key: 'm', max_results: '0' }, 'between 1 and 2500'],
    ]
    for (const [name, query, words] of bulk) {
      const answer = await client.get(`metrics/${name}`, query)
      expect([answer.status, answer.body.error_code], name).toEqual([400, 'INVALID_PARAMETER_VALUE'])
      expect(answer.body.message).toContain(words)
    }
  })

  test('with more than a million bytes of batch is refused whole', async ({ client }) => {
    const run_id = await aRun(client)
    const tags = Array.from({ length: 100 }, (_, at) => ({ key: `t${String(at)}`, value: 'v'.repeat(10_000) }))
    expect((await client.post('runs/log-batch', { run_id, tags: tags.slice(0, 90) })).status).toBe(200)
    const answer = await client.post('runs/log-batch', { run_id, tags })
    expect([answer.status, answer.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    const kept = (await client.get('runs/get', { run_id })).body.run?.data?.tags?.map((tag) => String(tag.key)) ?? []
    expect(kept).not.toContain('t99')
  })

  test('a deleted experiment keeps its name, and only a deleted one is restored', async ({ client }) => {
    const { body } = await client.post('experiments/create', { name: 'short-lived' })
    const { experiment_id } = body
    expect((await client.post('experiments/restore', { experiment_id })).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    )
    await client.post('experiments/delete', { experiment_id })
    const again = await client.post('experiments/create', { name: 'short-lived' })
    expect(again.body).toMatchObject({ error_code: 'RESOURCE_ALREADY_EXISTS' })
    expect(again.body.message).toContain('deleted state')
  })
})

describe('the addresses of MLflow’s own page', () => {
  test('answer as the API does, to the same tokens', async ({ client, server }) => {
    const run_id = await aRun(client)
    await client.post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 })
    const bulk = await client.raw(`/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=${run_id}&metric_key=m`)
    expect(bulk.body.metrics).toEqual([{ key: 'm', value: 1, timestamp: 1, step: 0, run_id }])
    const nobody = await answered(await server.fetch('/ajax-api/2.0/mlflow/experiments/search', { method: 'POST' }))
    expect([nobody.status, nobody.body.error_code]).toEqual([401, 'UNAUTHENTICATED'])

    const upload = (query: string, body = '') =>
      client.raw(`/ajax-api/2.0/mlflow/upload-artifact?${query}`, { method: 'POST', body })
    for (const [query, words] of [
      ['', 'Request must specify run_uuid.'],
      [`run_uuid=${run_id}`, 'Request must specify path.'],
      [`run_uuid=${run_id}&path=../test.txt`, 'Invalid path'],
      [`run_uuid=${run_id}&path=test.txt`, 'Request must specify data.'],
    ] as const)
      expect((await upload(query)).body).toEqual({ error_code: 'INVALID_PARAMETER_VALUE', message: words })
    expect((await upload(`run_uuid=${run_id}&path=notes/test.txt`, 'hello')).body).toEqual({})
    const file = await client.raw(`/get-artifact?run_uuid=${run_id}&path=notes%2Ftest.txt`)
    expect([file.status, file.text]).toEqual([200, 'hello'])
    expect((await client.raw(`/get-artifact?run_id=${run_id}&path=..%2Fpath`)).body).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Invalid path',
    })

    await client.post('registered-models/create', { name: 'notes' })
    await client.post('model-versions/create', { name: 'notes', source: `runs:/${run_id}/notes`, run_id })
    await upload(`run_uuid=${run_id}&path=notes/test.txt`, 'changed later')
    const frozen = await client.raw('/model-versions/get-artifact?name=notes&version=1&path=test.txt')
    expect([frozen.status, frozen.text]).toEqual([200, 'hello'])
    expect((await client.raw('/model-versions/get-artifact?name=notes&version=1&path=constructor')).status).toBe(404)
  })
})

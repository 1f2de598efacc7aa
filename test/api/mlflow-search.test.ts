import { describe, expect } from 'vitest'
import type { Client } from '#test/support/http.ts'
import { aRun, test } from '#test/support/http.ts'

async function someRuns(client: Client) {
  for (let at = 0; at < 6; at += 1) {
    const run_id = await aRun(client, {
      run_name: `run ${String(at)}`,
      start_time: 1000 + at,
      user_id: at % 2 ? 'odd' : 'even',
    })
    await client.post('runs/log-batch', {
      run_id,
      metrics: at === 5 ? [] : [{ key: 'val.auc', value: at === 4 ? 'NaN' : at / 10, timestamp: 1 }],
      params: [{ key: 'depth', value: String(at) }],
      tags: at < 3 ? [{ key: 'team one', value: 'Blue' }] : [],
    })
  }
}

const names = async (client: Client, body: Record<string, unknown>) => {
  const answer = await client.post('runs/search', { experiment_ids: ['0'], ...body })
  expect(answer.status, answer.text).toBe(200)
  return answer.body.runs?.map((run) => String(run.info?.run_name).slice(4)).join('') ?? ''
}

describe('searching runs', () => {
  test('understands the filter language', async ({ client }) => {
    await someRuns(client)
    const cases: [string, string][] = [
      ['', '543210'],
      ['metrics.val.auc > 0.1', '32'],
      ['metrics.val.auc != 0.1', '4320'],
      ['metrics."val.auc" >= 0.1 AND params.depth != \'2\'', '31'],
      ['metrics.`val.auc` <= 0.1', '10'],
      ["params.depth IN ('1', '5')", '51'],
      ["tags.`team one` = 'Blue'", '210'],
      ["tags.`team one` ILIKE 'b%'", '210'],
      ["tags.`team one` LIKE 'b%'", ''],
      ["tags.`team one` != 'Red'", '210'],
      ['tags.`team one` IS NULL', '543'],
      ['tag.`team one` is not null AND params.depth IS NOT NULL', '210'],
      ['params.depth IS NULL', ''],
      ["attributes.run_name LIKE '%n 4'", '4'],
      ["run_name = 'run 3'", '3'],
      ["attributes.user_id = 'odd' and attributes.start_time > 1001", '53'],
      ["attributes.status = 'RUNNING' and created < 1002", '10'],
      ["attributes.status != 'RUNNING'", ''],
      ["dataset.name = 'none'", ''],
    ]
    for (const [filter, expected] of cases)
      expect([filter, await names(client, { filter })]).toEqual([filter, expected])
  })

  test('asks the newest of several datasets’ values, the one that is shown', async ({ client }) => {
    const run_id = await aRun(client, { run_name: 'run 1' })
    for (const [step, [dataset_name, value]] of Object.entries([
      ['last year', 0.9],
      ['this year', 0.6],
    ] as const))
      await client.post('runs/log-metric', {
        run_id,
        key: 'auc',
        value,
        timestamp: 1,
        step: Number(step),
        dataset_name,
        dataset_digest: 'd',
      })
    expect(await names(client, { filter: 'metrics.auc > 0.8' })).toBe('')
    expect(await names(client, { filter: 'metrics.auc < 0.8' })).toBe('1')
    const run = (await client.get('runs/get', { run_id })).body.run
    expect(run?.data?.metrics?.map(({ value }) => value)).toEqual([0.6])
  })

  test('orders, NaN after numbers and absent last, and pages by position', async ({ client }) => {
    await someRuns(client)
    expect(await names(client, { order_by: ['metrics.val.auc ASC'] })).toBe('012345')
    expect(await names(client, { order_by: ['metrics.val.auc DESC'] })).toBe('321045')
    expect(await names(client, { order_by: ['params.depth DESC', 'start_time'] })).toBe('543210')
    expect(await names(client, { order_by: ['tags."team one" ASC', 'start_time ASC'] })).toBe('012345')
    for (const order_by of [[], ['metrics.val.auc DESC'], ['tags."team one"', 'attributes.user_id DESC']]) {
      const whole = await names(client, { order_by })
      let [read, page_token] = ['', '']
      for (let page = 0; page < 6; page += 1) {
        const answer = await client.post('runs/search', { experiment_ids: ['0'], order_by, max_results: 2, page_token })
        read += answer.body.runs?.map((run) => String(run.info?.run_name).slice(4)).join('') ?? ''
        if (answer.body.next_page_token === undefined) break
        page_token = String(answer.body.next_page_token)
        // A run that is logged meanwhile moves no page.
        if (page === 0 && order_by.length === 0) await aRun(client, { run_name: 'run X', start_time: 5000 })
      }
      expect([order_by, read]).toEqual([order_by, whole])
    }
  })

  test('refuses what it does not understand, and another search’s token', async ({ client }) => {
    await someRuns(client)
    const refused = [
      { filter: 'metrics.a = "x"' },
      { filter: 'metrics.a LIKE 1' },
      { filter: 'metrics.a > 0x10' },
      { filter: 'metrics.a IS NULL' },
      { filter: 'run_name IS NULL' },
      { filter: 'tags.a IS' },
      { filter: 'tags.a IS NOT 1' },
      { filter: 'params.a = 1' },
      { filter: "attributes.start_time = 'x'" },
      { filter: "attributes.nothing = 'x'" },
      { filter: "constructor.x = 'a'" },
      { filter: "attributes.constructor = 'a'" },
      { filter: "__proto__.x = 'a'" },
      { filter: "dataset.size = 'a'" },
      { filter: "tags.a = 'b' OR tags.c = 'd'" },
      { filter: "tags.a = 'b" },
      { filter: 'AND' },
      { order_by: ['metrics.a SIDEWAYS'] },
      { order_by: ['attributes.nothing'] },
      { order_by: ['metrics.a ASC', 'metrics.a DESC'] },
      { page_token: 'nonsense' },
      { max_results: 50_001 },
      { max_results: 0 },
    ]
    for (const body of refused) {
      const answer = await client.post('runs/search', { experiment_ids: ['0'], ...body })
      expect([body, answer.status, answer.body.error_code]).toEqual([body, 400, 'INVALID_PARAMETER_VALUE'])
    }
    const first = await client.post('runs/search', { experiment_ids: ['0'], max_results: 2 })
    const other = {
      experiment_ids: ['0'],
      max_results: 2,
      filter: "params.depth = '1'",
      page_token: first.body.next_page_token,
    }
    expect((await client.post('runs/search', other)).status).toBe(400)
  })

  test('keeps what the filter quotes as text', async ({ client }) => {
    const run_id = await aRun(client)
    await client.post('runs/set-tag', { run_id, key: 'k', value: "x'; drop table runs; --" })
    const filters = [`tags.k = "x'; drop table runs; --"`, `tags.k LIKE "x'%"`, `tags.k ILIKE "%DROP table%"`]
    for (const filter of filters)
      expect((await client.post('runs/search', { experiment_ids: ['0'], filter })).body.runs).toHaveLength(1)
    const none = [`tags."k' or 1=1 --" = 'x'`, `params."a\\" = 'x'`, `tags.k = "%"`, `metrics."') or true --" > 0`]
    for (const filter of none)
      expect((await client.post('runs/search', { experiment_ids: ['0'], filter })).body).toEqual({})
  })
})

describe('searching experiments', () => {
  test('filters, orders and pages', async ({ client }) => {
    for (const name of ['alpha', 'beta', 'gamma'])
      await client.post('experiments/create', { name, tags: [{ key: 'of', value: name }] })
    const search = async (body: Record<string, unknown>) =>
      (await client.post('experiments/search', body)).body.experiments?.map((row) => String(row.name)) ?? []
    expect(await search({ max_results: 10, order_by: ['name DESC'] })).toEqual(['gamma', 'beta', 'alpha'])
    expect(await search({ filter: "name LIKE '%a' and tags.of != 'beta'", order_by: ['name'] })).toEqual([
      'alpha',
      'gamma',
    ])
    expect(await search({ filter: 'creation_time > 0', order_by: ['experiment_id'] })).toHaveLength(3)
    const first = await client.post('experiments/search', { max_results: 2, order_by: ['name'] })
    expect(await search({ max_results: 2, order_by: ['name'], page_token: first.body.next_page_token })).toEqual([
      'gamma',
    ])
  })
})

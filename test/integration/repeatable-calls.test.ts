import { expect } from 'vitest'
import { beginJob } from '#app/commands/job-execution.ts'
import { found } from '#app/domain/errors.ts'
import { newId } from '#db/new-id.ts'
import { insertJob } from '#db/queries/jobs.ts'
import type { JobId } from '#app/domain/ids.ts'
import { query } from '#test/support/database.ts'
import { NOW, training } from '#test/support/factories.ts'
import { ARTIFACTS, clientOf, test } from '#test/support/http.ts'
import { REPEATABLE_CALLS } from '#workers/tracking-proxy.ts'

/** All that a run logged, in one text. */
const storedOf = (url: string) =>
  query(url, async (sql) => {
    const rows = await Promise.all([
      sql`select id, state, end_time from runs order by id`,
      sql`select key, step, value from latest_metrics order by key, step`,
      sql`select run_id, keys, count from metric_log order by run_id, keys`,
      sql`select run_id, key, value from run_params order by run_id, key`,
      sql`select run_id, key, value from run_tags order by run_id, key`,
      sql`select run_id, dataset_version_id, role from run_inputs order by run_id, dataset_version_id`,
      sql`select run_id, path, sha256 from artifacts order by run_id, path`,
    ])
    return JSON.stringify(rows)
  })

test('what a job’s proxy may send twice does twice what it does once', async ({ pools, fixture, server, database }) => {
  const { engagementId, lead } = fixture
  await pools.web.as({ personId: lead.personId }, (tx) =>
    insertJob(tx, {
      ...{ id: newId<JobId>(), engagementId, title: 'a job', work: training('a'), idempotencyKey: null },
      ...{ requestedBy: lead.personId, at: NOW },
    }),
  )
  const at = { workerId: 'w', executor: 'cage', environment: 'python, here', interpreter: 'python', now: new Date() }
  const { token } = found(await beginJob(pools.worker, at))
  const client = clientOf(server, found(token))
  const made = await client.post('runs/create', { experiment_id: '0', start_time: 1 })
  const run_id = String(made.body.run?.info?.run_id)
  const dataset = { name: 'd', digest: fixture.datasetDigest, source_type: 'local', source: 'x' }
  const calls: Readonly<Record<string, object>> = {
    'log-batch': {
      metrics: [{ key: 'a', value: 0.5, timestamp: 1, step: 1 }],
      params: [{ key: 'p', value: '1' }],
      tags: [{ key: 't', value: '1' }],
    },
    'log-metric': { key: 'b', value: 0.5, timestamp: 1, step: 1 },
    'log-parameter': { key: 'q', value: '1' },
    'set-tag': { key: 'u', value: '1' },
    'log-inputs': { datasets: [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'train' }] }] },
    update: { status: 'FINISHED', end_time: 2 },
  }
  expect(Object.keys(calls)).toEqual(REPEATABLE_CALLS)
  const place = `${String(made.body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '')}/model/a.txt`
  const put = () => client.raw(`${ARTIFACTS}/${place}`, { method: 'PUT', body: 'abc' })
  const sends = [
    put,
    ...Object.entries(calls).map(
      ([name, body]) =>
        () =>
          client.post(`runs/${name}`, { run_id, ...body }),
    ),
  ]
  for (const [index, send] of sends.entries()) {
    expect((await send()).status, String(index)).toBe(200)
    const once = await storedOf(database.ownerUrl)
    const again = await send()
    expect([again.status, again.text.slice(0, 200)], String(index)).toEqual([200, expect.any(String)])
    expect(await storedOf(database.ownerUrl), String(index)).toBe(once)
  }
})

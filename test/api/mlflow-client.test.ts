import MLflow from 'mlflow'
import { RunStatus, ViewType } from 'mlflow/enum.js'
import { describe, expect, vi } from 'vitest'
import { test } from '../support/http.ts'

/** An MLflow client that others wrote, from the registry and unchanged: what it sends, and what it reads from answers. */
describe('an MLflow client of somebody else', () => {
  test('creates an experiment, logs a run of it, finds it and reads it back', async ({ server, client }) => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined) // it prints each body that it sends
    const mlflow = new MLflow({ endpoint: server.origin, headers: { Authorization: `Bearer ${client.token}` } })
    const { experiment_id } = await mlflow.Experiments.create({ name: 'of a stranger', artifact_location: '' })
    const { run } = await mlflow.Runs.create({ experiment_id, user_id: 'ann', start_time: 1_700_000_000_000 })
    const { run_id } = run.info
    await mlflow.Runs.logParameter({ run_id, key: 'depth', value: '3' })
    for (const step of [0, 1, 2])
      await mlflow.Runs.logMetric({
        run_id,
        key: 'auc',
        value: 0.5 + step / 10,
        timestamp: 1_700_000_000_000 + step,
        step,
      })
    await mlflow.Runs.logBatch({
      run_id,
      metrics: [{ key: 'loss', value: 0.25, timestamp: 1_700_000_000_000, step: 0 }],
      params: [{ key: 'seed', value: '7' }],
      tags: [{ key: 'team', value: 'strangers' }],
    })
    await mlflow.Runs.setTag({ run_id, key: 'stage', value: 'first' })
    const ended = await mlflow.Runs.update({ run_id, status: RunStatus.FINISHED, end_time: 1_700_000_100_000 })
    expect(ended.run_info).toMatchObject({ run_id, status: 'FINISHED' })

    const { runs } = await mlflow.Runs.search({
      experiment_ids: [experiment_id],
      filter: "metrics.auc > 0.6 and params.depth = '3' and tags.team = 'strangers'",
      run_view_type: ViewType.ACTIVE_ONLY,
      order_by: ['metrics.loss ASC'],
    })
    expect(runs.map(({ info }) => info.run_id)).toEqual([run_id])
    const { run: read } = await mlflow.Runs.get({ run_id })
    expect(read.data.metrics).toEqual(
      expect.arrayContaining([{ key: 'auc', value: 0.7, timestamp: 1_700_000_000_002, step: 2 }]),
    )
    expect(read.data.params).toEqual(
      expect.arrayContaining([
        { key: 'depth', value: '3' },
        { key: 'seed', value: '7' },
      ]),
    )
    const { metrics } = await mlflow.Metrics.getHistory({ run_id, metric_key: 'auc' })
    expect(metrics.map(({ step, value }) => [step, value])).toEqual([[0, 0.5], [1, 0.6], [2, 0.7]]) // prettier-ignore

    await client.put(`${experiment_id}/${run_id}/artifacts/notes/why.txt`, 'because')
    const { files } = await mlflow.Artifacts.list({ run_id, path: 'notes' })
    expect(files).toMatchObject([{ path: 'notes/why.txt', is_dir: false }])

    await mlflow.Runs.delete({ run_id })
    const left = await mlflow.Runs.search({ experiment_ids: [experiment_id], run_view_type: ViewType.ACTIVE_ONLY })
    expect(left.runs ?? []).toEqual([])
    await mlflow.Runs.restore({ run_id })
    expect((await mlflow.Runs.get({ run_id })).run.info.lifecycle_stage).toBe('active')
  })

  test('is told in MLflow’s words what it did wrong', async ({ server, stranger }) => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const mlflow = new MLflow({ endpoint: server.origin, headers: { Authorization: `Bearer ${stranger.token}` } })
    await expect(mlflow.Runs.get({ run_id: 'f'.repeat(32) })).rejects.toThrow(/404.*RESOURCE_DOES_NOT_EXIST/)
    const locked = new MLflow({ endpoint: server.origin })
    await expect(locked.Runs.get({ run_id: 'f'.repeat(32) })).rejects.toThrow(/"status":401/)
  })
})

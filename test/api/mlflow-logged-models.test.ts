import { describe, expect } from 'vitest'
import { aRun, test } from '#test/support/http.ts'

describe('logged models', () => {
  test('hold files, parameters, tags and metrics, and are registered', async ({ client, stranger }) => {
    const run_id = await aRun(client)
    const created = await client.post('logged-models', {
      experiment_id: '0',
      name: 'clf',
      source_run_id: run_id,
      params: [{ key: 'p', value: '1' }],
      tags: [{ key: 't', value: 'x' }],
    })
    const info = created.body.model?.info
    const model_id = String(info?.model_id)
    expect(model_id).toMatch(/^m-[0-9a-f]{32}$/)
    expect(info).toMatchObject({ status: 'LOGGED_MODEL_PENDING', source_run_id: run_id, name: 'clf' })
    const place = String(info?.artifact_uri).replace('mlflow-artifacts:/', '')
    expect(place).toBe(`${String(info?.experiment_id)}/models/${model_id}/artifacts`)
    expect((await client.put(`${place}/MLmodel`, 'flavors: {}')).body).toEqual({})
    await client.put(`${place}/data/äöü ✓.txt`, 'hello')
    const files = await client.raw(`/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(place)}`)
    expect(files.body.files).toEqual([
      { path: 'MLmodel', is_dir: false, file_size: 11 },
      { path: 'data', is_dir: true },
    ])
    const folders = await client.get(`logged-models/${model_id}/artifacts/directories`, {
      artifact_directory_path: 'data',
    })
    expect(folders.body.files).toEqual([{ path: 'data/äöü ✓.txt', is_dir: false, file_size: 5 }])
    await client.post('runs/log-metric', {
      run_id,
      key: 'auc',
      value: 0.9,
      timestamp: 1,
      model_id,
      dataset_name: 'd',
      dataset_digest: 'x',
    })
    const ready = await client.send('PATCH', `logged-models/${model_id}`, { status: 'LOGGED_MODEL_READY' })
    expect(ready.body.model?.info?.status).toBe('LOGGED_MODEL_READY')
    expect(
      (await client.post(`logged-models/${model_id}/params`, { params: [{ key: 'q', value: '2' }] })).body,
    ).toEqual({})
    expect((await client.post(`logged-models/${model_id}/params`, { params: [{ key: 'q', value: '3' }] })).status).toBe(
      400,
    )
    await client.send('PATCH', `logged-models/${model_id}/tags`, { tags: [{ key: 'team/one', value: 'y' }] })
    const read = (await client.get(`logged-models/${model_id}`)).body.model
    expect(read?.data).toEqual({
      params: [
        { key: 'p', value: '1' },
        { key: 'q', value: '2' },
      ],
      metrics: [
        { key: 'auc', value: 0.9, timestamp: 1, step: 0, dataset_name: 'd', dataset_digest: 'x', model_id, run_id },
      ],
    })
    expect((await client.send('DELETE', `logged-models/${model_id}/tags/team%2Fone`, {})).body).toEqual({})
    const search = async (body: Record<string, unknown>) =>
      (await client.post('logged-models/search', { experiment_ids: ['0'], ...body })).body.models?.map((model) =>
        String(model.info?.name),
      ) ?? []
    expect(await search({ filter: "name = 'clf' AND metrics.auc > 0.5 AND tags.t = 'x'" })).toEqual(['clf'])
    expect(await search({ filter: 'metrics.auc > 0.5', datasets: [{ dataset_name: 'other' }] })).toEqual([])
    expect(await search({ order_by: [{ field_name: 'metrics.auc', ascending: false }] })).toEqual(['clf'])

    const fileAt = (id: string, file: string, by = client) =>
      by.raw(`/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=${encodeURIComponent(file)}`)
    expect((await fileAt(model_id, 'MLmodel')).text).toBe('flavors: {}')
    expect((await fileAt(model_id, 'nothing')).status).toBe(404)
    expect((await fileAt(model_id, '../MLmodel')).body.message).toBe('Invalid path')
    expect((await fileAt(model_id, 'MLmodel', stranger)).status).toBe(404)
    await client.post('registered-models/create', { name: 'churn' })
    const version = await client.post('model-versions/create', {
      name: 'churn',
      source: `models:/${model_id}`,
      model_id,
    })
    expect(version.body.model_version).toMatchObject({ version: '1', run_id, model_id, status: 'READY' })
    await client.post('model-versions/create', { name: 'churn', source: `models:/${model_id}`, model_id })
    const noted = (await client.get(`logged-models/${model_id}`)).body.model?.info?.tags?.map(({ key, value }) => [
      key,
      value,
    ])
    expect(noted).toContainEqual([
      'mlflow.modelVersions',
      '[{"name": "churn", "version": 1}, {"name": "churn", "version": 2}]',
    ])
    const uri = await client.get('model-versions/get-download-uri', { name: 'churn', version: '1' })
    expect(uri.body.artifact_uri).toBe(info?.artifact_uri)
    expect((await client.send('DELETE', `logged-models/${model_id}`, {})).body).toEqual({})
    expect((await client.get(`logged-models/${model_id}`)).status).toBe(404)
    expect(await search({})).toEqual([])
  })
})

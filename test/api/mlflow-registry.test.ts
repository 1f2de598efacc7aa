import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { createLoggedModel } from '#app/commands/logged-models.ts'
import { startRun } from '#app/commands/tracking.ts'
import { found } from '#app/domain/errors.ts'
import { aliasVersionAt, listMoves } from '#db/queries/registry.ts'
import { findModel } from '#db/queries/models.ts'
import { query } from '#test/support/database.ts'
import { aJobActor, as } from '#test/support/factories.ts'
import type { Client } from '#test/support/http.ts'
import { aRun, test } from '#test/support/http.ts'

async function aVersion(client: Client, name = 'churn') {
  await client.post('registered-models/create', { name })
  const run_id = await aRun(client)
  const { body } = await client.get('runs/get', { run_id })
  const folder = String(body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '')
  await client.put(`${folder}/model/MLmodel`, 'flavors: {}')
  await client.put(`${folder}/model/model.pkl`, 'bytes')
  return client.post('model-versions/create', { name, source: `runs:/${run_id}/model`, run_id })
}

describe('registered models', () => {
  test('are created once, renamed, described, tagged, found and deleted', async ({ client }) => {
    const created = await client.post('registered-models/create', { name: 'a', tags: [{ key: 'k', value: 'v' }] })
    expect(created.body.registered_model).toMatchObject({ name: 'a', tags: [{ key: 'k', value: 'v' }] })
    const again = await client.post('registered-models/create', { name: 'a' })
    expect([again.status, again.body.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    expect(
      (await client.post('registered-models/rename', { name: 'a', new_name: 'b' })).body.registered_model?.name,
    ).toBe('b')
    expect(
      (await client.send('PATCH', 'registered-models/update', { name: 'b', description: 'd' })).body.registered_model
        ?.description,
    ).toBe('d')
    await client.post('registered-models/set-tag', { name: 'b', key: 'k', value: 'w' })
    const search = async (filter: string) =>
      (await client.get('registered-models/search', { filter, max_results: '100' })).body.registered_models?.map(
        (model) => String(model.name),
      ) ?? []
    expect(await search("name LIKE 'b%' AND tag.`mlflow.prompt.is_prompt` != 'true'")).toEqual(['b'])
    expect(await search("tags.k = 'w'")).toEqual(['b'])
    expect(await search("tags.k = 'v'")).toEqual([])
    await client.send('DELETE', 'registered-models/delete-tag', { name: 'b', key: 'k' })
    expect(await search("tags.k = 'w'")).toEqual([])
    expect((await client.send('DELETE', 'registered-models/delete', { name: 'b' })).body).toEqual({})
    const gone = await client.get('registered-models/get', { name: 'b' })
    expect([gone.status, gone.body.error_code, gone.body.message]).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=b not found',
    ])
    expect((await client.post('registered-models/create', { name: 'b' })).status).toBe(200)
  })

  test('say where an alias stood on any day, and by whom it was moved', async ({ client, pools, fixture }) => {
    await aVersion(client)
    await aVersion(client)
    const alias = (method: string, version?: string) =>
      client.send(method, 'registered-models/alias', {
        name: 'churn',
        alias: 'champion',
        ...(version ? { version } : {}),
      })
    // Moments of their own: two things within one millisecond have no order.
    const momentApart = async () => {
      await sleep(3)
      const moment = new Date()
      await sleep(3)
      return moment
    }
    const before = await momentApart()
    expect((await alias('POST', '1')).body).toEqual({})
    const first = await momentApart()
    await alias('POST', '2')
    await alias('POST', '2')
    const held = await client.get('registered-models/alias', { name: 'churn', alias: 'champion' })
    expect(held.body.model_version).toMatchObject({ version: '2', aliases: ['champion'], status: 'READY' })
    expect((await client.get('registered-models/get', { name: 'churn' })).body.registered_model?.aliases).toEqual([
      { alias: 'champion', version: '2' },
    ])
    const second = await momentApart()
    expect((await alias('DELETE')).body).toEqual({})
    const absent = await client.get('registered-models/alias', { name: 'churn', alias: 'champion' })
    expect([absent.status, absent.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    for (const wrong of ['latest', 'v1', 'a b', ''])
      expect(
        (await client.send('POST', 'registered-models/alias', { name: 'churn', alias: wrong, version: '1' })).status,
      ).toBe(400)
    expect((await alias('POST', '9')).status).toBe(404)

    await pools.web.as({ personId: fixture.lead.personId }, async (tx) => {
      const model = found(await findModel(tx, fixture.engagementId, 'churn'))
      const at = (moment: Date) =>
        aliasVersionAt(tx, fixture.engagementId, { modelId: model.id, alias: 'champion', at: moment })
      expect([await at(before), await at(first), await at(second), await at(new Date())]).toEqual([null, 1, 2, null])
      const moves = await listMoves(tx, fixture.engagementId, model.id)
      expect(moves.map(({ fromVersion, toVersion, actorName }) => [fromVersion, toVersion, actorName])).toEqual([
        [2, null, fixture.lead.name],
        [1, 2, fixture.lead.name],
        [null, 1, fixture.lead.name],
      ])
    })
  })

  test('keep the moves of an alias for ever', async ({ client, database }) => {
    await aVersion(client)
    await client.send('POST', 'registered-models/alias', { name: 'churn', alias: 'champion', version: '1' })
    for (const url of [database.webUrl, database.workerUrl])
      for (const statement of ['update registry_moves set to_version = 7', 'delete from registry_moves'])
        await expect(query(url, (sql) => sql.unsafe(statement))).rejects.toThrow()
  })
})

describe('model versions', () => {
  test('freeze their files, are numbered once, and move between stages', async ({ client }) => {
    const { body } = await aVersion(client)
    expect(body.model_version).toMatchObject({ name: 'churn', version: '1', current_stage: 'None', status: 'READY' })
    await aVersion(client)
    const uri = await client.get('model-versions/get-download-uri', { name: 'churn', version: '1' })
    expect(String(uri.body.artifact_uri)).toMatch(/^mlflow-artifacts:\/\d+\/[0-9a-f]{32}\/artifacts\/model$/)
    const stage = (version: string, to: string, archive_existing_versions = false) =>
      client.post('model-versions/transition-stage', { name: 'churn', version, stage: to, archive_existing_versions })
    expect((await stage('1', 'production')).body.model_version?.current_stage).toBe('Production')
    await stage('2', 'Production', true)
    expect(
      (await client.get('model-versions/get', { name: 'churn', version: '1' })).body.model_version?.current_stage,
    ).toBe('Archived')
    expect((await stage('2', 'Live')).status).toBe(400)
    const latest = await client.post('registered-models/get-latest-versions', { name: 'churn', stages: ['Production'] })
    expect(latest.body.model_versions?.map((row) => row.version)).toEqual(['2'])
    await client.send('DELETE', 'model-versions/delete', { name: 'churn', version: '2' })
    expect((await client.get('model-versions/get', { name: 'churn', version: '2' })).status).toBe(404)
    expect((await aVersion(client)).body.model_version?.version).toBe('3')
  })

  test('are described, tagged and searched', async ({ client }) => {
    const { body } = await aVersion(client)
    const run_id = String(body.model_version?.run_id)
    await client.send('PATCH', 'model-versions/update', { name: 'churn', version: '1', description: 'first' })
    await client.post('model-versions/set-tag', { name: 'churn', version: '1', key: 'k', value: 'v' })
    const search = async (filter: string) =>
      (await client.get('model-versions/search', { filter })).body.model_versions?.map((row) => String(row.version)) ??
      []
    expect(await search(`run_id = '${run_id}' AND name = 'churn'`)).toEqual(['1'])
    expect(await search("tags.k = 'v'")).toEqual(['1'])
    expect(await search('version_number > 1')).toEqual([])
    await client.send('DELETE', 'model-versions/delete-tag', { name: 'churn', version: '1', key: 'k' })
    expect(await search("tags.k = 'v'")).toEqual([])
    expect((await client.get('model-versions/search', { filter: 'nonsense = 1' })).status).toBe(400)
  })

  test('come from runs and logged models of this engagement, never from a path', async ({ client, stranger }) => {
    await client.post('registered-models/create', { name: 'churn' })
    const theirs = await aRun(stranger)
    const create = (source: string) => client.post('model-versions/create', { name: 'churn', source })
    const wrong = [
      ['/etc/passwd', 'To use a local path'],
      ['file:///etc/passwd', 'To use a local path'],
      ['http://example.org/models/../../x', 'If supplying a source as an http'],
      ['mlflow-artifacts://host:9000/models/..%2f..%2fx', 'If supplying a source as an http'],
      ['s3://bucket/model%00', 'If supplying a source as an http'],
      [`runs:/${'0'.repeat(32)}/../../etc`, 'Register what was logged here'],
      [`mlflow-artifacts:/1/${'0'.repeat(32)}/artifacts/%2e%2e/x`, 'Register what was logged here'],
    ] as const
    for (const [source, words] of wrong) {
      const { status, body } = await create(source)
      expect([source, status]).toEqual([source, 400])
      expect(body.message).toContain(words)
    }
    expect((await create(`runs:/${theirs}/model`)).status).toBe(404)
    expect((await create('models:/other/1')).status).toBe(404)
    expect((await client.get('model-versions/search', { filter: '' })).body).toEqual({})
  })

  test('are copied with their files and what made them', async ({ client }) => {
    const { body } = await aVersion(client)
    const run_id = String(body.model_version?.run_id)
    await client.post('registered-models/create', { name: 'churn in production' })
    const copy = await client.post('model-versions/create', {
      name: 'churn in production',
      source: 'models:/churn/1',
      run_id,
    })
    expect(copy.body.model_version).toMatchObject({ version: '1', source: 'models:/churn/1', run_id })
    const uriOf = async (name: string) =>
      (await client.get('model-versions/get-download-uri', { name, version: '1' })).body.artifact_uri
    expect(await uriOf('churn in production')).toBe(await uriOf('churn'))
    const other = await aRun(client)
    const lie = await client.post('model-versions/create', { name: 'churn', source: 'models:/churn/1', run_id: other })
    expect([lie.status, lie.body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
  })

  test('of another store are kept by name, and stand for no run of ours', async ({ client, database }) => {
    await client.post('registered-models/create', { name: 'churn' })
    const run_id = await aRun(client)
    for (const source of ['s3://bucket/model', 'runs:/somewhere/model', 'mlflow-artifacts://host:9000/models/a..b/']) {
      const { body } = await client.post('model-versions/create', { name: 'churn', source, run_id })
      expect(body.model_version).toMatchObject({ source, status: 'READY' })
      expect(body.model_version?.run_id).toBeUndefined()
      const version = String(body.model_version?.version)
      const uri = await client.get('model-versions/get-download-uri', { name: 'churn', version })
      expect(uri.body.artifact_uri).toBe(source)
    }
    const kept = await query(database.ownerUrl, (sql) => sql`select run_id, files from model_versions`)
    expect(kept).toEqual(Array(3).fill({ run_id: null, files: {} }))
    // What another server calls its run is given back and found again.
    const source = 's3://bucket/model'
    const { body } = await client.post('model-versions/create', { name: 'churn', source, run_id: 'run_id_1' })
    expect(body.model_version).toMatchObject({ version: '4', run_id: 'run_id_1' })
    const found = await client.get('model-versions/search', { filter: `run_id = 'run_id_1'` })
    expect(found.body.model_versions).toMatchObject([{ version: '4', run_id: 'run_id_1' }])
  })
})

describe('a version of foreign files', () => {
  test('is not made under the name of a verified run', async ({ client, pools, fixture }) => {
    const job = as(pools, await aJobActor(pools, fixture), new Date())
    const { run } = await startRun(job, { experimentId: '0', name: 'r', userName: 'x', startTime: null, tags: [] })
    const own = (await client.post('logged-models', { experiment_id: '0', name: 'own' })).body.model?.info
    const place = String(own?.artifact_uri).replace('mlflow-artifacts:/', '')
    await client.put(`${place}/model.onnx`, 'foreign')
    const ownRun = await aRun(client)
    await client.post('registered-models/create', { name: 'churn' })
    const create = (source: string, run_id?: string) =>
      client.post('model-versions/create', { name: 'churn', source, ...(run_id ? { run_id } : {}) })
    for (const source of [`models:/${String(own?.model_id)}`, String(own?.artifact_uri), `runs:/${ownRun}/model`]) {
      const { status, body } = await create(source, run.id)
      expect([source, status, body.error_code]).toEqual([source, 400, 'INVALID_PARAMETER_VALUE'])
      expect(body.message).toMatch(/did not make/)
    }
    const made = await create(`models:/${String(own?.model_id)}`)
    expect(made.body.model_version?.run_id ?? '').toBe('')
  })

  test('cannot get its files into a model that a verified run logs', async ({ client, pools, fixture }) => {
    const job = as(pools, await aJobActor(pools, fixture), new Date())
    const { run } = await startRun(job, { experimentId: '0', name: 'r', userName: 'x', startTime: null, tags: [] })
    const said = { modelType: '', sourceRunId: run.id, params: [], tags: [] }
    const model = await createLoggedModel(job, { ...said, experimentId: '0', name: 'model' })
    const place = `${String(model.experimentId)}/models/${model.id}/artifacts`
    const put = await client.put(`${place}/model.onnx`, 'foreign')
    const begun = await client.raw(`/api/2.0/mlflow-artifacts/mpu/create/${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'model.onnx', num_parts: 1 }),
    })
    const another = await client.post('logged-models', { experiment_id: '0', name: 'model', source_run_id: run.id })
    for (const { status, body } of [put, begun, another])
      expect([status, body.message]).toEqual([400, expect.stringMatching(/only its own job writes to it/)])
  })
})

describe('experiments', () => {
  test('are created once, renamed, tagged, deleted with their runs and restored', async ({ client }) => {
    const { body } = await client.post('experiments/create', { name: 'e' })
    const experiment_id = String(body.experiment_id)
    const again = await client.post('experiments/create', { name: 'e' })
    expect([again.status, again.body.error_code]).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    const run_id = await aRun(client, { experiment_id })
    await client.post('experiments/update', { experiment_id, new_name: 'f' })
    await client.post('experiments/set-experiment-tag', { experiment_id, key: 'k', value: 'v' })
    const read = await client.get('experiments/get-by-name', { experiment_name: 'f' })
    expect(read.body.experiment).toMatchObject({
      experiment_id,
      lifecycle_stage: 'active',
      tags: [{ key: 'k', value: 'v' }],
    })
    await client.post('experiments/delete-experiment-tag', { experiment_id, key: 'k' })
    expect((await client.post('experiments/delete-experiment-tag', { experiment_id, key: 'k' })).status).toBe(404)
    expect((await client.post('experiments/delete', { experiment_id })).body).toEqual({})
    expect((await client.get('experiments/get', { experiment_id })).body.experiment?.lifecycle_stage).toBe('deleted')
    expect((await client.get('runs/get', { run_id })).body.run?.info?.lifecycle_stage).toBe('deleted')
    expect((await client.post('runs/create', { experiment_id })).status).toBe(400)
    expect((await client.post('experiments/delete', { experiment_id })).status).toBe(404)
    await client.post('experiments/restore', { experiment_id })
    expect((await client.get('runs/get', { run_id })).body.run?.info?.lifecycle_stage).toBe('active')
    const missing = await client.get('experiments/get', { experiment_id: '99999' })
    expect([missing.status, missing.body.message]).toEqual([404, 'No Experiment with id=99999 exists'])
  })
})

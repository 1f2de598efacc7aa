import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { registerRunModel } from '#app/commands/models.ts'
import { toRunId } from '#app/domain/ids.ts'
import { createSessions } from '#app/server/session.server.ts'
import { as } from '#test/support/factories.ts'
import { aRun, test } from '#test/support/http.ts'

const MODEL_FILES = ['model.onnx', 'signature.json', 'input_example.json', 'expected_output.json']

test('a person downloads an artifact and the build context of a model; a path that is none is not found', async ({
  pools,
  fixture,
  server,
  client,
}) => {
  const { engagementId, lead } = fixture
  const request = new Request(server.origin)
  const [cookie = ''] = (
    await createSessions(pools.web, { isSecure: false }).start(lead.personId, request, new Date())
  ).split(';')
  const get = (place: string) => server.fetch(`/engagements/${engagementId}/${place}`, { headers: { cookie } })

  const runId = await aRun(client)
  const { body } = await client.get('runs/get', { run_id: runId })
  const root = String(body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '')
  const model = new Uint8Array(200_000).fill(7)
  for (const file of MODEL_FILES)
    expect((await client.put(`${root}/model/${file}`, file === 'model.onnx' ? model : '{}')).status).toBe(200)

  expect((await get(`runs/${runId}/artifacts/model/signature.json`)).status).toBe(200)
  expect((await get(`runs/${runId}/artifacts/%E0`)).status).toBe(404)

  const versionId = await registerRunModel(as(pools, lead), { engagementId, name: 'm', runId: toRunId(runId) })
  const context = await get(`models/${versionId}/context.tar`)
  expect(context.status).toBe(200)
  const folder = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
  await writeFile(path.join(folder, 'context.tar'), new Uint8Array(await context.arrayBuffer()))
  await promisify(execFile)('tar', ['-xf', 'context.tar'], { cwd: folder })
  expect(new Uint8Array(await readFile(path.join(folder, 'model/model.onnx')))).toEqual(model)
  expect(await readFile(path.join(folder, 'model/expected_output.json'), 'utf8')).toBe('{}')
  await rm(folder, { recursive: true })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelImageEntries } from '#app/commands/model-image.ts'
import { argumentsOf } from '#workers/bundled.ts'
import { modelJson, runRecipe, type RecipeRun } from './recipe-run.ts'

const SECRET = 'a secret of the serving test'
const dataDir = mkdtempSync(path.join(tmpdir(), 'serving-'))

let base = ''
let server: ChildProcess
let manifest: Record<string, unknown> = {}
const id = randomUUID()

async function start(): Promise<void> {
  server = spawn(process.execPath, argumentsOf('workers/serving/main.ts'), {
    env: { NODE_ENV: 'test', PATH: process.env['PATH'], SERVING_PORT: '0', SERVING_SECRET: SECRET, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve, reject) => {
    server.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    server.once('exit', (code) => reject(new Error(`The serving process left with ${code}.`)))
  })
  base = `http://${/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''}`
}

async function stop(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  return ended
}

interface Reply {
  status: number
  body: Record<string, unknown>
}

async function ask(
  method: string,
  target: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(base + target, {
    method,
    headers: { 'x-serving-secret': SECRET, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

const put = (changes: Record<string, unknown> = {}, at: string = randomUUID()) =>
  ask('PUT', `/revisions/${at}`, { ...manifest, ...changes })
const invoke = (body: unknown, headers = {}) => ask('POST', `/revisions/${id}/invocations`, body, headers)

let run: RecipeRun
let columns: string[] = []
let rows: unknown[][] = []
let expected: number[] = []

beforeAll(async () => {
  run = await runRecipe(
    'bird-strike-damage',
    { algorithm: 'logistic', iterations: '20', learning_rate: '0.02' },
    { train: 'birdstrikes-holdout', test: 'birdstrikes-live' },
  )
  expect(run.end).toEqual({ state: 'succeeded' })
  const onnx = run.artifacts.get('model/model.onnx') ?? new Uint8Array()
  mkdirSync(path.join(dataDir, 'blobs'))
  writeFileSync(path.join(dataDir, 'blobs', 'model'), onnx)
  const example = modelJson(run, 'input_example.json') as { dataframe_split: { columns: string[]; data: unknown[][] } } // our own artifact
  columns = example.dataframe_split.columns
  rows = example.dataframe_split.data
  expected = modelJson(run, 'expected_output.json') as number[] // our own artifact
  manifest = {
    onnxPath: 'blobs/model',
    onnxSha256: createHash('sha256').update(onnx).digest('hex'),
    signature: modelJson(run, 'signature.json'),
    example,
    expected,
  }
  await start()
  const probe = await put({}, id)
  expect(probe).toMatchObject({ status: 200, body: { tolerance: 1e-4 } })
  expect(probe.body['maxAbsDiff']).toBeLessThan(1e-4)
  expect(probe.body['latencyMs']).toBeGreaterThan(0)
}, 60_000)

afterAll(async () => {
  await stop()
  rmSync(dataDir, { recursive: true })
})

const asRecords = () => rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])))

const without = (record: Record<string, unknown> | undefined, name: string) =>
  Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => key !== name))

describe('putting a revision', () => {
  test('is repeatable, keeps a manifest, takes the bare example too, and is forgotten on delete', async () => {
    const at = randomUUID()
    const file = path.join(dataDir, 'serving', `${at}.json`)
    expect((await put({}, at)).status).toBe(200)
    expect((await put({ example: { columns, data: rows } }, at)).status).toBe(200)
    expect(existsSync(file)).toBe(true)
    expect((await ask('GET', `/revisions/${at}/ready`)).status).toBe(200)
    expect((await ask('DELETE', `/revisions/${at}`)).status).toBe(204)
    expect(existsSync(file)).toBe(false)
    expect((await ask('GET', `/revisions/${at}/ready`)).status).toBe(404)
    expect((await ask('DELETE', `/revisions/${at}`)).status).toBe(204)
  })

  test('leaves whole manifests alone in its folder when it is killed meanwhile, which nobody else can read', async () => {
    const folder = path.join(dataDir, 'serving')
    const puts = Array.from({ length: 12 }, () => put().catch(() => null))
    await Promise.race(puts)
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
    await Promise.all(puts)
    const names = readdirSync(folder)
    expect(names.filter((name) => !/^[0-9a-f-]{36}\.json$/.test(name))).toEqual([])
    expect(names.length).toBeGreaterThan(1)
    for (const name of names) expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    await start()
    expect((await ask('GET', `/revisions/${id}/ready`)).status).toBe(200)
  })

  test('is refused with the reason, and leaves nothing behind', async () => {
    const tampered = expected.map((value, index) => (index === 2 ? value + 0.001 : value))
    writeFileSync(path.join(dataDir, 'blobs', 'text'), 'no model')
    const textDigest = createHash('sha256').update('no model').digest('hex')
    const signature = manifest['signature'] as { inputs: { name: string }[]; outputs: unknown[] } // our own artifact
    const cases: [string, Record<string, unknown>, RegExp][] = [
      ['prediction_mismatch', { expected: tampered }, /differ from the stored ones by up to 0\.00100/],
      ['prediction_mismatch', { expected: expected.slice(1) }, /another number of predictions/],
      ['hash_mismatch', { onnxSha256: 'a'.repeat(64) }, /SHA-256 differs/],
      ['path_invalid', { onnxPath: '../../../etc/passwd' }, /data folder|cannot be read/],
      ['path_invalid', { onnxPath: '/etc/passwd' }, /must lie in the data folder/],
      ['path_invalid', { onnxPath: 'blobs/absent' }, /cannot be read/],
      ['model_invalid', { onnxPath: 'blobs/text', onnxSha256: textDigest }, /not an ONNX model/],
      ['model_invalid', { signature: { ...signature, inputs: signature.inputs.slice(1) } }, /does not name/],
      ['manifest_invalid', { expected: 'x' }, /expected/],
      ['example_invalid', { example: { columns: ['nope'], data: [[1]] } }, /“nope”/],
    ]
    for (const [error, changes, message] of cases) {
      const at = randomUUID()
      const reply = await put(changes, at)
      expect(reply, error).toEqual({ status: 422, body: { error, message: expect.stringMatching(message) } })
      expect(existsSync(path.join(dataDir, 'serving', `${at}.json`))).toBe(false)
    }
  })
})

describe('a caller', () => {
  test('needs the secret for all but the health of the server', async () => {
    expect(await ask('GET', '/health', undefined, { 'x-serving-secret': '' })).toMatchObject({ status: 200 })
    for (const secret of ['', 'wrong', SECRET + ' x']) {
      const reply = await invoke({ dataframe_split: { columns, data: rows } }, { 'x-serving-secret': secret })
      expect(reply).toMatchObject({ status: 401, body: { error_code: 'UNAUTHENTICATED' } })
    }
  })

  test('gets the same answer in every format', async () => {
    const lists = Object.fromEntries(columns.map((column, at) => [column, rows.map((row) => row[at])]))
    const csv = [columns, ...rows]
      .map((row) => row.map((cell) => (cell === null ? '' : `"${cell}"`)).join(','))
      .join('\r\n')
    const replies = [
      await invoke({ dataframe_split: { columns, data: rows } }),
      await invoke({ dataframe_split: { columns: columns.toReversed(), data: rows.map((row) => row.toReversed()) } }),
      await invoke({ dataframe_records: asRecords() }),
      await invoke({ instances: asRecords() }),
      await invoke({ instances: rows }),
      await invoke({ inputs: lists }),
      await invoke({ inputs: asRecords(), params: {} }),
      await invoke(csv, { 'content-type': 'text/csv' }),
    ]
    const [first] = replies
    for (const reply of replies) expect(reply).toEqual({ status: 200, body: first?.body })
    const predictions = first?.body['predictions'] as number[] // checked by the next line
    expect(predictions).toHaveLength(expected.length)
    predictions.forEach((value, index) => expect(Math.abs(value - (expected[index] ?? NaN))).toBeLessThan(1e-4))

    const inputs = columns.map((name, at) => ({
      name,
      shape: [rows.length, 1],
      datatype: name === 'month' ? 'INT64' : name === 'speed_knots' ? 'FP64' : 'BYTES',
      data: rows.map((row) => row[at]),
    }))
    expect(await ask('POST', `/revisions/${id}/infer`, { id: 'request-1', inputs })).toEqual({
      status: 200,
      body: {
        model_name: id,
        id: 'request-1',
        outputs: [{ name: 'probability', datatype: 'FP64', shape: [rows.length, 1], data: predictions }],
      },
    })
  })

  test('can read what the model takes', async () => {
    const { body } = await ask('GET', `/revisions/${id}/metadata`, undefined, { 'x-model-name': 'bird-strikes' })
    expect(body['name']).toBe('bird-strikes')
    expect(body['inputs']).toContainEqual({ name: 'wildlife_size', datatype: 'BYTES', shape: [-1, 1] })
    expect(body['outputs']).toEqual([{ name: 'probability', datatype: 'FP64', shape: [-1, 1] }])
  })

  test('may leave out what is optional and send a category that training never saw', async () => {
    const [record] = asRecords()
    const rest = without(record, 'speed_knots')
    const reply = await invoke({ dataframe_records: [{ ...rest, wildlife_species: 'Roc' }] })
    expect(reply.status).toBe(200)
    expect(await invoke({ dataframe_records: [{ ...rest, wildlife_species: 'Roc', speed_knots: null }] })).toEqual(
      reply,
    )
  })

  test('is told which field and row are wrong', async () => {
    const [record = {}] = asRecords()
    const records = (changes: object) => ({ dataframe_records: [record, { ...record, ...changes }] })
    const noMonth = without(record, 'month')
    const cases: [unknown, RegExp][] = [
      [records({ month: 'May' }), /Row 2: “month” must be a number, not a text/],
      [records({ month: null }), /Row 2: “month” must be a number, not empty/],
      [records({ month: true }), /“month” must be a number, not a boolean/],
      [records({ month: 1e300 }), /“month” must be a finite number/],
      [records({ operator: 7 }), /Row 2: “operator” must be a text, not a number/],
      [records({ wings: 2 }), /Row 2 has the unknown column “wings”/],
      [{ dataframe_records: [record, noMonth] }, /Row 2 has no column “month”/],
      [{ dataframe_records: [noMonth] }, /no column “month”/],
      [{ dataframe_records: [] }, /no rows/],
      [{ dataframe_records: [record, 5] }, /Row 2/],
      [{ dataframe_split: { columns: [...columns, 'extra'], data: rows.map((row) => [...row, 1]) } }, /“extra”/],
      [{ dataframe_split: { columns: columns.slice(1), data: rows.map((row) => row.slice(1)) } }, /is missing/],
      [{ dataframe_split: { columns, data: [rows[0], []] } }, /Row 2 has 0 values/],
      [{ dataframe_split: { columns: [...columns, columns[0]], data: [] } }, /twice/],
      [{ inputs: { month: [1, 2], operator: ['a'] } }, /missing|values for/],
      [{ instances: [[1]] }, /Row 1 has 1 values/],
      [{ instances: rows, inputs: rows }, /must have one of/],
      [{ rows }, /no “rows”/],
      ['{"instances": [NaN]}', /not valid JSON/],
      ['', /not valid JSON/],
      [[], /must be a JSON object/],
    ]
    for (const [body, message] of cases) {
      const reply = await invoke(body)
      expect(reply).toMatchObject({
        status: 400,
        body: { error_code: 'BAD_REQUEST', message: expect.stringMatching(message) },
      })
      expect(JSON.stringify(reply.body)).not.toMatch(/\.ts|node_modules|at /)
    }
    const csv = await invoke('month,"oper', { 'content-type': 'text/csv' })
    expect(csv).toMatchObject({ status: 400 })
    const infer = (input: object) =>
      ask('POST', `/revisions/${id}/infer`, {
        inputs: [{ name: 'month', shape: [1], datatype: 'FP64', data: [1], ...input }],
      })
    expect((await infer({ datatype: 'BOOL' })).body['message']).toMatch(/“month” cannot have the datatype “BOOL”/)
    expect((await infer({ name: 'x' })).body['message']).toMatch(/no input “x”/)
    expect((await infer({ shape: [2] })).body['message']).toMatch(/1 values for the shape \[2\]/)
    expect((await infer({})).body['message']).toMatch(/is missing/)
  })

  test('may send plain rows, and is told the field and the row as such', async () => {
    const predict = (body: unknown) => ask('POST', `/revisions/${id}/predict`, body)
    const [record = {}] = asRecords()
    const { body } = await invoke({ dataframe_records: [record] })
    const [first] = body['predictions'] as number[] // one number for each row
    expect(await predict(record)).toEqual({ status: 200, body: { prediction: first } })
    expect(await predict({ rows: [record, record] })).toEqual({ status: 200, body: { predictions: [first, first] } })
    const wrong = await predict({ rows: [record, { ...record, month: 'May' }] })
    expect(wrong).toMatchObject({ status: 400, body: { error_code: 'BAD_REQUEST', field: 'month', row: 2 } })
    expect(await predict({ ...record, wings: 2 })).toMatchObject({ status: 400, body: { field: 'wings', row: 1 } })
    expect(await predict(without(record, 'month'))).toMatchObject({ status: 400, body: { field: 'month' } })
    expect(await predict({ rows: [record], more: 1 })).toMatchObject({ status: 400, body: { field: 'more' } })
    for (const odd of [null, [], 'x', { rows: [] }, {}]) expect((await predict(odd)).status).toBe(400)
  })

  test('is counted minute by minute, with the scores of requests that have a name', async () => {
    const collect = async (after = 0) =>
      (await ask('GET', `/windows?after=${after}`)).body as unknown as {
        source: string
        windows: { deploymentId: string; requests: number; clientErrors: number; rows: number }[]
        scores: { seq: number; requestId: string; row: number; score: number }[]
      } // our own process
    const sum = (counted: Awaited<ReturnType<typeof collect>>, field: 'requests' | 'clientErrors' | 'rows') =>
      counted.windows.filter(({ deploymentId }) => deploymentId === id).reduce((total, each) => total + each[field], 0)
    const before = await collect()
    const requestId = randomUUID()
    const named = { 'x-request-id': requestId }
    await invoke({ dataframe_split: { columns, data: rows } }, named)
    await invoke({ nothing: 1 }, named)
    await invoke({ dataframe_split: { columns, data: rows } }, { 'x-request-id': 'no-uuid' })
    const after = await collect(before.scores.at(-1)?.seq ?? 0)
    expect(sum(after, 'requests') - sum(before, 'requests')).toBe(3)
    expect(sum(after, 'clientErrors') - sum(before, 'clientErrors')).toBe(1)
    expect(sum(after, 'rows') - sum(before, 'rows')).toBe(rows.length * 2)
    expect(after.scores.map(({ requestId: name, row }) => [name, row])).toEqual(rows.map((_, row) => [requestId, row]))
    expect(await collect(before.scores.at(-1)?.seq ?? 0)).toEqual(after)
  })

  test('is refused what is too large, and what is not here', async () => {
    const [record] = asRecords()
    const many = (count: number) => ({ dataframe_records: new Array(count).fill(record) })
    expect((await invoke(many(10_000))).status).toBe(200)
    expect(await invoke(many(10_001))).toMatchObject({ status: 413, body: { error_code: 'REQUEST_TOO_LARGE' } })
    expect((await invoke(`"${'x'.repeat(8 * 1024 * 1024)}"`)).status).toBe(413)
    expect((await ask('POST', `/revisions/${randomUUID()}/invocations`, {})).status).toBe(404)
    expect((await ask('GET', '/revisions/..%2f..%2fetc')).status).toBe(404)
    expect((await ask('PATCH', `/revisions/${id}`)).status).toBe(405)
  })

  test('is served at once by many, and again after a restart', async () => {
    const before = await invoke({ dataframe_split: { columns, data: rows } })
    const many = await Promise.all(
      Array.from({ length: 50 }, () => invoke({ dataframe_split: { columns, data: rows } })),
    )
    for (const reply of many) expect(reply).toEqual(before)
    expect(await stop()).toBe(0)
    await start()
    expect(await invoke({ dataframe_split: { columns, data: rows } })).toEqual(before)
  })
})

describe('the server of a build context', () => {
  /** In a folder that holds nothing of the portal but its libraries. */
  const startAlone = (folder: string) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'server/standalone.ts'], {
      cwd: folder,
      env: { NODE_ENV: 'test', PATH: process.env['PATH'], PORT: '0', MODEL_DIR: 'model' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Promise<{ child: ChildProcess; said: string }>((resolve) => {
      child.stdout.once('data', (said: Buffer) => resolve({ child, said: said.toString() }))
      child.stderr.once('data', (said: Buffer) => resolve({ child, said: said.toString() }))
    })
  }

  test('answers as the portal does, and does not start when the model is not the one that was stored', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'alone-'))
    for (const { path: place, bytes } of await modelImageEntries('alone')) {
      if (bytes) writeFileSync(path.join(folder, place), bytes)
      else mkdirSync(path.join(folder, place))
    }
    symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'))
    for (const file of ['model.onnx', 'signature.json', 'input_example.json', 'expected_output.json'])
      writeFileSync(path.join(folder, 'model', file), run.artifacts.get(`model/${file}`) ?? '')
    const { child, said } = await startAlone(folder)
    const at = `http://${/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ''}`
    const body = JSON.stringify({ dataframe_split: { columns, data: rows } })
    const answer = await fetch(`${at}/invocations`, { method: 'POST', body })
    expect(await answer.json()).toEqual((await invoke({ dataframe_split: { columns, data: rows } })).body)
    const wrong = await fetch(`${at}/invocations`, { method: 'POST', body: '{"instances": [[1]]}' })
    expect(wrong.status).toBe(400)
    child.kill('SIGTERM')
    writeFileSync(
      path.join(folder, 'model', 'expected_output.json'),
      JSON.stringify(expected.map((value) => value + 0.01)),
    )
    const changed = await startAlone(folder)
    expect(changed.said).toContain('does not reproduce its stored example')
    changed.child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
})

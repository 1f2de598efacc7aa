/**
 * `npm run bench:serving`: what serving adds to the bare ONNX Runtime call. One row of the bird-strike model, asked in
 * this process and over HTTP, side by side, at 1, 16 and 64 connections.
 */
import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { argumentsOf } from '#workers/bundled.ts'
import { ensureBundles } from '#workers/ensure-ready.mjs'
import { openModel } from '#workers/serving/model.ts'
import { Manifest, parseInvocation } from '#workers/serving/protocol.ts'
import { modelJson, runRecipe } from '../unit/recipe-run.ts'

const REQUESTS = 4000
const WARM_UP = 500
const say = (line: string) => process.stdout.write(`${line}\n`)

const run = await runRecipe(
  'bird-strike-damage',
  { algorithm: 'gradient_boosting', iterations: '80' },
  { train: 'birdstrikes-holdout', test: 'birdstrikes-live' },
)
const onnx = run.artifacts.get('model/model.onnx') ?? new Uint8Array()
const dataDir = mkdtempSync(path.join(tmpdir(), 'bench-'))
writeFileSync(path.join(dataDir, 'model'), onnx)
const manifest = {
  onnxPath: 'model',
  onnxSha256: createHash('sha256').update(onnx).digest('hex'),
  signature: modelJson(run, 'signature.json'),
  example: modelJson(run, 'input_example.json'),
  expected: modelJson(run, 'expected_output.json'),
}
const { signature, example } = Manifest.parse(manifest)
const { columns, data } = example.dataframe_split
const body = JSON.stringify({ dataframe_split: { columns, data: data.slice(0, 1) } })

interface Figures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Ask `count` times over `connections` at once. */
async function measure(connections: number, count: number, ask: () => Promise<unknown>): Promise<Figures> {
  const took: number[] = []
  let left = count
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left > 0) {
        left -= 1
        const from = performance.now()
        await ask()
        took.push(performance.now() - from)
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)] ?? NaN
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99) }
}

const model = await openModel(onnx, signature)
const row = parseInvocation(signature, JSON.parse(body))
const bare = () => model.predict(row)

await ensureBundles()
const secret = randomBytes(16).toString('hex')
const server = spawn(process.execPath, argumentsOf('workers/serving/main.ts'), {
  env: {
    NODE_ENV: 'production',
    PATH: process.env['PATH'],
    SERVING_PORT: '0',
    SERVING_SECRET: secret,
    DATA_DIR: dataDir,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const said = await new Promise<string>((resolve) =>
  server.stdout.once('data', (text: Buffer) => resolve(text.toString())),
)
const port = Number(/:(\d+)/.exec(said)?.[1])
const id = randomUUID()
const headers = { 'content-type': 'application/json', 'x-serving-secret': secret }
const put = await fetch(`http://127.0.0.1:${port}/revisions/${id}`, {
  method: 'PUT',
  headers,
  body: JSON.stringify(manifest),
})
if (put.status !== 200) throw new Error(await put.text())

function asker(connections: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  return () =>
    new Promise<void>((resolve, reject) => {
      const request = http.request(
        { agent, port, host: '127.0.0.1', method: 'POST', path: `/revisions/${id}/invocations`, headers },
        (response) => {
          response.resume()
          response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error('not 200'))))
        },
      )
      request.on('error', reject)
      request.end(body)
    })
}

say('One row, milliseconds; ratio and difference are of the medians.')
say('connections   bare p50   bare p99   bare/s    HTTP p50   HTTP p99   HTTP/s    ratio   added p50')
for (const connections of [1, 16, 64]) {
  const ask = asker(connections)
  await measure(connections, WARM_UP, bare)
  const alone = await measure(connections, REQUESTS, bare)
  await measure(connections, WARM_UP, ask)
  const served = await measure(connections, REQUESTS, ask)
  const cell = (value: number, width: number, digits = 3) => value.toFixed(digits).padStart(width)
  say(
    `${String(connections).padStart(11)}${cell(alone.p50, 11)}${cell(alone.p99, 11)}${cell(alone.perSecond, 9, 0)}${cell(served.p50, 12)}${cell(served.p99, 11)}${cell(served.perSecond, 9, 0)}${cell(served.p50 / alone.p50, 9, 1)}${cell(served.p50 - alone.p50, 12)}`,
  )
}
server.kill('SIGTERM')
rmSync(dataDir, { recursive: true })
process.exit(0)

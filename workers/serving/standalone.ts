/**
 * One model served by itself, from a folder, outside the portal: what the build context of a model's image runs. It speaks
 * `/invocations` and the Open Inference Protocol v2, and does not begin to listen before it reproduced its stored example.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { z } from 'zod'
import { openModel } from './model.ts'
import {
  inferAnswer,
  Manifest,
  maxAbsDiff,
  modelMetadata,
  parseCsv,
  parseInfer,
  parseInvocation,
  RequestError,
  TOLERANCE,
} from './protocol.ts'

const BODY_BYTES_MAX = 8 * 1024 * 1024
const {
  MODEL_DIR: folder,
  PORT: port,
  HOST: host,
} = z
  .object({
    MODEL_DIR: z.string().default('model'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
    HOST: z.string().default('127.0.0.1'),
  })
  .parse(process.env)

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(path.join(folder, file), 'utf8'))
const onnx = new Uint8Array(await readFile(path.join(folder, 'model.onnx')))
const { signature, example, expected } = Manifest.omit({ onnxPath: true, onnxSha256: true }).parse({
  signature: await readJson('signature.json'),
  example: await readJson('input_example.json'),
  expected: await readJson('expected_output.json'),
})
const model = await openModel(onnx, signature)
const difference = maxAbsDiff(await model.predict(parseInvocation(signature, example)), expected)
if (difference === null || difference > TOLERANCE) {
  process.stderr.write(`The model does not reproduce its stored example (difference ${String(difference)}).\n`)
  process.exit(1)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_BYTES_MAX) throw new RequestError(`A request may have ${String(BODY_BYTES_MAX)} bytes.`, 413)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('The body is not valid JSON.')
  }
}

async function answerTo(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const [pathname = ''] = (request.url ?? '').split('?')
  switch (`${request.method ?? ''} ${pathname}`) {
    case 'GET /health':
    case 'GET /ping':
    case 'GET /v2/health/live':
    case 'GET /v2/health/ready':
      return { status: 200, body: { ready: true } }
    case 'GET /v2/models/model':
      return { status: 200, body: modelMetadata('model', signature) }
    case 'POST /invocations': {
      const text = await bodyOf(request)
      const isCsv = /^text\/csv\b/i.test(request.headers['content-type'] ?? '')
      const columns = isCsv ? parseCsv(signature, text) : parseInvocation(signature, parsed(text))
      return { status: 200, body: { predictions: await model.predict(columns) } }
    }
    case 'POST /v2/models/model/infer': {
      const { id, columns } = parseInfer(signature, parsed(await bodyOf(request)))
      return { status: 200, body: inferAnswer('model', signature, id, await model.predict(columns)) }
    }
    default:
      return { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'There is no such address here.' } }
  }
}

const server = createServer((request, response) => {
  answerTo(request)
    .catch((error: unknown) =>
      error instanceof RequestError
        ? { status: error.status, body: { error_code: 'BAD_REQUEST', message: error.message } }
        : { status: 500, body: { error_code: 'INTERNAL_ERROR', message: 'The model could not answer.' } },
    )
    .then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    .catch(() => response.destroy())
})
server.listen(port, host, () => {
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  process.stdout.write(`listening on ${host}:${String(bound)}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })

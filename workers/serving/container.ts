/**
 * The program of a model's container: answers questions about the one model that its image holds. Over standard input
 * and output it needs no network, and it ends when nobody holds the other end; with PORT it listens, for a caller that
 * shows the secret.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Signature } from './protocol.ts'
import type { Model } from './model.ts'
import { ModelError, openModel } from './model.ts'
import type { WireAnswer, WireQuestion } from './wire.ts'
import { columnsOf, wireAnswerOf } from './wire.ts'

const FOLDER = '/srv/model'
const BODY_BYTES_MAX = 256 * 1024 * 1024
const { PORT: port, SERVING_SECRET: secret = '' } = process.env

async function open(): Promise<Model> {
  const onnx = new Uint8Array(await readFile(`${FOLDER}/model.onnx`))
  const signature = JSON.parse(await readFile(`${FOLDER}/signature.json`, 'utf8')) as Signature // parsed where the image was made
  return openModel(onnx, signature)
}

async function answerTo(
  model: Model,
  text: string,
): Promise<WireAnswer | { readonly refused: string } | { readonly error: string }> {
  try {
    const question = JSON.parse(text) as WireQuestion // from the model server only
    return wireAnswerOf(await model.predict(columnsOf(question)))
  } catch (error) {
    return error instanceof ModelError
      ? { refused: error.message }
      : { error: error instanceof Error ? error.message : 'unknown' }
  }
}

/** One line for each question, led by its number; the answers carry it too. */
function converse(model: Model): void {
  const parts: Buffer[] = []
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const hear = (line: string) => {
    const at = line.indexOf(' ')
    void answerTo(model, line.slice(at + 1)).then((answer) => say(`${line.slice(0, at)} ${JSON.stringify(answer)}`))
  }
  process.stdin.on('data', (piece: Buffer) => {
    let from = 0
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, from)) {
      parts.push(piece.subarray(from, at))
      hear(Buffer.concat(parts.splice(0)).toString('utf8'))
      from = at + 1
    }
    if (from < piece.length) parts.push(piece.subarray(from))
  })
  const leave = () => process.exit(0)
  process.stdin.on('end', leave).on('error', leave)
  process.stdout.on('error', leave)
  say('ready {}')
}

const digestOf = (text: string) => createHash('sha256').update(text).digest()

function listen(model: Model, at: number): void {
  const expected = digestOf(secret)
  let isStopping = false
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = request.headers['x-serving-secret']
    const isTrusted = typeof given === 'string' && timingSafeEqual(digestOf(given), expected)
    const parts: Buffer[] = []
    let size = 0
    for await (const piece of request as AsyncIterable<Buffer>) {
      size += piece.length
      if (!isTrusted || size > BODY_BYTES_MAX) break
      parts.push(piece)
    }
    const body = !isTrusted
      ? { error: 'The secret of this server is missing or wrong.' }
      : request.method === 'POST'
        ? await answerTo(model, Buffer.concat(parts).toString('utf8'))
        : { ready: !isStopping }
    const status = !isTrusted ? 401 : isStopping && request.method === 'GET' ? 503 : 200
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(isStopping || !isTrusted ? { connection: 'close' } : {}),
    })
    response.end(text)
  }
  const server = createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(at, '0.0.0.0')
  process.once('SIGTERM', () => {
    isStopping = true
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}

try {
  const model = await open()
  if (port === undefined) converse(model)
  else listen(model, Number(port))
} catch (error) {
  process.stdout.write(
    `refused ${JSON.stringify({ refused: error instanceof ModelError ? error.message : String(error) })}\n`,
  )
  process.exitCode = 1
}

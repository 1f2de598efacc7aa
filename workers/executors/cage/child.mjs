/**
 * The cage's own process: starts the interpreter in a worker thread, relays between it and the parent, watches memory.
 * It runs under Node's permission model with an empty environment, and dies with its parent.
 */
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'

// Python runs in one long loop, which cannot become faster code while it runs. V8 11 asks every 1.8 million bytes of it whether
// it should, which took half of the time of a training.
setFlagsFromString('--wasm-tiering-budget=50000000')

const CHUNK_BYTES = 1024 * 1024
const REPLY_BYTES_MAX = 32 * 1024 * 1024
const WATCH_MS = 100

/** The shared memory through which an answer reaches the waiting interpreter: [state, size of the chunk, bytes left]. */
const control = new Int32Array(new SharedArrayBuffer(12))
const chunk = new Uint8Array(new SharedArrayBuffer(CHUNK_BYTES))

let pending = null // the rest of the answer that the interpreter is reading
let expectedId = 0
let ended = false

const die = () => process.kill(process.pid, 'SIGKILL')
process.on('disconnect', die)

function tell(message, then) {
  if (!process.connected) return die()
  process.send(message, (error) => (error ? die() : then?.()))
}

/** Say how it ended, then go: the parent has the message before it sees the process leave. */
function end(message) {
  if (ended) return
  ended = true
  setTimeout(die, 1000)
  tell(message, die)
}

function handOver() {
  const part = pending.subarray(0, CHUNK_BYTES)
  pending = pending.subarray(part.length)
  chunk.set(part)
  control[1] = part.length
  control[2] = pending.length
  Atomics.store(control, 0, 1)
  Atomics.notify(control, 0)
}

/** An answer is one JSON line (status, headers or an error), then the body. */
function answer(head, body) {
  const line = Buffer.from(JSON.stringify(head) + '\n')
  pending = Buffer.concat([line, body])
  handOver()
}

function onReply(message) {
  if (message.id !== expectedId) return
  expectedId = 0
  const body = Buffer.from(message.base64 ?? '', 'base64')
  if (message.error !== undefined) answer({ error: message.error }, Buffer.alloc(0))
  else if (body.length > REPLY_BYTES_MAX) answer({ error: 'The answer was too big for the cage.' }, Buffer.alloc(0))
  else answer({ status: message.status, headers: message.headers }, body)
}

function start(order) {
  const files = order.files.map((file) => ({
    path: file.path,
    bytes: new Uint8Array(Buffer.from(file.base64, 'base64')),
  }))
  const worker = new Worker(new URL('interpreter.mjs', import.meta.url), {
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
    trackUnmanagedFds: true,
    workerData: {
      pyodideUrl: order.pyodideUrl,
      snapshotPath: order.snapshotPath,
      files,
      entry: order.entry,
      outputBytesMax: order.outputBytesMax,
      control,
      chunk,
    },
  })
  worker.stdout.resume()
  worker.stderr.resume()
  worker.on('message', (message) => {
    if (message.t === 'more') return pending === null ? undefined : handOver()
    if (message.t === 'end') return end(message)
    if (message.t === 'track') {
      expectedId = message.id
      const base64 = message.body === null ? null : Buffer.from(message.body).toString('base64')
      return tell({
        t: 'track',
        id: message.id,
        method: message.method,
        path: message.path,
        headers: message.headers,
        base64,
      })
    }
    tell(message)
  })
  worker.on('error', (error) => {
    const memory = error?.code === 'ERR_WORKER_OUT_OF_MEMORY'
    end({
      t: 'end',
      state: 'failed',
      reason: memory ? 'out_of_memory' : 'crashed',
      message: memory
        ? 'The program used up its memory.'
        : 'The interpreter stopped: ' + String(error?.message ?? error).slice(0, 300),
    })
  })
  worker.on('exit', () =>
    end({ t: 'end', state: 'failed', reason: 'crashed', message: 'The interpreter stopped by itself.' }),
  )

  let ticks = 0
  setInterval(() => {
    const rssMb = Math.round(process.memoryUsage.rss() / 1048576)
    ticks += 1
    if (ticks % (1000 / WATCH_MS) === 0) {
      const { user, system } = process.cpuUsage()
      tell({ t: 'usage', memoryMb: rssMb, cpuSeconds: (user + system) / 1e6 })
    }
    if (rssMb <= order.memoryMbMax) return
    end({
      t: 'end',
      state: 'failed',
      reason: 'out_of_memory',
      message: `The program used ${rssMb} MB; ${order.memoryMbMax} MB are allowed.`,
    })
  }, WATCH_MS)
}

process.on('message', (message) => {
  if (message.t === 'start') start(message)
  else if (message.t === 'reply') onReply(message)
})
tell({ t: 'ready' })

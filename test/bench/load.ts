import http from 'node:http'
import https from 'node:https'
import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'

/** A tracking server under load: ours, or any that speaks MLflow's protocol. */
export interface Target {
  readonly name: string
  readonly url: string
  /** Null for a server without authentication. */
  readonly token: string | null
}

export interface Sender {
  send(method: 'GET' | 'POST', path: string, body?: string): Promise<{ readonly status: number; readonly text: string }>
  /** Put a file behind the proxy for artifacts. @returns the status */
  upload(place: string, content: Readable, sizeBytes: number): Promise<number>
  close(): void
}

const SOCKETS = 32
const TURNS_MIN = 3

/** A client with as little of its own as Node allows, because it shares the machine with what it measures. */
export function senderTo(target: Target): Sender {
  const base = new URL(target.url)
  const { Agent, request } = base.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS, noDelay: true })
  const root = base.pathname.replace(/\/$/, '')
  const headers = {
    'content-type': 'application/json',
    ...(target.token === null ? {} : { authorization: `Bearer ${target.token}` }),
  }
  return {
    send: (method, path, body = '') =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            agent,
            host: base.hostname,
            port: base.port,
            path: `${root}/api/2.0/mlflow/${path}`,
            method,
            headers: method === 'GET' ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
          },
          (answer) => {
            const pieces: Buffer[] = []
            answer.on('data', (piece: Buffer) => pieces.push(piece))
            answer.on('end', () => {
              resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') })
            })
            answer.on('error', reject)
          },
        )
        sent.on('error', reject)
        sent.end(method === 'GET' ? undefined : body)
      }),
    upload: (place, content, sizeBytes) =>
      new Promise((resolve, reject) => {
        const sent = request(
          {
            agent,
            host: base.hostname,
            port: base.port,
            path: `${root}/api/2.0/mlflow-artifacts/artifacts/${place}`,
            method: 'PUT',
            headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': sizeBytes },
          },
          (answer) => {
            answer.resume()
            answer.on('end', () => resolve(answer.statusCode ?? 0))
            answer.on('error', reject)
          },
        )
        sent.on('error', reject)
        content.pipe(sent)
      }),
    close: () => {
      agent.destroy()
    },
  }
}

export interface Measured {
  /** Of each request that counts, in milliseconds. */
  readonly latencies: readonly number[]
  readonly seconds: number
  readonly errors: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Keep `clients` busy with one request each for a while. The first fifth is to get warm, and not counted. */
export async function measure(
  clients: number,
  seconds: number,
  once: (client: number, turn: number) => Promise<boolean>,
): Promise<Measured> {
  const warmUntil = performance.now() + seconds * 200
  const until = warmUntil + seconds * 1000
  const latencies: number[] = []
  let errors = 0
  const busy = async (client: number) => {
    // A request that takes longer than all the time there is counts once.
    for (let turn = 0; performance.now() < until || (latencies.length === 0 && turn < TURNS_MIN); turn += 1) {
      const startedAt = performance.now()
      const isRight = await once(client, turn).catch(() => false)
      if (!isRight) errors += 1
      if (startedAt >= warmUntil) latencies.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => busy(client)))
  return summary({ latencies, seconds: Math.max(seconds, (performance.now() - warmUntil) / 1000), errors })
}

/** What was measured in turns, as one. */
export function together(first: Measured, second: Measured): Measured {
  return summary({
    latencies: [...first.latencies, ...second.latencies],
    seconds: first.seconds + second.seconds,
    errors: first.errors + second.errors,
  })
}

function summary(measured: Pick<Measured, 'latencies' | 'seconds' | 'errors'>): Measured {
  const latencies = [...measured.latencies].sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    ...measured,
    perSecond: latencies.length / measured.seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  }
}

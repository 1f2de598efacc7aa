import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'

/** A tracking server under load: ours, or any that speaks MLflow's protocol. */
export interface Target {
  readonly name: string
  readonly url: string
  /** Null for a server without authentication. */
  readonly token: string | null
}

export interface Sender {
  send(method: 'GET' | 'POST', path: string, body?: string): Promise<{ readonly status: number; readonly text: string }>
  close(): void
}

const SOCKETS = 32

/** A client with as little of its own as Node allows, because it shares the machine with what it measures. */
export function senderTo(target: Target): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS, noDelay: true })
  const base = new URL(target.url)
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
            path: `${base.pathname.replace(/\/$/, '')}/api/2.0/mlflow/${path}`,
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
    close: () => {
      agent.destroy()
    },
  }
}

export interface Measured {
  readonly requests: number
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
    for (let turn = 0; performance.now() < until; turn += 1) {
      const startedAt = performance.now()
      const isRight = await once(client, turn).catch(() => false)
      if (!isRight) errors += 1
      if (startedAt >= warmUntil) latencies.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => busy(client)))
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  return {
    requests: latencies.length,
    errors,
    perSecond: latencies.length / seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  }
}

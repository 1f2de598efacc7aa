import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openBaselineTables } from '#test/support/plain-sql.ts'
import type { Target } from './load.ts'

/**
 * A fixed, simple server of the same calls, to measure against in the same minute: one statement for each point, one row
 * for each point, durable commits. It is never made faster; the ratio to it tells whether we became slower.
 */
export async function startBaseline(ownerUrl: string): Promise<{ readonly target: Target; close(): Promise<void> }> {
  const tables = await openBaselineTables(ownerUrl)
  const server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  async function answer(request: IncomingMessage): Promise<unknown> {
    const body = await jsonOf(request)
    if (request.url?.endsWith('/runs/create') === true)
      return { run: { info: { run_id: randomBytes(16).toString('hex') } } }
    const list: readonly unknown[] = 'metrics' in body && Array.isArray(body.metrics) ? body.metrics : [body]
    await tables.insert('run_id' in body ? String(body.run_id) : '', list.map(pointOf))
    return {}
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listens on a port, so it is no pipe
  return {
    target: { name: 'baseline', url: `http://127.0.0.1:${String(port)}`, token: null },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await tables.close()
    },
  }
}

async function jsonOf(request: IncomingMessage): Promise<object> {
  const pieces: Buffer[] = []
  for await (const piece of request) if (piece instanceof Buffer) pieces.push(piece)
  const read: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8') || '{}')
  return typeof read === 'object' && read !== null ? read : {}
}

function pointOf(metric: unknown) {
  const field = (name: string): unknown =>
    typeof metric === 'object' && metric !== null
      ? Object.entries(metric).find(([key]) => key === name)?.[1]
      : undefined
  return {
    key: String(field('key')),
    step: Number(field('step')),
    timestamp: Number(field('timestamp')),
    value: Number(field('value')),
  }
}

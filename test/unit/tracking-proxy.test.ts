import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '#db/postgres.server.ts'
import type { TrackingRequest } from '#workers/executors/executor.ts'
import { trackingProxy } from '#workers/tracking-proxy.ts'

const REQUEST: TrackingRequest = {
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-batch',
  headers: {},
  body: new TextEncoder().encode('{}'),
}

test('a call waits for a portal that is being started again, and for its database', async () => {
  const port = await freePort()
  const called = trackingProxy(`http://127.0.0.1:${String(port)}`, 'thr_x')(REQUEST)
  await sleep(300)
  let answers = 0
  const server = createServer((_request, response) => {
    answers += 1
    response.writeHead(answers === 1 ? 503 : 200).end('{}')
  })
  server.listen(port, '127.0.0.1')
  expect(await called).toMatchObject({ status: 200 })
  expect(answers).toBe(2)
  server.close()
})

test('what may have been done is not sent a second time', async () => {
  let calls = 0
  const server = createServer((request) => {
    calls += 1
    request.socket.destroy()
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await expect(trackingProxy(`http://127.0.0.1:${String(port)}`, 'thr_x')(REQUEST)).rejects.toThrow()
  expect(calls).toBe(1)
  server.close()
})

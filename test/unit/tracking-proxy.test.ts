import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freePort } from '#db/postgres.server.ts'
import type { TrackingRequest } from '#workers/executors/executor.ts'
import { trackingProxy, watchedTracking } from '#workers/tracking-proxy.ts'

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

/** A portal that is killed while it answers for the first time, and the calls it got. */
async function aKilledPortal() {
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    if (calls === 1) request.socket.destroy()
    else if (calls === 2) response.writeHead(200, { 'content-length': 9 }).write('{', () => request.socket.destroy())
    else response.writeHead(200).end('{}')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { track: trackingProxy(`http://127.0.0.1:${String(port)}`, 'thr_x'), calls: () => calls, server }
}

test.each([
  ['POST', '/api/2.0/mlflow/runs/log-batch'],
  ['POST', '/api/2.0/mlflow/runs/update'],
  ['PUT', '/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/model/model.onnx'],
  ['GET', '/api/2.0/mlflow/experiments/get-by-name?experiment_name=x'],
] as const)('%s %s may be done twice and outlives a portal that is killed while it answers', async (method, path) => {
  const { track, calls, server } = await aKilledPortal()
  expect(await track({ ...REQUEST, method, path, body: method === 'GET' ? null : REQUEST.body })).toMatchObject({
    status: 200,
  })
  expect(calls()).toBe(3)
  server.close()
})

test('what may have been done, and may not be done twice, is not sent a second time', async () => {
  for (const path of ['/api/2.0/mlflow/runs/create', '/api/2.0/mlflow/experiments/update']) {
    const { track, calls, server } = await aKilledPortal()
    await expect(track({ ...REQUEST, path })).rejects.toThrow()
    expect(calls()).toBe(1)
    server.close()
  }
})

test('a call that broke off, or found the database away, is lost; one that was wrong is not', async () => {
  const { track, server } = await aKilledPortal()
  const broken = watchedTracking(track)
  await expect(broken.track({ ...REQUEST, path: '/api/2.0/mlflow/runs/create' })).rejects.toThrow()
  expect(broken.wasLost()).toBe(true)
  server.close()

  const answering = createServer((_request, response) => response.writeHead(400).end('{}'))
  const port = await freePort()
  await new Promise<void>((resolve) => answering.listen(port, '127.0.0.1', resolve))
  const wrong = watchedTracking(trackingProxy(`http://127.0.0.1:${String(port)}`, 'thr_x'))
  expect(await wrong.track(REQUEST)).toMatchObject({ status: 400 })
  await expect(wrong.track({ ...REQUEST, method: 'GET' })).rejects.toThrow(/body/)
  await expect(wrong.track({ ...REQUEST, path: '/somewhere/else' })).rejects.toThrow(/Only the tracking API/)
  expect(wrong.wasLost()).toBe(false)
  answering.close()
})

import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { registerApiDoors } from '#app/api/doors.ts'
import { issueToken } from '#app/commands/tokens.ts'
import type { TokenScope } from '#app/domain/actor.ts'
import { answerFault, httpGuards, isTokenDoor } from '#app/server/http-guard.server.ts'
import type { GuardEnv } from '#app/server/http-guard.server.ts'
import { createSessions } from '#app/server/session.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { test as base } from './database.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { aFirm, anEngagement, as, openPools } from './factories.ts'

const MLFLOW = '/api/2.0/mlflow'
export const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts'

export const METRICS_TOKEN = 'a-token-for-the-tests-only'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  /** The body as JSON; null when it is none. */
  // Answers of the wire are looked into field by field; a test that is wrong about their shape fails.
  readonly body: Wire
  readonly text: string
}

/** Any JSON, as deep as it is looked into. */
export type Wire = { readonly [key: string]: Wire } & { readonly [index: number]: Wire } & {
  readonly length: number
  map<T>(change: (item: Wire) => T): T[]
}

/** The doors of the web process on a port of their own, over a test's database and a folder of its own. */
export interface TestServer {
  readonly origin: string
  readonly blobs: Blobs
  readonly dataDir: string
  fetch(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** @param given where artifacts are kept; a folder of its own without it */
export async function startServer(pools: Pools, given?: Blobs): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
  const app = new Hono<GuardEnv>()
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listens on a port, so it is no pipe
  const origin = `http://127.0.0.1:${String(port)}`
  const blobs = given ?? diskBlobs(dataDir)
  for (const guard of httpGuards({ port, publicOrigin: origin, allowedHosts: [] })) app.use(guard)
  app.onError(answerFault)
  registerApiDoors(app, {
    database: pools.web,
    sessions: createSessions(pools.web, { isSecure: false }),
    publicOrigin: origin,
    dataDir,
    serving: { url: 'http://127.0.0.1:9', secret: 'none' },
    servingEngines: ['onnx'],
    mailDelivery: 'outbox',
    metricsToken: METRICS_TOKEN,
    blobs,
    publicDatasets: () => [],
    limits: { ensureAllowed: () => Promise.resolve(), recordFailure: () => Promise.resolve() },
  })
  app.all('*', (c) =>
    isTokenDoor(c.req.path)
      ? c.json({ error_code: 'ENDPOINT_NOT_FOUND', message: 'There is no such endpoint.' }, 404)
      : c.text('a page', 200),
  )
  return {
    origin,
    blobs,
    dataDir,
    fetch: (place, init) => fetch(`${origin}${place}`, { redirect: 'manual', ...init }),
    async close() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function answered(response: Response): Promise<Answered> {
  const text = await response.text()
  let body: unknown = null
  try {
    body = JSON.parse(text)
  } catch {
    // Not JSON: `text` has it.
  }
  return { status: response.status, headers: response.headers, text, body: body as Wire } // as Wire says
}

/** A client of the tracking API with one token. */
export interface Client {
  readonly token: string
  get(name: string, query?: Readonly<Record<string, string | readonly string[]>>): Promise<Answered>
  post(name: string, body: unknown): Promise<Answered>
  send(method: string, name: string, body: unknown): Promise<Answered>
  /** Any path, with the token. */
  raw(path: string, init?: RequestInit): Promise<Answered>
  put(place: string, content: string | Uint8Array<ArrayBuffer>): Promise<Answered>
}

export function clientOf(server: TestServer, token: string): Client {
  const authorization = `Bearer ${token}`
  const raw = async (place: string, init: RequestInit = {}) =>
    answered(await server.fetch(place, { ...init, headers: { authorization, ...init.headers } }))
  const send = (method: string, name: string, body: unknown) =>
    raw(`${MLFLOW}/${name}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return {
    token,
    raw,
    send,
    get(name, query = {}) {
      const search = new URLSearchParams(
        Object.entries(query).flatMap(([key, value]) =>
          [value].flat().map((one): [string, string] => [key, String(one)]),
        ),
      )
      return raw(`${MLFLOW}/${name}?${search.toString()}`)
    },
    post: (name, body) => send('POST', name, body),
    put: (place, content) => raw(`${ARTIFACTS}/${place}`, { method: 'PUT', body: content }),
  }
}

export async function aToken(
  pools: Pools,
  fixture: EngagementFixture,
  scopes: readonly TokenScope[] = ['track'],
): Promise<string> {
  const now = new Date()
  const { engagementId } = fixture
  const { token } = await issueToken(as(pools, fixture.lead, now), { engagementId, name: 'a test', scopes })
  return token
}

/** `test` with the doors open, two engagements, and a client of each. */
export const test = base.extend<{
  pools: Pools
  fixture: EngagementFixture
  other: EngagementFixture
  server: TestServer
  client: Client
  stranger: Client
}>({
  pools: async ({ database }, use) => {
    const pools = openPools(database)
    await use(pools)
    await pools.close()
  },
  fixture: async ({ pools }, use) => {
    const { lead } = await aFirm(pools)
    await use(await anEngagement(pools, lead))
  },
  other: async ({ pools, fixture }, use) => {
    await use(await anEngagement(pools, fixture.lead, 'Other Mills'))
  },
  server: async ({ pools }, use) => {
    const server = await startServer(pools)
    await use(server)
    await server.close()
  },
  client: async ({ server, pools, fixture }, use) => {
    await use(clientOf(server, await aToken(pools, fixture)))
  },
  stranger: async ({ server, pools, other }, use) => {
    await use(clientOf(server, await aToken(pools, other)))
  },
})

/** A new run in the default experiment. @returns its id */
export async function aRun(client: Client, body: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { body: answer } = await client.post('runs/create', {
    experiment_id: '0',
    start_time: 1_700_000_000_000,
    ...body,
  })
  return String(answer.run?.info?.run_id)
}

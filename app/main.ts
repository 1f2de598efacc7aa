/** The web process: the guards, the API, then the pages. Everything that the others are given is made here. */
import { Server } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { createRequestHandler, type ServerBuild } from '@remix-run/server-runtime'
import { Hono, type Context } from 'hono'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { registerApiDoors } from '#app/api/doors.ts'
import { AppError } from '#app/domain/errors.ts'
import { readWebConfig } from '#app/server/config.server.ts'
import { requestContext, type SignInLimits, type WebDeps } from '#app/server/context.server.ts'
import {
  answerFault,
  httpGuards,
  isTokenDoor,
  isUpload,
  logError,
  TOKEN_DOORS,
  type GuardEnv,
} from '#app/server/http-guard.server.ts'
import { databaseAway } from '#app/server/database-away.ts'
import { guardRoutes } from '#app/server/route-guard.server.ts'
import { createSessions } from '#app/server/session.server.ts'
import { openBlobs } from '#db/blob-store.server.ts'
import { isLostWrite, openDatabase } from '#db/client.server.ts'
import { DATABASE_RETURNED } from '#db/database-returned.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { exitWithParent } from '#db/exit-with-parent.ts'

const HEADER_MS_MAX = 10_000
const FORM_MS_MAX = 60_000
const UPLOAD_MS_MAX = 15 * 60_000
const DRAIN_MS_MAX = 10_000
const HEALTH_MS_MAX = 2_000
const HEADER_BYTES_MAX = 16 * 1024

exitWithParent()
const config = readWebConfig()
const database = openDatabase(config.databaseUrl, { connectionsMax: config.connectionsMax, name: 'throughline web' })
const deps: WebDeps = {
  database,
  sessions: createSessions(database, { isSecure: config.publicOrigin.startsWith('https:') }),
  publicOrigin: config.publicOrigin,
  dataDir: config.dataDir,
  blobs: await openBlobs(config.dataDir, config),
  metricsToken: config.metricsToken,
  publicDatasets: () =>
    demoDatasets().map((dataset) => ({
      ...dataset,
      binaryTarget: dataset.profile.positives === undefined ? '' : dataset.target,
    })),
  serving: config.serving,
  servingEngines: config.servingEngines,
  mailDelivery: config.mailDelivery,
  limits: signInLimits(),
}
let isStopping = false

const app = new Hono<GuardEnv>()
for (const guard of httpGuards(config)) app.use(guard)
app.onError(answerFault)
app.get('/health', health)
registerApiDoors(app, deps)
refuseUnknownEndpoints(app)
serveAssets(app)
servePages(app, await loadBuild())
const server = listen()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
process.on('message', (said) => {
  if (said === DATABASE_RETURNED) renew()
})
process.on('unhandledRejection', (error) => logError(error, 'unhandled rejection'))
process.on('uncaughtException', (error) => {
  logError(error, 'uncaught exception')
  if (isLostWrite(error)) renew()
  else process.exit(1)
})

function renew(): void {
  database.renew().catch((error: unknown) => logError(error, 'new connections'))
}

/** Ready for requests: the database answers, and we are not about to leave. */
async function health(c: Context<GuardEnv>): Promise<Response> {
  if (isStopping) return c.json({ status: 'stopping' }, 503)
  const answers = await Promise.race([
    database.answers().then(
      () => true,
      () => false,
    ),
    sleep(HEALTH_MS_MAX, false, { ref: false }),
  ])
  return answers ? c.json({ status: 'ok' }) : c.json({ status: 'database does not answer' }, 503)
}

/** Nothing under a token door ever reaches the pages: there a cookie would count. */
function refuseUnknownEndpoints(to: Hono<GuardEnv>): void {
  for (const door of TOKEN_DOORS) {
    to.all(`${door}*`, (c) => c.json({ error_code: 'ENDPOINT_NOT_FOUND', message: 'There is no such endpoint.' }, 404))
  }
}

/** What the build wrote for browsers, and `public/`, which it copied there. Names under /assets/ carry a digest. */
function serveAssets(to: Hono<GuardEnv>): void {
  to.use('/assets/*', async (c, next) => {
    await next()
    if (c.res.ok) c.res.headers.set('cache-control', 'public, max-age=31536000, immutable')
  })
  to.use('*', serveStatic({ root: fromRoot('build/client'), precompressed: true }))
  to.all('/assets/*', (c) => c.text('There is no such file.', 404))
}

async function loadBuild(): Promise<ServerBuild> {
  const file = new URL('../build/server/index.js', import.meta.url)
  // The module that `remix vite:build` wrote.
  return (await import(file.href)) as ServerBuild
}

function servePages(to: Hono<GuardEnv>, build: ServerBuild): void {
  const handle = createRequestHandler(guardRoutes(build), 'production')
  to.all('*', async (c) => {
    const portal = requestContext(deps, {
      request: c.req.raw,
      nonce: c.get('nonce'),
      requestId: c.get('requestId'),
      peer: peerOf(c),
    })
    const answer = await handle(c.req.raw, { portal })
    for (const cookie of portal.headers.getSetCookie()) answer.headers.append('set-cookie', cookie)
    // Of what its parts threw a document keeps the status only.
    const retryAfter = answer.status === 503 ? databaseAway().headers.get('retry-after') : null
    if (retryAfter !== null) answer.headers.set('retry-after', retryAfter)
    return answer
  })
}

function peerOf(c: Context<GuardEnv>): string {
  const direct = c.env.incoming.socket.remoteAddress ?? 'unknown'
  // The proxy adds the address it saw at the end; whatever is before it was said by the client.
  const forwarded = config.isBehindProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined
  return forwarded || direct
}

function signInLimits(): SignInLimits {
  const failures = new RateLimiterMemory({ points: 10, duration: 15 * 60 })
  return {
    async ensureAllowed(keys) {
      for (const key of keys) {
        const counted = await failures.get(key)
        if (counted !== null && counted.remainingPoints <= 0) {
          const minutes = Math.ceil(counted.msBeforeNext / 60_000)
          throw new AppError('limited', `Too many failed attempts. Try again in ${minutes} min.`)
        }
      }
    },
    async recordFailure(keys) {
      for (const key of keys) {
        await failures.consume(key).catch((full: unknown) => {
          if (!(full instanceof RateLimiterRes)) throw full
        })
      }
    },
  }
}

function listen(): Server {
  const serverOptions = {
    headersTimeout: HEADER_MS_MAX,
    requestTimeout: 0, // by the door, below
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 2_000,
  }
  const made = createAdaptorServer({ fetch: app.fetch, serverOptions })
  if (!(made instanceof Server)) throw new Error('The server is not one of HTTP/1.')
  made.on('request', (incoming) => {
    const path = (incoming.url ?? '').split('?')[0] ?? ''
    const limit = isTokenDoor(path) || isUpload(path) ? UPLOAD_MS_MAX : FORM_MS_MAX
    const timer = setTimeout(() => incoming.complete || incoming.destroy(), limit)
    incoming.once('close', () => clearTimeout(timer))
  })
  made.on('error', (error) => {
    logError(error, 'listen')
    process.exit(1)
  })
  made.listen(config.port, config.host, () => process.stdout.write(`listening on ${config.host} port ${config.port}\n`))
  return made
}

/** Take nothing new, finish what was begun, and leave. */
async function stop(): Promise<void> {
  isStopping = true
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const idle = setInterval(() => server.closeIdleConnections(), 100)
  await Promise.race([closed, sleep(DRAIN_MS_MAX)])
  clearInterval(idle)
  server.closeAllConnections()
  await database.close()
  process.exit(0)
}

function fromRoot(name: string): string {
  return path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', name)
}

import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  answerFault,
  describeError,
  httpGuards,
  loggedPath,
  type GuardEnv,
  type GuardOptions,
} from '#app/server/http-guard.server.ts'

const OPTIONS: GuardOptions = {
  port: 3000,
  publicOrigin: 'https://portal.example.org',
  allowedHosts: ['intranet:8080'],
}
const OWN = 'https://portal.example.org'

let writes = 0
let logged = ''
beforeEach(() => {
  writes = 0
  logged = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    logged += String(text)
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

function portal(options: Partial<GuardOptions> = {}) {
  const app = new Hono<GuardEnv>()
  for (const guard of httpGuards({ ...OPTIONS, ...options })) app.use(guard)
  app.onError(answerFault)
  app.get('/page', (c) => c.html(`<script nonce="${c.get('nonce')}"></script>`))
  app.get('/fault', () => {
    throw new Error('the secret reason')
  })
  app.get('/calendars/:file', () => {
    throw new Error('the database is away')
  })
  app.get('/elsewhere', () => Response.redirect('https://portal.example.org/page'))
  app.get('/artifact', (c) =>
    c.body('bytes', 200, { 'content-security-policy': 'sandbox', 'cache-control': 'private' }),
  )
  app.all('*', async (c) => {
    const body = await c.req.raw.text()
    writes += 1
    return c.text(String(body.length))
  })
  return app
}

function ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}, app = portal()) {
  return app.request(path, { ...init, headers: { host: 'portal.example.org', ...init.headers } })
}

const post = (headers: Record<string, string>, path = '/sign-off') =>
  ask(path, { method: 'POST', headers, body: 'a=b' })

describe('forgery', () => {
  test.each<[string, Record<string, string>]>([
    ['no headers', {}],
    ['a cookie alone', { cookie: 'session=stolen' }],
    ['Origin: null', { origin: 'null' }],
    ['Origin: null that claims to be same-origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['a subdomain', { origin: 'https://evil.portal.example.org' }],
    ['the parent domain', { origin: 'https://example.org' }],
    ['the same host over http', { origin: 'http://portal.example.org' }],
    ['the same host, another port', { origin: 'https://portal.example.org:8443' }],
    ['this machine, another port', { origin: 'http://127.0.0.1:3001' }],
    ['a name that begins like ours', { origin: 'https://portal.example.org.evil.example' }],
    ['cross-site', { 'sec-fetch-site': 'cross-site', origin: OWN }],
    ['same-site', { 'sec-fetch-site': 'same-site', origin: OWN }],
    ['a bookmark', { 'sec-fetch-site': 'none' }],
    ['an unknown relation', { 'sec-fetch-site': 'same-origin, same-origin' }],
    ['a foreign referer', { referer: 'https://evil.example/portal.example.org' }],
    ['a referer that is no URL', { referer: 'portal.example.org' }],
    ['a foreign origin with our referer', { origin: 'https://evil.example', referer: `${OWN}/page` }],
  ])('refuses %s, and nothing happens', async (_, headers) => {
    const answer = await post(headers)
    expect(answer.status).toBe(403)
    expect(writes).toBe(0)
  })

  test.each<[string, Record<string, string>]>([
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: OWN }],
    ['our public origin, from an older browser', { origin: OWN }],
    ['our referer, from an older browser', { referer: `${OWN}/engagements/1` }],
    ['this machine', { origin: 'http://localhost:3000' }],
    ['another allowed host', { origin: 'https://intranet:8080' }],
  ])('lets %s through', async (_, headers) => {
    expect((await post(headers)).status).toBe(200)
    expect(writes).toBe(1)
  })

  test.each(['PUT', 'PATCH', 'DELETE', 'post', 'PURGE'])('guards %s', async (method) => {
    expect((await ask('/sign-off', { method })).status).toBe(403)
  })

  test.each(['/api/2.0/mlflow/runs/create', '/endpoints/x/invocations', '/v2/models/x/infer'])(
    'leaves %s to its token',
    async (path) => expect((await post({}, path)).status).toBe(200),
  )

  test.each(['/api', '//api/x', '/API/x', '/x/api/', '/api/../sign-off', '/api/%2e%2e/sign-off', '/apis/'])(
    'takes %s for a page',
    async (path) => {
      const answer = await portal().request(`http://localhost:3000${path}`, { method: 'POST' })
      expect(answer.status).toBe(403)
    },
  )
})

describe('host', () => {
  test.each([
    'portal.example.org',
    'Portal.Example.org',
    'localhost:3000',
    '127.0.0.1:3000',
    '[::1]:3000',
    'intranet:8080',
  ])('answers to %s', async (host) => expect((await ask('/page', { headers: { host } })).status).toBe(200))

  test.each([
    'evil.example',
    'portal.example.org:3000',
    'localhost',
    'localhost:3001',
    'x.portal.example.org',
    '10.0.0.1:3000',
    '',
  ])('does not answer to “%s”', async (host) => {
    const answer = await ask('/page', { headers: { host } })
    expect(answer.status).toBe(421)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('does not read the host from what a proxy may have been told', async () => {
    const answer = await ask('/page', { headers: { host: 'evil.example', 'x-forwarded-host': 'portal.example.org' } })
    expect(answer.status).toBe(421)
  })
})

describe('headers', () => {
  test.each(['/page', '/fault', '/elsewhere', '/unknown'])('are on the answer of %s', async (path) => {
    const { headers } = await ask(path)
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{12}$/)
  })

  test('carry a nonce of 128 bits, new for each answer, that the page knows', async () => {
    const [first, second] = await Promise.all([ask('/page'), ask('/page')])
    const nonceOf = (answer: Response) =>
      /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]
    expect(Buffer.from(nonceOf(first) ?? '', 'base64')).toHaveLength(16)
    expect(nonceOf(first)).not.toBe(nonceOf(second))
    expect(await first.text()).toContain(`nonce="${nonceOf(first)}"`)
  })

  test('promise https only where there is https', async () => {
    expect((await ask('/page')).headers.get('strict-transport-security')).toMatch(/max-age=31536000/)
    const local = portal({ publicOrigin: 'http://127.0.0.1:3000' })
    const answer = await ask('/page', { headers: { host: '127.0.0.1:3000' } }, local)
    expect(answer.headers.has('strict-transport-security')).toBe(false)
  })

  test('leave a door its own rules for its bytes', async () => {
    const { headers } = await ask('/artifact')
    expect(headers.get('content-security-policy')).toBe('sandbox')
    expect(headers.get('cache-control')).toBe('private')
  })
})

describe('size', () => {
  const own = { 'sec-fetch-site': 'same-origin' }
  const streamOf = (size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < size; sent += 1024) controller.enqueue(new Uint8Array(Math.min(1024, size - sent)))
        controller.close()
      },
    })
  const stream = (size: number, path = '/form') => {
    const init: RequestInit & { duplex: 'half'; headers: Record<string, string> } = {
      ...{ method: 'POST', headers: own, body: streamOf(size), duplex: 'half' },
    }
    return ask(path, init)
  }

  test('takes a form of 256 KB, and not a byte more, by its length', async () => {
    const sized = (length: number) =>
      ask('/form', { method: 'POST', headers: { ...own, 'content-length': String(length) }, body: 'x' })
    expect((await sized(262_144)).status).toBe(200)
    expect((await sized(262_145)).status).toBe(413)
    expect((await sized(NaN)).status).toBe(413)
  })

  test('takes a form of 256 KB, and not a byte more, while it streams', async () => {
    expect(await (await stream(262_144)).text()).toBe('262144')
    expect((await stream(262_145)).status).toBe(413)
    expect(writes).toBe(1)
    expect(logged).toBe('')
  })

  test('leaves the token doors their own limits', async () => {
    expect(await (await stream(300_000, '/api/upload')).text()).toBe('300000')
  })
})

describe('faults', () => {
  test('are answered without their reason', async () => {
    const answer = await ask('/fault')
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret')
    expect(logged).toContain('GET /fault')
    expect(logged).toContain('the secret reason')
  })

  test('are logged without the secret of an address that lets its holder in', async () => {
    await ask('/calendars/0123456789abcdefghijklmnopqrstu.ics')
    expect(logged).toContain('GET /calendars/… ')
    expect(logged).not.toContain('0123456789')
    expect(loggedPath('/links/0123456789.data')).toBe('/links/…')
    expect(loggedPath('/engagements/links/1')).toBe('/engagements/links/1')
  })

  test('are described without the values of a statement', () => {
    const error = new Error('Failed query: select $1\nparams: ada@example.org,hunter2', { cause: new Error('timeout') })
    expect(describeError(error)).toContain('select $1')
    expect(describeError(error)).toContain('caused by Error: timeout')
    expect(describeError(error)).not.toContain('hunter2')
  })
})

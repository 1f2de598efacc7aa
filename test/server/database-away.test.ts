import type { LoaderFunction, ServerBuild } from '@remix-run/server-runtime'
import { describe, expect, test } from 'vitest'
import { loader as root } from '#app/root.tsx'
import { requestContext } from '#app/server/context.server.ts'
import { guardRoutes } from '#app/server/route-guard.server.ts'
import { isDatabaseAway, openDatabase } from '#db/client.server.ts'
import { freePort } from '#db/postgres.server.ts'
import { newId } from '#db/new-id.ts'
import type { Database } from '#db/types.ts'
import { ORIGIN } from '#test/support/factories.ts'
import { allRoutes } from '#test/support/guarded-routes.ts'
import { depsOver } from '#test/support/web.ts'

/** Where no database listens, as its client says it; at once, for the client itself waits longer from time to time. */
async function noDatabase(): Promise<Database> {
  const url = `postgres://nobody:x@127.0.0.1:${String(await freePort())}/nothing`
  const real = openDatabase(url, { connectionsMax: 1, name: 'test' })
  const fault: unknown = await real.as({}, () => Promise.resolve()).catch((error: unknown) => error)
  await real.close()
  const refuse = () => Promise.reject(fault instanceof Error ? fault : new Error('There is a database.'))
  return { ...real, as: refuse, call: refuse }
}

/** What a signed-in person's browser is answered there. */
async function aWebWithoutDatabase() {
  const deps = depsOver(await noDatabase())
  const cookie = `throughline=${'a'.repeat(40)}`
  const ask = async (door: LoaderFunction, method: 'GET' | 'POST') => {
    const body = method === 'POST' ? { body: new URLSearchParams({ name: 'x' }) } : {}
    const request = new Request(`${ORIGIN}/x`, { method, headers: { cookie }, ...body })
    const portal = requestContext(deps, { request, nonce: '', requestId: '', peer: '' })
    try {
      await door({ request, params: { engagementId: newId() }, context: { portal } })
      return null
    } catch (error) {
      if (error instanceof Response) return `${String(error.status)} ${error.headers.get('retry-after') ?? ''}`
      return String(error)
    }
  }
  return { ask }
}

describe('while the database is away', () => {
  test('every page and form says so, and none that it is broken', async () => {
    const { ask } = await aWebWithoutDatabase()
    const routes = (await allRoutes()).filter((route) => !route.isPublic)
    expect(routes.length).toBeGreaterThan(100)
    const faults: string[] = []
    for (const { path, loader, action } of routes) {
      const said = [...(loader ? [await ask(loader, 'GET')] : []), await ask(action, 'POST')]
      if (said.some((answer) => answer !== '503 5')) faults.push(`${path}: ${said.join(', ')}`)
    }
    expect(faults).toEqual([])
    // What stands around every page asks who is there, too. Only what the guard looks at is there.
    const build = { routes: { root: { id: 'root', module: { loader: root } } } } as unknown as ServerBuild
    const around = guardRoutes(build).routes['root']?.module.loader
    expect(around && (await ask(around, 'GET'))).toBe('503 5')
  })

  test('is known by what PostgreSQL, its client and the system call it, however deep it is wrapped', () => {
    const of = (code: string) => new Error('Failed query', { cause: Object.assign(new Error('x'), { code }) })
    for (const code of [
      '57P01',
      '57P02',
      '57P03',
      '53300',
      '08006',
      'CONNECTION_CLOSED',
      'CONNECT_TIMEOUT',
      'ECONNREFUSED',
      'ECONNRESET',
      'EHOSTUNREACH',
      'ETIMEDOUT',
      'ENOTFOUND',
      'EAI_AGAIN',
    ])
      // prettier-ignore
      expect(isDatabaseAway(of(code)), code).toBe(true)
    for (const code of ['57014', '23505', '40001', '42P01', 'ENOENT'])
      expect(isDatabaseAway(of(code)), code).toBe(false)
  })
})

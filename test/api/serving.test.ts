import { describe, expect } from 'vitest'
import { answered, aToken, test } from '#test/support/http.ts'

const PLACES = ['/endpoints/x/invocations', '/endpoints/x/predict', '/endpoints/x/labels', '/v2/models/x/infer']

describe('the doors of live models', () => {
  test('take POST, and say so to whoever comes otherwise', async ({ server }) => {
    for (const place of PLACES) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await answered(await server.fetch(place, { method }))
        expect([place, method, answer.status, answer.headers.get('allow'), answer.body.error_code]).toEqual([
          place,
          method,
          405,
          'POST',
          'METHOD_NOT_ALLOWED',
        ])
      }
    }
  })

  test('tell a missing token from one of another scope, and both from a model that is not there', async ({
    server,
    pools,
    fixture,
    client,
  }) => {
    const post = async (token?: string) =>
      answered(
        await server.fetch('/endpoints/x/invocations', {
          method: 'POST',
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          body: '{}',
        }),
      )
    expect([(await post()).status, (await post('thr_nonsense')).status]).toEqual([401, 401])
    const narrow = await post(client.token)
    expect([narrow.status, narrow.body.error_code]).toEqual([403, 'FORBIDDEN'])
    expect(String(narrow.body.message)).toMatch(/“track”.*“predict”/)
    expect((await post(await aToken(pools, fixture, ['predict']))).status).toBe(404)
  })
})

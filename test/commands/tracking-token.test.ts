import { describe, expect } from 'vitest'
import { trackingToken } from '#app/commands/tracking-token.ts'
import { aFirm, anEngagement, openPools } from '#test/support/factories.ts'
import { test } from '#test/support/database.ts'
import { clientOf, startServer } from '#test/support/http.ts'

describe('a tracking token for scripts', () => {
  test('opens the engagement of its code, and makes one only when asked', async ({ database }) => {
    const pools = openPools(database)
    const server = await startServer(pools)
    try {
      const make = (code: string, mayCreate = false) => trackingToken(pools.web, { code, mayCreate, now: new Date() })
      await expect(make('X')).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringMatching(/Nobody has an account/),
      })
      const { lead } = await aFirm(pools)
      await anEngagement(pools, lead)
      const known = clientOf(server, await make('af-1'))
      await known.post('experiments/create', { name: 'theirs' })
      await expect(make('CI')).rejects.toMatchObject({ code: 'not_found' })
      await expect(make("x'; drop", true)).rejects.toMatchObject({ code: 'invalid' })
      const made = clientOf(server, await make('CI', true))
      expect((await made.post('experiments/search', {})).body).toEqual({})
      await made.post('experiments/create', { name: 'ours' })
      const again = clientOf(server, await make('ci', true))
      expect((await again.post('experiments/search', {})).body.experiments).toHaveLength(1)
    } finally {
      await server.close()
      await pools.close()
    }
  })
})

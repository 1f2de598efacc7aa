import { expect } from 'vitest'
import { issueToken } from '#app/commands/tokens.ts'
import { as } from '../support/factories.ts'
import { clientOf, test } from '../support/http.ts'

test('a token asks as often as it may in a minute, and no more; another one is not held up by it', async ({
  pools,
  fixture,
  server,
}) => {
  const { engagementId, lead } = fixture
  const issue = (requestsPerMinute: number | null) =>
    issueToken(as(pools, lead, new Date()), {
      engagementId,
      name: 'a consumer',
      scopes: ['predict'],
      requestsPerMinute,
    })
  const limited = clientOf(server, (await issue(3)).token)
  const free = clientOf(server, (await issue(null)).token)
  const ask = (client: typeof limited) =>
    client.raw('/endpoints/nothing-here/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
  const answers = await Promise.all([ask(limited), ask(limited), ask(limited), ask(limited), ask(limited)])
  expect(answers.map(({ status }) => status).sort()).toEqual([404, 404, 404, 429, 429])
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.body['error_code']).toBe('RESOURCE_EXHAUSTED')
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  // What a model takes may be looked at all the same.
  expect((await limited.raw('/v2/models/nothing-here')).status).toBe(404)
  expect((await Promise.all([ask(free), ask(free), ask(free), ask(free)])).map(({ status }) => status)).toEqual([
    404, 404, 404, 404,
  ])
})

import { expect } from 'vitest'
import { decideReuse, lendEndpoint, revokeReuse } from '#app/commands/reuse.ts'
import { issueToken } from '#app/commands/tokens.ts'
import { ReuseForm } from '#app/domain/reuse.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { query } from '#test/support/database.ts'
import { aTrainedRun, aVersion, deployed, STRIKE, test } from '#test/support/deployments.ts'
import { anEngagement, as, ORIGIN } from '#test/support/factories.ts'

test('a borrowed model answers by HTTP to the borrower’s token until it is taken back or its time is over, and says which', async ({
  stage,
  database,
}) => {
  const { portal, pools, fixture } = stage
  const { engagementId, lead, client } = fixture
  await portal.startWorker().hear(/ready/)
  const { endpointId, slug } = await deployed(stage, await aVersion(stage, await aTrainedRun(stage)))
  const other = await anEngagement(pools, lead, 'Other Client')
  const now = new Date()
  const { code } = await pools.web.as({ personId: lead.personId }, (tx) => getEngagement(tx, other.engagementId))
  const until = new Date(now.getTime() + 5 * 86_400_000).toISOString().slice(0, 10)
  const form = ReuseForm.parse({ toCode: code, scope: 'predict', borrower: 'An airport', purpose: 'To rank.', until })
  const grantId = await lendEndpoint(as(pools, lead, now), { engagementId, endpointId, form, origin: ORIGIN })
  const { token } = await issueToken(as(pools, lead, now), {
    ...{ engagementId: other.engagementId, name: 'theirs', scopes: ['predict'] },
  })
  const ask = async (action: string, body?: unknown) => {
    const answer = await fetch(`${portal.origin}/endpoints/${slug}/${action}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  // Not agreed to yet: as if it were not there.
  expect(await ask('predict', STRIKE)).toMatchObject({ status: 404, body: { error_code: 'NOT_FOUND' } })
  await decideReuse(as(pools, client, now), { engagementId, grantId, outcome: 'approved', reason: '' })
  expect(await ask('predict', STRIKE)).toMatchObject({ status: 200, body: { prediction: expect.any(Number) } })
  expect(await ask('invocations', { dataframe_records: [STRIKE] })).toMatchObject({ status: 200 })
  expect(await ask('predict', { ...STRIKE, month: 'May' })).toMatchObject({ status: 400, body: { field: 'month' } })
  expect(await ask('openapi.json')).toMatchObject({ status: 200, body: { openapi: '3.1.0' } })
  // Predictions were lent, and nothing else.
  const label = { labels: [{ request_id: '00000000-0000-4000-8000-000000000000', row: 0, value: 1 }] }
  expect(await ask('labels', label)).toMatchObject({ status: 404 })
  const beat = { deployment: 'edge', model_version: 1, window_start: now.toISOString(), requests: 1 }
  expect(await ask('heartbeats', beat)).toMatchObject({ status: 404 })

  await query(database.ownerUrl, (sql) => sql`update reuse_grants set expires_at = now() - interval '1 second'`)
  expect(await ask('predict', STRIKE)).toMatchObject({ status: 403, body: { error_code: 'REUSE_EXPIRED' } })
  await query(database.ownerUrl, (sql) => sql`update reuse_grants set expires_at = now() + interval '1 day'`)
  expect(await ask('predict', STRIKE)).toMatchObject({ status: 200 })
  await revokeReuse(as(pools, client, new Date()), { engagementId, grantId, reason: 'Enough.' })
  expect(await ask('predict', STRIKE)).toMatchObject({ status: 403, body: { error_code: 'REUSE_REVOKED' } })
  expect(await ask('openapi.json')).toMatchObject({ status: 403 })

  const [counted] = await query(
    database.ownerUrl,
    (sql) =>
      sql`select engagement_id, sum(asked)::int as asked, sum(refused)::int as refused from borrowed_calls group by 1`,
  )
  expect(counted).toEqual({ engagement_id: other.engagementId, asked: 4, refused: 2 })
}, 120_000)

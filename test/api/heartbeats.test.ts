import { describe, expect } from 'vitest'
import { isSilent } from '#app/domain/heartbeat.ts'
import type { EndpointId, ModelId } from '#app/domain/ids.ts'
import { newId } from '#db/new-id.ts'
import { lockEndpoint } from '#db/queries/deployments.ts'
import { listElsewhere } from '#db/queries/heartbeats.ts'
import { query } from '../support/database.ts'
import type { EngagementFixture, Pools } from '../support/factories.ts'
import { NOW } from '../support/factories.ts'
import { aToken, clientOf, test } from '../support/http.ts'

const SLUG = 'triage-abc123'

async function anEndpoint(pools: Pools, ownerUrl: string, { engagementId, lead }: EngagementFixture) {
  const modelId = newId<ModelId>()
  await query(
    ownerUrl,
    (sql) => sql`insert into registered_models (id, engagement_id, name, created_at, updated_at)
      values (${modelId}, ${engagementId}, 'triage', now(), now())`,
  )
  return pools.web.as({ personId: lead.personId }, (tx) =>
    lockEndpoint(tx, { id: newId<EndpointId>(), engagementId, modelId, slug: SLUG, at: NOW }),
  )
}

const BODY = {
  ...{ deployment: 'kiosk-7', model_version: 2, window_start: '2026-03-02T08:00:00Z' },
  ...{ interval_seconds: 3600, requests: 100, errors: 1 },
}

describe('a deployment elsewhere', () => {
  test('reports what it runs and what it did; the same window again replaces it', async ({
    pools,
    fixture,
    other,
    server,
    database,
  }) => {
    const endpoint = await anEndpoint(pools, database.ownerUrl, fixture)
    const device = clientOf(server, await aToken(pools, fixture, ['predict']))
    const stranger = clientOf(server, await aToken(pools, other, ['predict']))
    const tracker = clientOf(server, await aToken(pools, fixture, ['track']))
    const report = (client: typeof device, body: object, slug = SLUG) =>
      client.raw(`/endpoints/${slug}/heartbeats`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await report(device, BODY)).status).toBe(200)
    expect((await report(device, { ...BODY, requests: 120 })).status).toBe(200)
    expect((await report(device, { ...BODY, window_start: '2026-03-02T09:00:00Z', model_version: 3 })).status).toBe(200)
    expect((await report(stranger, BODY)).status).toBe(404)
    expect((await report(tracker, BODY)).status).toBe(403)
    expect((await report(device, BODY, 'nothing')).status).toBe(404)
    for (const [wrong, field] of [
      [{ ...BODY, requests: -1 }, 'requests'],
      [{ ...BODY, errors: 1.5 }, 'errors'],
      [{ ...BODY, window_start: 'yesterday' }, 'window_start'],
      [{ ...BODY, deployment: 'a\u0000b' }, 'deployment'],
      [{ ...BODY, deployment: '' }, 'deployment'],
    ] as const) {
      const answer = await report(device, wrong)
      expect([answer.status, String(answer.body['field'])]).toEqual([400, field])
    }
    expect((await report(device, { ...BODY, window_start: '2099-01-01T00:00:00Z' })).status).toBe(409)
    const read = (who: { personId: typeof fixture.lead.personId }) =>
      pools.web.as({ personId: who.personId }, (tx) => listElsewhere(tx, endpoint.id))
    expect(await read(fixture.client)).toMatchObject([
      { name: 'kiosk-7', modelVersion: 3, requests: 220, errors: 2, intervalSeconds: 3600 },
    ])
    expect(await read(other.client)).toEqual([])
  })

  test('that misses two reports is silent', () => {
    const last = { reportedAt: NOW, intervalSeconds: 600 }
    expect(isSilent(last, new Date(NOW.getTime() + 1_200_000))).toBe(false)
    expect(isSilent(last, new Date(NOW.getTime() + 1_200_001))).toBe(true)
  })
})

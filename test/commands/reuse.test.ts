import { sql } from 'drizzle-orm'
import { describe, expect } from 'vitest'
import { answeringFor } from '#app/commands/borrowing.ts'
import { openEngagement } from '#app/commands/engagements.ts'
import { decideReuse, lendEndpoint, revokeReuse } from '#app/commands/reuse.ts'
import { actorOfToken, issueToken } from '#app/commands/tokens.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { GrantId } from '#app/domain/ids.ts'
import { namesSeenByBorrower, ReuseForm, reuseStanding } from '#app/domain/reuse.ts'
import { getEndpoint } from '#db/queries/deployments.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listEvents } from '#db/queries/events.ts'
import { countLentCalls, getGrant, listGrantsToDecide } from '#db/queries/reuse.ts'
import { countOwnCalls, listBorrowed } from '#db/queries/borrowing.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import { query } from '#test/support/database.ts'
import type { EngagementFixture } from '#test/support/factories.ts'
import { anEngagement, as, NOW, ORIGIN } from '#test/support/factories.ts'
import type { RetrainingStage } from '#test/support/retraining.ts'
import { test } from '#test/support/retraining.ts'

const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000)

async function lent(
  stage: RetrainingStage,
  to: EngagementFixture,
  change: Record<string, string> = {},
): Promise<GrantId> {
  const { pools, fixture, endpointId } = stage
  const { code } = await pools.web.as({ personId: to.lead.personId }, (tx) => getEngagement(tx, to.engagementId))
  const form = ReuseForm.parse({
    ...{ toCode: code, scope: 'predict', borrower: 'An airport in the north', purpose: 'To rank reports.' },
    ...{ until: inDays(30).toISOString().slice(0, 10), ...change },
  })
  return lendEndpoint(as(pools, fixture.lead), { engagementId: fixture.engagementId, endpointId, form, origin: ORIGIN })
}

const agree = ({ pools, fixture }: RetrainingStage, grantId: GrantId, who: PersonActor = fixture.client) =>
  decideReuse(as(pools, who), { engagementId: fixture.engagementId, grantId, outcome: 'approved', reason: '' })

/** What a token of the borrowing engagement is answered at a moment. */
async function asking({ pools, fixture, endpointId }: RetrainingStage, to: EngagementFixture) {
  const { slug } = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    getEndpoint(tx, fixture.engagementId, endpointId),
  )
  const { token } = await issueToken(as(pools, to.lead), {
    ...{ engagementId: to.engagementId, name: 'theirs', scopes: ['predict'] },
  })
  const actor = await actorOfToken(pools.web, token, { scope: 'predict', use: 'read' }, NOW)
  return (at = NOW) => answeringFor({ database: pools.web, actor, now: at }, { slug, isCounted: true })
}

describe('a model that is lent to another client’s engagement', () => {
  test('is asked about first, answers until its day, and counts to who asks', async ({ stage }) => {
    const { pools, fixture } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    const grantId = await lent(stage, other)
    const ask = await asking(stage, other)
    const borrowed = () =>
      pools.web.as({ personId: other.client.personId }, (tx) => listBorrowed(tx, other.engagementId))
    expect(await ask()).toBeNull()
    expect(await borrowed()).toEqual([])
    const asked = await pools.web.as({ personId: fixture.client.personId }, (tx) =>
      listGrantsToDecide(tx, fixture.client.personId, NOW),
    )
    expect(asked).toMatchObject([{ id: grantId, borrower: 'An airport in the north' }])
    await expect(agree(stage, grantId, fixture.lead)).rejects.toMatchObject({ code: 'refused' })
    await expect(agree(stage, grantId, other.client)).rejects.toMatchObject({ code: 'not_found' })

    await agree(stage, grantId)
    await expect(agree(stage, grantId)).rejects.toMatchObject({ code: 'refused' })
    expect(await ask()).toMatchObject({ live: { revision: 1, modelName: 'strikes' }, candidate: null })
    expect(await borrowed()).toMatchObject([{ grantId, scope: 'predict', card: null, liveVersion: 1 }])
    expect(await ask(inDays(30))).toHaveProperty('live')
    expect(await ask(inDays(31))).toMatchObject({ refused: { code: 'REUSE_EXPIRED' } })

    const own = { engagementId: other.engagementId, who: other.lead }
    const counts = await pools.web.as({ personId: own.who.personId }, (tx) =>
      countOwnCalls(tx, own.engagementId, grantId),
    )
    expect(counts).toEqual({ asked: 2, refused: 1 })
    const lentCalls = (who: PersonActor) =>
      pools.web.as({ personId: who.personId }, async (tx) => (await countLentCalls(tx, [grantId]))(grantId))
    expect(await lentCalls(fixture.client)).toMatchObject({ asked: 2, refused: 1 })
    expect(await lentCalls(other.client)).toMatchObject({
      asked: 0,
    })
    const decisions = await pools.web.as({ personId: fixture.client.personId }, (tx) =>
      listDecisions(tx, fixture.engagementId),
    )
    expect(decisions.map(({ title }) => title)).toContainEqual(
      expect.stringMatching(/^Use of strikes-.* by An airport in the north until 2026-04-01$/),
    )
  })

  test('is lent once: what is sent twice, or from two tabs, asks once, and taking it back leaves nothing', async ({
    stage,
  }) => {
    const { pools, fixture } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    const twice = await Promise.allSettled([lent(stage, other), lent(stage, other)])
    const [grantId] = twice.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const again = { code: 'invalid', fields: { toCode: expect.stringMatching(/until 2026-04-01 already/) } }
    await expect(lent(stage, other)).rejects.toMatchObject(again)
    await agree(stage, found(grantId))
    await expect(lent(stage, other)).rejects.toMatchObject(again)
    const ask = await asking(stage, other)
    expect(await ask()).toHaveProperty('live')
    const { engagementId } = fixture
    await revokeReuse(as(pools, fixture.client), { engagementId, grantId: found(grantId), reason: 'No more.' })
    expect(await ask()).toMatchObject({ refused: { code: 'REUSE_REVOKED' } })
    await lent(stage, other)
  })

  test('is taken back at once, by the lead or by the client, and the events of both sides say so', async ({
    stage,
  }) => {
    const { pools, fixture } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    const grantId = await lent(stage, other)
    await agree(stage, grantId)
    const ask = await asking(stage, other)
    expect(await ask()).toHaveProperty('live')
    const revoke = (who: PersonActor) =>
      revokeReuse(as(pools, who), { engagementId: fixture.engagementId, grantId, reason: 'Our secret reason.' })
    await expect(revoke(other.client)).rejects.toMatchObject({ code: 'not_found' })
    await revoke(fixture.client)
    expect(await ask()).toMatchObject({ refused: { code: 'REUSE_REVOKED' } })
    await expect(revoke(fixture.lead)).rejects.toMatchObject({ code: 'refused' })

    const told = async (who: PersonActor, { engagementId }: EngagementFixture) =>
      (await pools.web.as({ personId: who.personId }, (tx) => listEvents(tx, engagementId, 100))).map(
        ({ summary }) => summary,
      )
    const theirs = (await told(other.client, other)).join('\n')
    expect(theirs).toMatch(/The model strikes-\w+ is lent to this engagement until 2026-04-01\./)
    expect(theirs).toContain('is not lent to this engagement any more.')
    const ours = (await told(fixture.client, fixture)).join('\n')
    expect(ours).toMatch(/agreed to: Use of strikes-\w+ by An airport in the north/)
    expect(ours).toContain('took back the use of')
    // Neither client reads who the other is.
    expect(theirs).not.toMatch(/Acme|Triage|secret|Ann of Acme/)
    expect(ours).not.toMatch(/Other|OTH/)
    expect((await told(fixture.lead, fixture)).join('\n')).toMatch(/named [A-Z]+-\d+ as who borrows/)
  })

  test('leaks nothing else: no row of the owner’s, and of the borrower no name to the owner’s client', async ({
    stage,
    database,
  }) => {
    const { pools, fixture } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    await agree(stage, await lent(stage, other))
    const ask = await asking(stage, other)
    await ask()
    const tables = await query(
      database.ownerUrl,
      (owner) => owner<{ name: string }[]>`
        select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'engagement_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    )
    const count = async (who: PersonActor, table: string, engagementId: string, only?: string) => {
      const scope = { personId: who.personId, ...(only === undefined ? {} : { engagementId: other.engagementId }) }
      const [row] = await pools.web.as(scope, (tx) =>
        tx.execute<{ count: number }>(
          sql.raw(`select count(*)::int as count from public."${table}" where engagement_id = '${engagementId}'`),
        ),
      )
      return row?.count
    }
    for (const { name } of tables) {
      expect(await count(other.client, name, fixture.engagementId), name).toBe(0)
      // Nor through a token of the borrowing engagement whose holder sits at both tables.
      expect(await count(other.lead, name, fixture.engagementId, 'token'), name).toBe(0)
      expect(await count(fixture.client, name, other.engagementId), name).toBe(0)
    }
    expect(await count(fixture.client, 'reuse_targets', fixture.engagementId)).toBe(0)
    expect(await count(fixture.lead, 'reuse_targets', fixture.engagementId)).toBe(1)
    const byCode = await pools.web.as({ personId: fixture.client.personId }, (tx) =>
      tx.execute(sql`select * from engagements e, app.engagement_by_code(e.code)`),
    )
    expect(byCode).toHaveLength(0)
  })

  test('names the model and its endpoint to the borrower, as whoever lends and whoever agrees are told', async ({
    stage,
  }) => {
    const { pools, fixture, endpointId } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    const grantId = await lent(stage, other)
    await agree(stage, grantId)
    const seen = (who: PersonActor) =>
      pools.web.as({ personId: who.personId }, async (tx) => ({
        endpoint: await getEndpoint(tx, fixture.engagementId, endpointId),
        grant: await getGrant(tx, fixture.engagementId, grantId),
      }))
    const told = await pools.web.as({ personId: other.client.personId }, (tx) => listBorrowed(tx, other.engagementId))
    const { modelName, slug } = found(told[0])
    const words = `The name of the model, “${modelName}”, and of its endpoint, “${slug}”.`
    expect(namesSeenByBorrower((await seen(fixture.lead)).endpoint)).toContain(words)
    expect(namesSeenByBorrower((await seen(fixture.client)).grant)).toContain(words)
  })

  test('shows what its card says only when that was lent, too', async ({ stage, database }) => {
    const { pools, fixture } = stage
    await query(database.ownerUrl, (owner) => owner`update model_versions set description = 'Ranks strikes.'`)
    for (const [scope, card] of [
      ['predict', null],
      ['predict_and_card', 'Ranks strikes.'],
    ] as const) {
      const other = await anEngagement(pools, fixture.lead, `Client of ${scope.replaceAll('_', ' ')}`)
      await agree(stage, await lent(stage, other, { scope }))
      // The clock of the database decides on the card: far from the clock of the test.
      await query(database.ownerUrl, (owner) => owner`update reuse_grants set expires_at = now() + interval '1 day'`)
      const [model] = await pools.web.as({ personId: other.client.personId }, (tx) =>
        listBorrowed(tx, other.engagementId),
      )
      expect(model?.card).toBe(card)
    }
  })
})

describe('lending', () => {
  test('within one client begins at once; it is the lead’s, and names what is wrong beside the field', async ({
    stage,
  }) => {
    const { pools, fixture, endpointId } = stage
    const { engagementId, lead, client } = fixture
    const sister = await openEngagement(as(pools, lead), {
      ...{ name: 'Sister', clientOrganisationId: fixture.organisationId, problem: 'p', decisionSupported: 'd' },
      ...{ affectedPeople: '', inScope: 'i', outOfScope: '', targetEnd: undefined },
    })
    const within = { ...fixture, engagementId: sister }
    const grantId = await lent(stage, within)
    expect(await (await asking(stage, within))()).toHaveProperty('live')
    const grant = await pools.web.as({ personId: lead.personId }, (tx) => getGrant(tx, engagementId, grantId))
    expect(grant).toMatchObject({ state: 'active', decidedByName: null })

    const other = await anEngagement(pools, lead, 'Other Client')
    await expect(lent(stage, other, { toCode: 'NO-99' })).rejects.toMatchObject({
      fields: { toCode: 'There is no engagement with this code.' },
    })
    await expect(lent(stage, fixture)).rejects.toMatchObject({ fields: { toCode: expect.any(String) } })
    await expect(lent(stage, other, { until: '2026-03-01' })).rejects.toMatchObject({
      fields: { until: expect.any(String) },
    })
    await expect(lent(stage, other, { until: '2028-03-01' })).rejects.toMatchObject({
      fields: { until: expect.any(String) },
    })
    const form = ReuseForm.parse({
      ...{ toCode: 'X-1', scope: 'predict', borrower: 'x', purpose: 'y', until: '2026-04-01' },
    })
    await expect(
      lendEndpoint(as(pools, client), { engagementId, endpointId, form, origin: ORIGIN }),
    ).rejects.toMatchObject({ code: 'refused' })
    await expect(
      lendEndpoint(as(pools, other.client), { engagementId, endpointId, form, origin: ORIGIN }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  test('is declined with a reason, and then nothing is borrowed', async ({ stage }) => {
    const { pools, fixture } = stage
    const other = await anEngagement(pools, fixture.lead, 'Other Client')
    const grantId = await lent(stage, other)
    const { engagementId, client } = fixture
    await decideReuse(as(pools, client), { engagementId, grantId, outcome: 'rejected', reason: 'A competitor.' })
    const grant = await pools.web.as({ personId: client.personId }, (tx) => getGrant(tx, engagementId, grantId))
    expect([reuseStanding(grant, NOW), grant.endReason]).toEqual(['declined', 'A competitor.'])
    const ask = await asking(stage, other)
    expect(await ask()).toBeNull()
  })
})

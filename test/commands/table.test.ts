import { describe, expect } from 'vitest'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import {
  acceptSeat,
  addSeat,
  declineSeat,
  delegateSeat,
  denySeat,
  requireSeat,
  vacateSeat,
} from '#app/commands/seats.ts'
import { revokeWaiver, waiveReadiness } from '#app/commands/waivers.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { SeatFunction } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { listRegister } from '#db/queries/registers.ts'
import { listHolders, listSeats } from '#db/queries/seats.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import { listWaivers } from '#db/queries/waivers.ts'
import { query, test as base } from '#test/support/database.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import {
  actorOf,
  aFirm,
  anEngagement,
  as,
  aSignedCriterion,
  aSignedProblem,
  NOW,
  openPools,
  ORIGIN,
} from '#test/support/factories.ts'

interface Fixtures {
  pools: Pools
  firm: { lead: PersonActor; colleague: PersonActor }
  fixture: EngagementFixture
}

const test = base.extend<Fixtures>({
  pools: async ({ database }, use) => {
    const pools = openPools(database)
    await use(pools)
    await pools.close()
  },
  firm: async ({ pools }, use) => use(await aFirm(pools)),
  fixture: async ({ pools, firm }, use) => use(await anEngagement(pools, firm.lead)),
})

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

function seatOf(pools: Pools, who: PersonActor, engagementId: EngagementId, wanted: SeatFunction) {
  return read(pools, who, async (tx) =>
    found((await listSeats(tx, engagementId)).find((seat) => seat.function === wanted)),
  )
}

function invite(pools: Pools, fixture: EngagementFixture, wanted: SeatFunction, raci: 'A' | 'R' | 'C' | 'I' = 'C') {
  return giveSeat(as(pools, fixture.lead), {
    engagementId: fixture.engagementId,
    name: `Person for ${wanted}`,
    email: `${wanted}@acme-freight.test`,
    function: wanted,
    raci,
    origin: ORIGIN,
  })
}

describe('a required seat', () => {
  test('keeps the engagement from becoming active until its person accepts', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    await addSeat(as(pools, lead), { engagementId, function: 'security', raci: 'C', required: 'yes', neededBy: null })
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, fixture)
    const state = () => read(pools, lead, async (tx) => (await getEngagement(tx, engagementId)).state)
    expect(await state()).toBe('readiness')

    const person = await actorOf(pools, await invite(pools, fixture, 'security'))
    expect(await state()).toBe('readiness')
    const seat = await seatOf(pools, lead, engagementId, 'security')
    expect(seat).toMatchObject({ state: 'invited', personId: person.personId, required: true })
    await expect(acceptSeat(as(pools, lead), { engagementId, seatId: seat.id })).rejects.toMatchObject({
      code: 'refused',
      message: /Only the person who was invited/,
    })
    await acceptSeat(as(pools, person), { engagementId, seatId: seat.id })
    expect(await state()).toBe('active')
    await expect(acceptSeat(as(pools, person), { engagementId, seatId: seat.id })).rejects.toMatchObject({
      code: 'refused',
      message: /no invitation to answer\. This one is accepted/,
    })
  })

  test('can be done without, with a reason that stays in sight', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const seatId = await addSeat(as(pools, lead), {
      engagementId,
      function: 'security',
      raci: 'C',
      required: 'yes',
      neededBy: null,
    })
    await requireSeat(as(pools, lead), { engagementId, seatId, required: 'no', reason: 'No system is touched.' })
    expect(await seatOf(pools, fixture.client, engagementId, 'security')).toMatchObject({
      required: false,
      requiredNote: 'No system is touched.',
    })
    await expect(
      requireSeat(as(pools, fixture.client), { engagementId, seatId, required: 'yes', reason: '' }),
    ).rejects.toMatchObject({ code: 'refused', message: /Only the engagement lead/ })
  })

  test('comes with the template that asks for a full table', async ({ pools, firm, fixture }) => {
    const engagementId = await openEngagement(as(pools, firm.lead), {
      name: 'Second',
      clientOrganisationId: fixture.organisationId,
      problem: 'p',
      decisionSupported: 'd',
      affectedPeople: '',
      inScope: 'x',
      outOfScope: '',
      targetEnd: undefined,
      template: 'full_table',
    })
    const seats = await read(pools, firm.lead, (tx) => listSeats(tx, engagementId))
    expect(
      seats
        .filter((seat) => seat.required)
        .map((seat) => seat.function)
        .sort(),
    ).toEqual(['data_owner', 'domain_expert', 'end_user_rep', 'legal_privacy', 'security', 'sponsor'])
    expect(seats.find((seat) => seat.function === 'engagement_lead')).toMatchObject({ state: 'accepted' })
  })
})

describe('a seat', () => {
  test('that is denied keeps who and why, and opens a risk that the client does not see', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead } = fixture
    const seatId = await addSeat(as(pools, lead), {
      engagementId,
      function: 'domain_expert',
      raci: 'C',
      required: 'yes',
      neededBy: null,
    })
    await denySeat(as(pools, lead), { engagementId, seatId, deniedBy: 'Head of Sales', reason: 'Nobody has time.' })
    expect(await seatOf(pools, fixture.client, engagementId, 'domain_expert')).toMatchObject({
      state: 'denied',
      stateBy: 'Head of Sales',
      stateReason: 'Nobody has time.',
      personId: null,
    })
    expect(await read(pools, lead, (tx) => listRegister(tx, engagementId))).toMatchObject([
      { key: 'R1', kind: 'risk', state: 'open', sourceRule: 'A seat was denied', impact: 'high' },
    ])
    expect(await read(pools, fixture.client, (tx) => listRegister(tx, engagementId))).toEqual([])
  })

  test('that was declined can be given to somebody else, and its history says both', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const first = await actorOf(pools, await invite(pools, fixture, 'data_owner', 'R'))
    const seat = await seatOf(pools, lead, engagementId, 'data_owner')
    await declineSeat(as(pools, first), { engagementId, seatId: seat.id, reason: 'I leave in May.' })
    // Who declined is no more at the table.
    await expect(read(pools, first, (tx) => getEngagement(tx, engagementId))).rejects.toMatchObject({
      code: 'not_found',
    })
    await giveSeat(as(pools, lead), {
      engagementId,
      name: 'Second',
      email: 'second@acme-freight.test',
      function: 'data_owner',
      raci: 'R',
      origin: ORIGIN,
    })
    const again = await seatOf(pools, lead, engagementId, 'data_owner')
    expect(again).toMatchObject({ id: seat.id, state: 'invited', personName: 'Second' })
    const holders = await read(pools, lead, (tx) => listHolders(tx, engagementId, seat.id))
    expect(holders.map(({ name, endReason }) => [name, endReason]).sort()).toEqual([
      ['Person for data_owner', 'Declined: I leave in May.'],
      ['Second', ''],
    ])
  })

  test('of a person who leaves is vacated; the lead’s own is not', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const sponsor = await seatOf(pools, lead, engagementId, 'sponsor')
    await acceptSeat(as(pools, client), { engagementId, seatId: sponsor.id })
    await vacateSeat(as(pools, lead), { engagementId, seatId: sponsor.id, reason: 'Left the company.', origin: ORIGIN })
    expect(await seatOf(pools, lead, engagementId, 'sponsor')).toMatchObject({ state: 'vacated', personId: null })
    await expect(read(pools, client, (tx) => getEngagement(tx, engagementId))).rejects.toMatchObject({
      code: 'not_found',
    })
    const own = await seatOf(pools, lead, engagementId, 'engagement_lead')
    await expect(
      vacateSeat(as(pools, lead), { engagementId, seatId: own.id, reason: 'x', origin: ORIGIN }),
    ).rejects.toMatchObject({
      code: 'refused',
      message: /never without a lead/,
    })
  })

  test('can be delegated by its holder alone; the delegate sees the engagement until the day is over', async ({
    database,
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const sponsor = await seatOf(pools, lead, engagementId, 'sponsor')
    const delegate = (who: PersonActor) =>
      delegateSeat(as(pools, who), {
        engagementId,
        seatId: sponsor.id,
        name: 'Dee Deputy',
        email: 'dee@acme-freight.test',
        until: '2099-01-01',
        note: '',
        origin: ORIGIN,
      })
    await expect(delegate(client)).rejects.toMatchObject({ code: 'refused', message: /Accept the seat first/ })
    await acceptSeat(as(pools, client), { engagementId, seatId: sponsor.id })
    await expect(delegate(lead)).rejects.toMatchObject({ code: 'refused', message: /Only the person who holds/ })
    await delegate(client)
    const [{ id }] = await query(
      database.ownerUrl,
      (sql) => sql<[{ id: string }]>`select id from persons where email = 'dee@acme-freight.test'`,
    )
    const deputy = await actorOf(pools, id as PersonActor['personId']) // an id straight from the table
    const standing = await read(pools, deputy, (tx) => getStanding(tx, deputy, engagementId))
    expect(standing.seats).toMatchObject([{ function: 'sponsor', raci: 'A', onBehalfOf: { id: client.personId } }])
    await query(database.ownerUrl, (sql) => sql`update seat_delegations set until = now() - interval '1 second'`)
    await expect(read(pools, deputy, (tx) => getEngagement(tx, engagementId))).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('of another client’s engagement does not exist', async ({ pools, fixture, firm }) => {
    const other = await anEngagement(pools, firm.lead, 'Other Client')
    const seat = await seatOf(pools, firm.lead, fixture.engagementId, 'sponsor')
    await expect(
      acceptSeat(as(pools, other.client), { engagementId: fixture.engagementId, seatId: seat.id }),
    ).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      acceptSeat(as(pools, other.client), { engagementId: other.engagementId, seatId: seat.id }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a waiver of the readiness gate', () => {
  const terms = { reason: 'The pilot starts on Monday.', risk: 'Security may stop it.', expiresOn: '2026-04-01' }

  test('is an executive’s, goes into the record, stays in sight, and closes when every seat is accepted', async ({
    database,
    pools,
    fixture,
  }) => {
    const { engagementId, lead } = fixture
    await addSeat(as(pools, lead), { engagementId, function: 'security', raci: 'C', required: 'yes', neededBy: null })
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, fixture)
    await expect(waiveReadiness(as(pools, lead), { engagementId, ...terms })).rejects.toMatchObject({
      code: 'refused',
      message: /Only an executive/,
    })
    const [{ id }] = await query(
      database.ownerUrl,
      (sql) => sql<[{ id: string }]>`select id from persons where email = 'owner@firm.test'`,
    )
    const owner = await actorOf(pools, id as PersonActor['personId']) // an id straight from the table
    await expect(
      waiveReadiness(as(pools, owner), { engagementId, ...terms, expiresOn: '2027-04-01' }),
    ).rejects.toMatchObject({ code: 'invalid', fields: { expiresOn: /next 90 days/ } })
    await waiveReadiness(as(pools, owner), { engagementId, ...terms })

    const look = (who: PersonActor) =>
      read(pools, who, async (tx) => ({
        state: (await getEngagement(tx, engagementId)).state,
        open: await listWaivers(tx, engagementId, { openOnly: true }),
        newest: (await listDecisions(tx, engagementId))[0],
      }))
    expect(await look(fixture.client)).toMatchObject({
      state: 'active',
      open: [{ reason: terms.reason, risk: terms.risk, approvedByName: 'Olive Owner' }],
      newest: { outcome: 'waived', subjectType: 'waiver', signOffId: null, rationale: terms.reason },
    })
    const person = await actorOf(pools, await invite(pools, fixture, 'security'))
    const seat = await seatOf(pools, lead, engagementId, 'security')
    await acceptSeat(as(pools, person), { engagementId, seatId: seat.id })
    expect((await look(lead)).open).toEqual([])
    expect(await read(pools, lead, (tx) => listWaivers(tx, engagementId, { openOnly: false }))).toMatchObject([
      { closeReason: 'Every required seat is accepted.' },
    ])
    await expect(
      revokeWaiver({ database: pools.web, actor: owner, now: NOW }, { engagementId, reason: 'x' }),
    ).rejects.toMatchObject({ code: 'refused', message: 'There is no open waiver.' })
  })

  test('is refused where nothing is missing', async ({ database, pools, fixture }) => {
    const [{ id }] = await query(
      database.ownerUrl,
      (sql) => sql<[{ id: string }]>`select id from persons where email = 'owner@firm.test'`,
    )
    const owner = await actorOf(pools, id as PersonActor['personId']) // an id straight from the table
    await expect(
      waiveReadiness(as(pools, owner), { engagementId: fixture.engagementId, ...terms }),
    ).rejects.toMatchObject({ code: 'refused', message: /nothing to waive/ })
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, vi } from 'vitest'
import { draftChange, proposeChange } from '#app/commands/changes.ts'
import { addDeliverable } from '#app/commands/deliverables.ts'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import { sendModelVersion } from '#app/commands/model-sign-offs.ts'
import { addRegisterItem } from '#app/commands/registers.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { ChangeForm } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { RegisterForm } from '#app/domain/register.ts'
import { VIEWING_MINUTES } from '#app/domain/viewing.ts'
import type { RequestContext, WebDeps } from '#app/server/context.server.ts'
import { requestContext } from '#app/server/context.server.ts'
import { createSessions } from '#app/server/session.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { newId } from '#db/new-id.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { listEvents } from '#db/queries/events.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listDecisions } from '#db/queries/sign-offs.ts'
import { query } from '#test/support/database.ts'
import { test as withEngagement } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { as, aSignedCriterion, aSignedProblem, NOW, ORIGIN } from '#test/support/factories.ts'
import type { GuardedRoute } from '#test/support/guarded-routes.ts'
import { allRoutes } from '#test/support/guarded-routes.ts'
import { aServableVersion, aVerifiedRun, judgeAll } from '#test/support/runs.ts'

interface Web {
  readonly deps: WebDeps
  readonly routes: readonly GuardedRoute[]
  signIn(who: PersonActor): Promise<string>
  portal(cookie: string): RequestContext
  get(cookie: string, route: GuardedRoute, params: Params): Promise<unknown>
  post(cookie: string, route: GuardedRoute, params: Params, fields?: Record<string, string>): Promise<number>
}
type Params = Readonly<Record<string, string>>

const test = withEngagement.extend<{ web: Web }>({
  web: async ({ pools }, use) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW })
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    await use(await aWeb(pools, dataDir))
    vi.useRealTimers()
    await rm(dataDir, { recursive: true, force: true })
  },
})

async function aWeb(pools: Pools, dataDir: string): Promise<Web> {
  const deps: WebDeps = {
    database: pools.web,
    sessions: createSessions(pools.web, { isSecure: false }),
    publicOrigin: ORIGIN,
    dataDir,
    servingEngines: ['onnx'],
    serving: { url: 'http://127.0.0.1:9', secret: 'none' },
    mailDelivery: 'outbox',
    blobs: diskBlobs(dataDir),
    metricsToken: null,
    publicDatasets: () => [],
    limits: { ensureAllowed: () => Promise.resolve(), recordFailure: () => Promise.resolve() },
  }
  const portalOf = (request: Request) => requestContext(deps, { request, nonce: '', requestId: '', peer: '' })
  const addressOf = (route: GuardedRoute, params: Params) =>
    `${ORIGIN}/${route.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? newId())}`
  return {
    deps,
    routes: await allRoutes(),
    async signIn(who) {
      const [cookie = ''] = (await deps.sessions.start(who.personId, new Request(ORIGIN), new Date())).split(';')
      return cookie
    },
    portal: (cookie) => portalOf(new Request(ORIGIN, { headers: { cookie } })),
    async get(cookie, route, params) {
      const request = new Request(addressOf(route, params), { headers: { cookie } })
      return answerOf(async () => route.loader?.({ request, params, context: { portal: portalOf(request) } }))
    },
    async post(cookie, route, params, fields = {}) {
      const request = new Request(addressOf(route, params), {
        method: 'POST',
        headers: { cookie },
        body: new URLSearchParams(fields),
      })
      const answer = await answerOf(async () =>
        route.action({ request, params, context: { portal: portalOf(request) } }),
      )
      return statusOf(answer)
    },
  }
}

/** Of a response, and of a form that comes back with its problems. */
function statusOf(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null) return 200
  if ('status' in answer) return Number(answer.status)
  return 'init' in answer ? statusOf(answer.init) : 200
}

/** What a browser would get: data, or the status, place and bytes of a response. */
async function answerOf(work: () => Promise<unknown>): Promise<unknown> {
  const said = await work().catch((thrown: unknown) => {
    if (thrown instanceof Response) return thrown
    throw thrown
  })
  if (!(said instanceof Response)) return structuredClone(said)
  const bytes = Buffer.from(await said.arrayBuffer()).toString('base64')
  return { status: said.status, location: said.headers.get('location'), bytes }
}

/** An engagement with something on each page, and ids for its addresses. */
async function aFullEngagement(pools: Pools, fixture: EngagementFixture): Promise<Params> {
  const { engagementId, lead } = fixture
  await aSignedProblem(pools, fixture)
  const criterionId = await aSignedCriterion(pools, fixture)
  const runId = await aVerifiedRun(pools, fixture)
  await judgeAll(pools, fixture)
  const modelVersionId = await aServableVersion(pools, fixture, { runId })
  const signOffId = await sendModelVersion(as(pools, lead), { engagementId, modelVersionId, origin: ORIGIN })
  const risk = RegisterForm.parse({ kind: 'risk', title: 'Thin', body: '', restingOn: '', due: '', audience: 'shared' })
  await addRegisterItem(as(pools, lead), { engagementId, form: risk })
  await addRegisterItem(as(pools, lead), { engagementId, form: { ...risk, title: 'Team only', audience: 'team' } })
  await addDeliverable(as(pools, lead), { engagementId, title: 'Runbook', due: null })
  const content = ChangeForm.parse({
    ...{ title: 'More', reason: 'Growth', addToScope: 'x', takeFromScope: '', pushToLater: '', newDeliverables: '' },
    ...{ newTargetEnd: '', criteria: '', data: '' },
  })
  const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content })
  await proposeChange(as(pools, lead), { engagementId, changeId, origin: ORIGIN })
  await draftChange(as(pools, lead), { engagementId, changeId: null, content: { ...content, title: 'Unseen' } })
  return pools.web.as({ personId: lead.personId }, async (tx) => ({
    ...{ engagementId, criterionId, runId, modelVersionId, signOffId, changeId },
    datasetVersionId: fixture.datasetVersionId,
    deliverableId: found((await listDeliverables(tx, engagementId))[0]).id,
    decisionId: found((await listDecisions(tx, engagementId))[0]).id,
    criterionVersionId: found((await listCriterionVersions(tx, engagementId))[0]).id,
    seatId: await clientSeat(pools, fixture),
  }))
}

const clientSeat = (pools: Pools, { engagementId, lead, client }: EngagementFixture) =>
  pools.web.as(
    { personId: lead.personId },
    async (tx) => found((await listSeats(tx, engagementId)).find(({ personId }) => personId === client.personId)).id,
  )

const at = (web: Web, place: string) =>
  found(
    web.routes.find((route) => route.path === place),
    place,
  )
const START = 'engagements/:engagementId/people/:seatId/view'
const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

describe('looking at an engagement as the client', () => {
  test('invariant 11: shows on every page of it exactly what the client gets, though nothing can be written', async ({
    pools,
    fixture,
    web,
  }) => {
    const params = await aFullEngagement(pools, fixture)
    // Another table of the same person: it must not make a difference.
    const elsewhere = await anotherTable(pools, fixture)
    const [mine, theirs] = [await web.signIn(fixture.lead), await web.signIn(fixture.client)]
    expect(await web.post(mine, at(web, START), params)).toBe(302)
    const pages = web.routes.filter(
      ({ path: place, loader }) => loader && place.startsWith('engagements/:engagementId'),
    )
    let seen = 0
    for (const page of pages) {
      const own = await web.get(theirs, page, params)
      expect(await web.get(mine, page, params), page.path).toEqual(own)
      if (!(typeof own === 'object' && own !== null && 'status' in own && own.status === 404)) seen += 1
    }
    expect(pages.length).toBeGreaterThan(80)
    expect(seen).toBeGreaterThan(40)

    // Only that engagement is there, and nothing of the person's own account.
    expect(await web.get(mine, at(web, 'engagements/:engagementId'), { engagementId: elsewhere })).toMatchObject({
      status: 404,
    })
    expect(await web.get(mine, at(web, ''), {})).toMatchObject({
      engagements: [{ id: fixture.engagementId }],
      isOurs: false,
    })
    for (const place of ['account', 'people', 'portfolio', 'outbox'])
      expect(await web.get(mine, at(web, place), {}), place).toMatchObject({ status: 404 })
  }, 60_000)

  test('takes no form, and writes nothing whatever is tried', async ({ pools, database, fixture, web }) => {
    const params = await aFullEngagement(pools, fixture)
    const mine = await web.signIn(fixture.lead)
    await web.post(mine, at(web, START), params)
    const rows = () =>
      query(
        database.ownerUrl,
        (
          sql,
        ) => sql`select (select count(*)::int from events) as events, (select count(*)::int from decision_records) as decisions,
          (select count(*)::int from mail_outbox) as mails, (select max(xmin::text::bigint)::text from seats) as seats`,
      )
    const before = await rows()
    for (const route of web.routes.filter(({ isPublic }) => !isPublic)) {
      const status = await web.post(mine, route, params, { outcome: 'approved', reason: 'x' })
      expect([404, 409], route.path).toContain(status)
    }
    expect(await web.post(mine, at(web, 'engagements/:engagementId/sign-offs/:signOffId'), params)).toBe(409)
    const portal = web.portal(mine)
    await expect(
      portal.reads((tx) => tx.execute('update seats set required = true' as unknown as never)),
    ).rejects.toMatchObject({ cause: { code: '25006' } })
    expect(await rows()).toEqual(before)
  }, 60_000)

  test('is an event that both sides read, and ends by hand, by the clock, and with the seat', async ({
    pools,
    database,
    fixture,
    web,
  }) => {
    const { engagementId, lead, client } = fixture
    const params = { engagementId, seatId: await clientSeat(pools, fixture) }
    const mine = await web.signIn(lead)
    const other = await web.signIn(lead)
    const start = () => web.post(mine, at(web, START), params)
    const whose = async (cookie: string) => (await web.portal(cookie).viewer())?.name
    await start()
    expect([await whose(mine), await whose(other)]).toEqual([client.name, lead.name])
    expect(await web.portal(mine).viewing()).toMatchObject({ by: { name: lead.name }, engagementId })

    const end = at(web, 'viewing/end')
    expect([await web.post(mine, end, {}), await web.post(mine, end, {})]).toEqual([302, 302])
    expect(await whose(mine)).toBe(lead.name)
    const events = await read(pools, client, (tx) => listEvents(tx, engagementId, 3))
    expect(events.map(({ kind, actorName }) => [kind, actorName]).slice(0, 2)).toEqual([
      ['view_as.ended', lead.name],
      ['view_as.started', lead.name],
    ])

    await start()
    vi.setSystemTime(new Date(NOW.getTime() + VIEWING_MINUTES * 60_000 - 1))
    expect(await whose(mine)).toBe(client.name)
    vi.setSystemTime(new Date(NOW.getTime() + VIEWING_MINUTES * 60_000))
    expect(await whose(mine)).toBe(lead.name)

    await start()
    await query(
      database.ownerUrl,
      (sql) => sql`update seats set person_id = null, state = 'open' where id = ${params.seatId}`,
    )
    expect(await whose(mine)).toBe(lead.name)
  })

  test('is the lead’s and an executive’s, of a client’s seat that is held', async ({
    pools,
    database,
    fixture,
    web,
  }) => {
    const { engagementId, lead, client } = fixture
    const seatId = await clientSeat(pools, fixture)
    const seats = await read(pools, lead, (tx) => listSeats(tx, engagementId))
    const ours = found(seats.find(({ personId }) => personId === lead.personId)).id
    const colleague = await read(pools, lead, async (tx) => {
      const [row] = await tx.execute<{ id: string }>(
        `select id from persons where email = 'colleague@firm.test'` as never,
      )
      return found(row).id
    })
    const start = async (cookie: string, seat: string, id: string = engagementId) =>
      web.post(cookie, at(web, START), { engagementId: id, seatId: seat })
    const mine = await web.signIn(lead)
    expect(await start(mine, ours)).toBe(409)
    expect(await start(mine, newId())).toBe(404)
    expect(await start(mine, seatId, newId())).toBe(404)
    expect(await start(await web.signIn(client), seatId)).toBe(404)
    // Who is of the firm without a seat does not see the engagement; with another seat than the lead’s they may not.
    const theirs = await web.signIn({ ...lead, personId: colleague as PersonActor['personId'] })
    expect(await start(theirs, seatId)).toBe(404)
    await giveSeat(as(pools, lead), {
      ...{ engagementId, name: 'Cole Colleague', email: 'colleague@firm.test', function: 'engineer', raci: 'R' },
      origin: ORIGIN,
    })
    expect(await start(theirs, seatId)).toBe(409)
    await query(
      database.ownerUrl,
      (sql) => sql`update memberships set role = 'executive' where person_id = ${colleague}`,
    )
    expect(await start(theirs, seatId)).toBe(302)
  })
})

async function anotherTable(pools: Pools, { organisationId, lead, client }: EngagementFixture): Promise<EngagementId> {
  const engagementId = await openEngagement(as(pools, lead), {
    ...{ name: 'Another', clientOrganisationId: organisationId, problem: 'P', decisionSupported: 'D' },
    ...{ affectedPeople: '', inScope: '- x', outOfScope: '', targetEnd: undefined },
  })
  await giveSeat(as(pools, lead), {
    ...{ engagementId, name: client.name, email: client.email, function: 'sponsor', raci: 'A', origin: ORIGIN },
  })
  return engagementId
}

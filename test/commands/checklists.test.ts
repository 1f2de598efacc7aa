import { describe, expect } from 'vitest'
import { hashPassword } from '#app/commands/accounts.ts'
import { addChecklistItem, markChecklistItem } from '#app/commands/checklists.ts'
import { giveSeat, openEngagement } from '#app/commands/engagements.ts'
import { switchGate } from '#app/commands/gate-switches.ts'
import { acceptSeat, addSeat, requireSeat } from '#app/commands/seats.ts'
import { setSigningRule } from '#app/commands/signing-rule.ts'
import { gateOf } from '#app/commands/deployments.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { ChecklistMark } from '#app/domain/checklist.ts'
import { gateRefusal } from '#app/domain/deployment.ts'
import { ENGAGEMENT_TEMPLATES, EngagementForm } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { readinessGate } from '#app/domain/readiness.ts'
import { TEMPLATES } from '#app/domain/template.ts'
import { dossierContent } from '#app/server/dossier.server.ts'
import { newId } from '#db/new-id.ts'
import { listChecklist, listGateSwitches } from '#db/queries/checklists.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { saveCredential } from '#db/queries/people.ts'
import { gatherReadiness } from '#db/queries/readiness.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listDecisionHeads, listDecisions } from '#db/queries/sign-offs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { actorOf, anEngagement, as, aSignedCriterion, NOW, ORIGIN } from '#test/support/factories.ts'

const LATER = new Date(NOW.getTime() + 3_600_000)

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

async function anItem(pools: Pools, { engagementId, lead }: EngagementFixture, label = 'Going back was tried') {
  await addChecklistItem(as(pools, lead), { engagementId, phase: 'launch', label })
  return found((await read(pools, lead, (tx) => listChecklist(tx, engagementId, NOW))).at(-1)).id
}

async function aColleague(pools: Pools, { engagementId, lead }: EngagementFixture): Promise<PersonActor> {
  const seat = { function: 'engineer', raci: 'R' } as const
  // An owner brings new people into the firm; the fixture’s colleague is there already.
  const personId = await giveSeat(as(pools, lead), {
    engagementId,
    name: 'Cole Colleague',
    email: 'colleague@firm.test',
    ...seat,
    origin: ORIGIN,
  })
  const seats = await read(pools, lead, (tx) => listSeats(tx, engagementId))
  const colleague = await actorOf(pools, personId)
  const seatId = found(seats.find((one) => one.personId === personId)).id
  await acceptSeat(as(pools, colleague), { engagementId, seatId })
  return colleague
}

/** A version of a model whose run was judged against nothing. */
async function aVersion(pools: Pools, ownerUrl: string, { engagementId, lead }: EngagementFixture) {
  const [modelId, versionId] = [newId(), newId<ModelVersionId>()]
  await query(ownerUrl, async (sql) => {
    await sql`insert into registered_models (id, engagement_id, name, created_at, updated_at) values (${modelId}, ${engagementId}, 'triage', now(), now())`
    await sql`insert into model_versions (id, engagement_id, model_id, version, state, source, files, created_at, updated_at)
      values (${versionId}, ${engagementId}, ${modelId}, 1, 'ready', 'x', '{}', now(), now())`
  })
  return read(pools, lead, (tx) => getModelVersion(tx, engagementId, versionId))
}

describe('a template', () => {
  test.for(ENGAGEMENT_TEMPLATES)(
    '“%s” brings its seats, its tier, its outline and its checklist',
    async (template, { pools, fixture }) => {
      const { lead, organisationId } = fixture
      const outline = TEMPLATES[template].problem
      const engagementId = await openEngagement(
        as(pools, lead),
        EngagementForm.parse({
          name: 'Second',
          clientOrganisationId: organisationId,
          problem: outline.problem || 'p',
          decisionSupported: outline.decisionSupported || 'd',
          affectedPeople: outline.affectedPeople,
          inScope: outline.inScope.join('\n') || 'x',
          outOfScope: outline.outOfScope.join('\n'),
          template,
        }),
      )
      const seen = await read(pools, lead, async (tx) => ({
        tier: (await getEngagement(tx, engagementId)).riskTier,
        seats: (await listSeats(tx, engagementId))
          .filter((seat) => seat.required)
          .map((seat) => seat.function)
          .sort(),
        items: (await listChecklist(tx, engagementId, NOW)).map(({ label, mark }) => [label, mark]),
      }))
      expect(seen).toEqual({
        tier: TEMPLATES[template].riskTier,
        seats: TEMPLATES[template].seats.map((seat) => seat.function).sort(),
        items: TEMPLATES[template].checklist.map(({ label }) => [label, 'open']),
      })
      // Somebody who signs for the client is asked for wherever anybody is.
      if (seen.seats.length > 0) expect(TEMPLATES[template].seats.some((seat) => seat.raci === 'A')).toBe(true)
    },
  )
})

describe('an item of a checklist', () => {
  test('is ticked with who and when, once; unticking is another mark', async ({ pools, fixture, database }) => {
    const { engagementId, lead, client } = fixture
    const itemId = await anItem(pools, fixture)
    const mark = (what: ChecklistMark) => markChecklistItem(as(pools, lead), { engagementId, itemId, mark: what })
    const item = async () => (await read(pools, client, (tx) => listChecklist(tx, engagementId, LATER)))[0]
    await Promise.all([mark('done'), mark('done')])
    expect(await item()).toMatchObject({ mark: 'done', markedByName: lead.name, markedAt: NOW })
    await mark('open')
    expect(await item()).toMatchObject({ mark: 'open' })
    const marks = await query(database.ownerUrl, (sql) => sql`select * from checklist_marks`)
    expect(marks).toHaveLength(2)
    await expect(query(database.ownerUrl, (sql) => sql`delete from checklist_marks`)).rejects.toThrow(/append-only/)
  })

  test('is switched off by the lead with a reason that stays, and on again; a colleague ticks and switches nothing', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const itemId = await anItem(pools, fixture)
    const colleague = await aColleague(pools, fixture)
    const mark = (who: PersonActor, what: ChecklistMark, reason = '') =>
      markChecklistItem(as(pools, who), { engagementId, itemId, mark: what, reason })
    await mark(colleague, 'done')
    await expect(mark(colleague, 'off', 'No.')).rejects.toMatchObject({ code: 'refused', message: /engagement lead/ })
    await expect(mark(client, 'open')).rejects.toMatchObject({ code: 'refused' })
    await mark(lead, 'off', 'Nothing is live here.')
    expect(await read(pools, client, (tx) => listChecklist(tx, engagementId, LATER))).toMatchObject([
      { mark: 'off', reason: 'Nothing is live here.' },
    ])
    const dossier = await read(pools, client, async (tx) =>
      dossierContent(tx, { actor: client, engagement: await getEngagement(tx, engagementId), asOf: LATER, now: LATER }),
    )
    expect(dossier.switchedOff).toMatchObject([{ what: 'Going back was tried', reason: 'Nothing is live here.' }])
    await expect(mark(lead, 'done')).rejects.toMatchObject({ code: 'refused', message: /switch it on first/ })
    await expect(mark(colleague, 'open')).rejects.toMatchObject({ code: 'refused' })
    await mark(lead, 'open')
    expect((await read(pools, client, (tx) => listChecklist(tx, engagementId, LATER)))[0]?.mark).toBe('open')
  })

  test('is not there for another client, nor in another engagement', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const itemId = await anItem(pools, fixture)
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(
      markChecklistItem(as(pools, other.client), { engagementId, itemId, mark: 'done' }),
    ).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      markChecklistItem(as(pools, lead), { engagementId: other.engagementId, itemId, mark: 'done' }),
    ).rejects.toMatchObject({ code: 'not_found' })
    await expect(
      addChecklistItem(as(pools, fixture.client), { engagementId, phase: 'define', label: 'x' }),
    ).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('a condition for going live', () => {
  test('is switched off by who signs at the client, stays in sight with the reason, and is switched on again', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    const version = await aVersion(pools, database.ownerUrl, fixture)
    const item = async () =>
      found(
        (await read(pools, lead, (tx) => gateOf(tx, engagementId, version))).find(
          (one) => one.criterionId === criterionId,
        ),
      )
    expect(gateRefusal([await item()])).not.toBeNull()
    const switchTo = (who: PersonActor, state: 'off' | 'on') =>
      switchGate(as(pools, who), { engagementId, criterionId, state, reason: 'Measured on the live data instead.' })
    await expect(switchTo(lead, 'off')).rejects.toMatchObject({ code: 'refused', message: /accountable at the client/ })
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(switchTo(other.client, 'off')).rejects.toMatchObject({ code: 'not_found' })
    await switchTo(client, 'off')
    await expect(switchTo(client, 'off')).rejects.toMatchObject({ code: 'refused', message: /off already/ })
    expect(await item()).toMatchObject({
      isMet: false,
      switchedOff: `${client.name}: Measured on the live data instead.`,
    })
    expect(gateRefusal([await item()])).toBeNull()
    const heads = await read(pools, lead, (tx) => listDecisionHeads(tx, engagementId, { before: null, limit: 9 }))
    expect(heads[0]).toMatchObject({ outcome: 'waived', title: 'C1 as a condition for going live: switched off' })
    const dossier = await read(pools, client, async (tx) =>
      dossierContent(tx, { actor: client, engagement: await getEngagement(tx, engagementId), asOf: LATER, now: LATER }),
    )
    expect(dossier.switchedOff).toMatchObject([{ what: 'C1 as a condition for going live', by: client.name }])
    await switchTo(client, 'on')
    expect(gateRefusal([await item()])).not.toBeNull()
    // A request that began before the switch, and waited for it, finds it all the same.
    const early = { ...as(pools, client), now: new Date(NOW.getTime() - 1000) }
    const again = { engagementId, criterionId, reason: 'A moment ago.' }
    await expect(switchGate(early, { ...again, state: 'on' })).rejects.toMatchObject({ message: /on already/ })
    await switchGate(early, { ...again, state: 'off' })
    await switchTo(client, 'on')
    expect(await read(pools, client, (tx) => listGateSwitches(tx, engagementId, LATER))).toMatchObject([
      { state: 'on' },
    ])
  })

  test('is switched off with the password again where the risk tier asks for it, and on without', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    const rule = { quorum: 1, isInOrder: false, awaitsFeedback: false, recurDays: null }
    await setSigningRule(as(pools, lead), { engagementId, riskTier: 'high', ...rule })
    const password = 'correct horse battery'
    const passwordHash = await hashPassword(password)
    await pools.web.as({ door: 'auth' }, (tx) => saveCredential(tx, client.personId, passwordHash, NOW))
    const switchTo = (state: 'off' | 'on', given?: string) =>
      switchGate(as(pools, client), {
        ...{ engagementId, criterionId, state, reason: 'Measured elsewhere.' },
        ...(given === undefined ? {} : { password: given }),
      })
    const wrong = { code: 'invalid', fields: { password: expect.any(String) } }
    await expect(switchTo('off')).rejects.toMatchObject(wrong)
    await expect(switchTo('off', 'another horse')).rejects.toMatchObject(wrong)
    await switchTo('off', password)
    const [decision] = await read(pools, client, (tx) => listDecisions(tx, engagementId))
    expect(decision).toMatchObject({ outcome: 'waived' })
    await switchTo('on')
  })
})

test('a seat that is done without stands in the readiness list with its reason, and on the record', async ({
  pools,
  fixture,
}) => {
  const { engagementId, lead, client } = fixture
  const seatId = await addSeat(as(pools, lead), {
    engagementId,
    function: 'security',
    raci: 'C',
    required: 'yes',
    neededBy: null,
  })
  await requireSeat(as(pools, lead), { engagementId, seatId, required: 'no', reason: 'No system is touched.' })
  const gate = await read(pools, client, async (tx) => readinessGate(await gatherReadiness(tx, engagementId, NOW)))
  expect(gate.at(-1)).toEqual({
    label: 'Security is at the table',
    isMet: true,
    because: 'No system is touched.',
    isOff: true,
  })
  const heads = () => read(pools, client, (tx) => listDecisionHeads(tx, engagementId, { before: null, limit: 9 }))
  expect((await heads())[0]).toMatchObject({
    outcome: 'waived',
    title: 'The seat “Security” is not required',
    rationale: 'No system is touched.',
  })
  await requireSeat(as(pools, lead), { engagementId, seatId, required: 'yes', reason: '' })
  expect((await heads())[0]).toMatchObject({ outcome: 'restored' })
})

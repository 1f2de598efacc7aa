import { describe, expect } from 'vitest'
import { hashPassword } from '#app/commands/accounts.ts'
import { addCriterion, editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { giveSeat, moveEngagement } from '#app/commands/engagements.ts'
import { acceptSeat, delegateSeat, vacateSeat } from '#app/commands/seats.ts'
import {
  answerFeedback,
  giveFeedback,
  goOnWithoutFeedback,
  meetCondition,
  restoreSignOff,
  voidSignOff,
} from '#app/commands/sign-off-acts.ts'
import { settleSignOffDates } from '#app/commands/sign-off-dates.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { setSigningRule } from '#app/commands/signing-rule.ts'
import { reportCriterion, suspendCriterion } from '#app/commands/suspensions.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { Raci, SeatFunction } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionId, SignOffId } from '#app/domain/ids.ts'
import type { SignInput } from '#app/domain/sign-off.ts'
import { restorationDocument, SignForm } from '#app/domain/sign-off.ts'
import { sha256 } from '#db/digest.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { saveCredential } from '#db/queries/people.ts'
import { listSeats } from '#db/queries/seats.ts'
import { listConditions, listFeedback } from '#db/queries/sign-off-case.ts'
import { getSignOff, listDecisionsOn, listSignOffsOf } from '#db/queries/sign-offs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { aCriterionForm, actorOf, as, aSignedCriterion, NOW, ORIGIN } from '#test/support/factories.ts'

const RULE = { riskTier: 'standard', quorum: 1, isInOrder: false, awaitsFeedback: false, recurDays: null } as const

async function seated(pools: Pools, fixture: EngagementFixture, wanted: SeatFunction, raci: Raci) {
  // Later than the sponsor’s seat: the order of the seats is the order of their making.
  const personId = await giveSeat(as(pools, fixture.lead, new Date(NOW.getTime() + 60_000)), {
    engagementId: fixture.engagementId,
    name: `Person ${wanted}`,
    email: `${wanted}@acme-freight.test`,
    function: wanted,
    raci,
    origin: ORIGIN,
  })
  return actorOf(pools, personId)
}

/** A criterion that was sent: with its sign-off, and the hash of what its page shows. */
async function sent(pools: Pools, fixture: EngagementFixture, change: Record<string, string> = {}) {
  const { engagementId, lead } = fixture
  const criterionId = await addCriterion(as(pools, lead), {
    engagementId,
    form: aCriterionForm(fixture.datasetVersionId, change),
  })
  const signOffId = await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
  return { criterionId, signOffId, ...(await look(pools, fixture, { criterionId, signOffId })) }
}

async function look(
  pools: Pools,
  fixture: EngagementFixture,
  { criterionId, signOffId }: { criterionId: CriterionId; signOffId: SignOffId },
) {
  return pools.web.as({ personId: fixture.client.personId }, async (tx) => {
    const signOff = await getSignOff(tx, fixture.engagementId, signOffId)
    const { versions } = await getCriterion(tx, fixture.engagementId, criterionId)
    return { state: signOff.state, reason: signOff.stateReason, hash: signOff.subjectHash, version: versions[0]?.state }
  })
}

function decide(
  pools: Pools,
  fixture: EngagementFixture,
  input: { who: PersonActor; signOffId: SignOffId; hash: string; now?: Date } & Partial<SignInput>,
) {
  const { who, signOffId, hash, now, ...rest } = input
  return decideSignOff(as(pools, who, now), {
    engagementId: fixture.engagementId,
    signOffId,
    shownHash: hash,
    outcome: 'approved',
    rationale: '',
    origin: ORIGIN,
    ...rest,
  })
}

const mails = (url: string) =>
  query(url, async (sql) => {
    const rows = await sql<{ to_address: string; subject: string; body: string }[]>`
      select to_address, subject, body from mail_outbox order by created_at`
    return [...rows]
  })

describe('a quorum of two in order', () => {
  test('is agreed only when both have approved, each once, the first one first', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const second = await seated(pools, fixture, 'domain_expert', 'A')
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, quorum: 2, isInOrder: true })
    const one = await sent(pools, fixture)
    await expect(decide(pools, fixture, { ...one, who: second })).rejects.toMatchObject({
      code: 'refused',
      message: /Somebody else decides before you/,
    })
    await decide(pools, fixture, { ...one, who: client })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'awaiting_approval', version: 'in_review' })
    await expect(decide(pools, fixture, { ...one, who: client })).rejects.toMatchObject({
      code: 'refused',
      message: /You have decided on this already/,
    })
    await decide(pools, fixture, { ...one, who: second })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved', version: 'agreed' })
  })

  test('ends at once when one of them rejects, and everybody with a word hears of it', async ({
    database,
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const second = await seated(pools, fixture, 'domain_expert', 'A')
    const informed = await seated(pools, fixture, 'security', 'I')
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, quorum: 2 })
    const one = await sent(pools, fixture)
    await decide(pools, fixture, { ...one, who: client, outcome: 'rejected', rationale: 'The wrong question.' })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'rejected', version: 'withdrawn' })
    const told = (await mails(database.ownerUrl)).filter(({ body }) => body.includes('The wrong question.'))
    expect(told.map(({ to_address }) => to_address).sort()).toEqual([second.email, lead.email].sort())
    expect(told.map(({ to_address }) => to_address)).not.toContain(informed.email)
  })
})

describe('feedback', () => {
  test('that names a major issue stops the signature until the lead has answered it', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const expert = await seated(pools, fixture, 'domain_expert', 'C')
    const informed = await seated(pools, fixture, 'security', 'I')
    const one = await sent(pools, fixture)
    const at = { engagementId, signOffId: one.signOffId, origin: ORIGIN }
    await expect(giveFeedback(as(pools, informed), { ...at, grade: 'ok', note: '' })).rejects.toMatchObject({
      code: 'refused',
      message: /only informed give no feedback/,
    })
    await giveFeedback(as(pools, expert), { ...at, grade: 'major', note: 'Winter is missing.' })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'collecting_feedback' })
    await expect(decide(pools, fixture, { ...one, who: client })).rejects.toMatchObject({
      code: 'refused',
      message: /The consulted are heard first/,
    })
    await expect(goOnWithoutFeedback(as(pools, lead), at)).rejects.toMatchObject({
      code: 'refused',
      message: /not answered yet/,
    })
    const [issue] = await pools.web.as({ personId: lead.personId }, (tx) =>
      listFeedback(tx, engagementId, one.signOffId),
    )
    const answer = { ...at, feedbackId: found(issue).id, answer: 'Winter is in the hold-out.' }
    await expect(answerFeedback(as(pools, client), answer)).rejects.toMatchObject({
      code: 'refused',
      message: 'Only the engagement lead does this.',
    })
    const beside = await sent(pools, fixture)
    await expect(answerFeedback(as(pools, lead), { ...answer, signOffId: beside.signOffId })).rejects.toMatchObject({
      code: 'refused',
      message: /none of this sign-off/,
    })
    await answerFeedback(as(pools, lead), answer)
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'awaiting_approval' })
    await decide(pools, fixture, { ...one, who: client })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved' })
  })

  test('is waited for where the rule says so, and the lead may go on without it', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    await seated(pools, fixture, 'domain_expert', 'C')
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, awaitsFeedback: true })
    const one = await sent(pools, fixture)
    expect(one.state).toBe('collecting_feedback')
    await goOnWithoutFeedback(as(pools, lead), { engagementId, signOffId: one.signOffId, origin: ORIGIN })
    await decide(pools, fixture, { ...one, who: client })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved' })
  })
})

describe('an approval with conditions', () => {
  const conditions = [{ text: 'Publish the error list', due: '2026-03-20' }]
  const approveIt = async (pools: Pools, fixture: EngagementFixture) => {
    const one = await sent(pools, fixture)
    await decide(pools, fixture, { ...one, who: fixture.client, outcome: 'approved_with_conditions', conditions })
    return one
  }

  test('counts at once, and is whole when the client says that the last one is met', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const one = await approveIt(pools, fixture)
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved_with_conditions', version: 'agreed' })
    const [condition] = await pools.web.as({ personId: lead.personId }, (tx) =>
      listConditions(tx, engagementId, one.signOffId),
    )
    const met = { engagementId, signOffId: one.signOffId, conditionId: found(condition).id, note: '', origin: ORIGIN }
    await expect(meetCondition(as(pools, lead), met)).rejects.toMatchObject({
      code: 'refused',
      message: /Only who is accountable at the client/,
    })
    await meetCondition(as(pools, client), met)
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved', version: 'agreed' })
    await expect(meetCondition(as(pools, client), met)).rejects.toMatchObject({ code: 'refused' })
  })

  test('is refused beside the day when that day is over or begun', async ({ pools, fixture }) => {
    const one = await sent(pools, fixture)
    const onDay = (due: string) =>
      decide(pools, fixture, {
        ...one,
        who: fixture.client,
        outcome: 'approved_with_conditions',
        conditions: [...conditions, { text: 'Too soon', due }],
      })
    for (const due of ['2026-03-01', '2026-03-02'])
      await expect(onDay(due)).rejects.toMatchObject({
        code: 'invalid',
        fields: { condition2Due: 'Choose a day after today.' },
      })
    await onDay('2026-03-03')
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved_with_conditions' })
  })

  test('lapses after the day of a condition that is not met, and not before', async ({ database, pools, fixture }) => {
    const one = await approveIt(pools, fixture)
    const settle = (now: string) =>
      pools.worker.as({}, (tx) =>
        settleSignOffDates(tx, { signOffId: one.signOffId, now: new Date(now), origin: ORIGIN }),
      )
    await settle('2026-03-20T23:59:59.000Z')
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'approved_with_conditions' })
    const queued = await query(
      database.ownerUrl,
      (sql) => sql`select run_at from graphile_worker.jobs where key = ${`sign-off:${one.signOffId}`}`,
    )
    expect(queued[0]?.['run_at']).toEqual(new Date('2026-03-20T23:59:59.999Z'))
    await settle('2026-03-21T00:00:00.000Z')
    expect(await look(pools, fixture, one)).toMatchObject({
      state: 'lapsed',
      version: 'suspended',
      reason: 'Not met by 2026-03-20: Publish the error list',
    })
    expect((await mails(database.ownerUrl)).filter(({ subject }) => subject.startsWith('Lapsed: '))).toHaveLength(2)
    await settle('2026-03-22T00:00:00.000Z')
    expect((await mails(database.ownerUrl)).filter(({ subject }) => subject.startsWith('Lapsed: '))).toHaveLength(2)
  })
})

test('an approval that recurs expires when its time is over', async ({ pools, fixture }) => {
  const { engagementId, lead, client } = fixture
  await setSigningRule(as(pools, lead), { engagementId, ...RULE, recurDays: 30 })
  const one = await sent(pools, fixture)
  await decide(pools, fixture, { ...one, who: client })
  await pools.worker.as({}, (tx) =>
    settleSignOffDates(tx, {
      signOffId: one.signOffId,
      now: new Date(NOW.getTime() + 30 * 86_400_000),
      origin: ORIGIN,
    }),
  )
  expect(await look(pools, fixture, one)).toMatchObject({ state: 'expired', version: 'expired' })
})

describe('a voided text', () => {
  test('cannot be signed by a page that is still open, and its people hear of it', async ({
    database,
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const one = await sent(pools, fixture)
    await voidSignOff(as(pools, lead), {
      engagementId,
      signOffId: one.signOffId,
      reason: 'A typing error.',
      origin: ORIGIN,
    })
    expect(await look(pools, fixture, one)).toMatchObject({ state: 'voided', version: 'withdrawn' })
    await editCriterion(as(pools, lead), {
      engagementId,
      criterionId: one.criterionId,
      form: aCriterionForm(fixture.datasetVersionId, { target: '0.8' }),
    })
    await sendCriterion(as(pools, lead), { engagementId, criterionId: one.criterionId, origin: ORIGIN })
    await expect(decide(pools, fixture, { ...one, who: client })).rejects.toMatchObject({
      code: 'conflict',
      message: /changed while you were reading/,
    })
    const told = (await mails(database.ownerUrl)).filter(({ subject }) => subject.startsWith('Voided: '))
    expect(told.map(({ to_address }) => to_address)).toEqual([client.email])
    const decisions = await pools.web.as({ personId: client.personId }, (tx) =>
      listDecisionsOn(tx, engagementId, one.signOffId),
    )
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['voided', 'approved'])
  })
})

describe('the high tier', () => {
  test('asks for the password again, and for a second person on our side', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    await setSigningRule(as(pools, lead), { engagementId, ...RULE, riskTier: 'high' })
    const criterionId = await addCriterion(as(pools, lead), {
      engagementId,
      form: aCriterionForm(fixture.datasetVersionId),
    })
    await expect(sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })).rejects.toMatchObject({
      code: 'refused',
      message: /who wrote this does not send it/,
    })
    const otherId = await giveSeat(as(pools, lead), {
      engagementId,
      name: 'Cole Colleague',
      email: 'colleague@firm.test',
      function: 'engagement_lead',
      raci: 'A',
      origin: ORIGIN,
    })
    const other = await actorOf(pools, otherId)
    const rewritten = (who: PersonActor, target: string) =>
      editCriterion(as(pools, who), {
        engagementId,
        criterionId,
        form: aCriterionForm(fixture.datasetVersionId, { target }),
      })
    await rewritten(other, '0.81')
    await expect(sendCriterion(as(pools, other), { engagementId, criterionId, origin: ORIGIN })).rejects.toMatchObject({
      message: /who wrote this does not send it/,
    })
    await rewritten(lead, '0.82')
    const signOffId = await sendCriterion(as(pools, other), { engagementId, criterionId, origin: ORIGIN })
    const { hash } = await look(pools, fixture, { criterionId, signOffId })
    const password = 'a long pass phrase of the client'
    const passwordHash = await hashPassword(password)
    await pools.web.as({ door: 'auth' }, (tx) => saveCredential(tx, client.personId, passwordHash, NOW))
    for (const wrong of [undefined, 'something else']) {
      await expect(
        decide(pools, fixture, { signOffId, hash, who: client, ...(wrong === undefined ? {} : { password: wrong }) }),
      ).rejects.toMatchObject({ code: 'invalid', fields: { password: /asks for your password again/ } })
    }
    await decide(pools, fixture, { signOffId, hash, who: client, password })
    const [decision] = await pools.web.as({ personId: client.personId }, (tx) =>
      listDecisionsOn(tx, engagementId, signOffId),
    )
    expect(JSON.parse(found(decision).body)).toMatchObject({ method: 'password again', outcome: 'approved' })
    expect(decision?.body).not.toContain(password)

    await suspendCriterion(as(pools, lead), {
      engagementId,
      criterionId,
      reason: 'drift',
      evidence: 'PSI 0.4',
      origin: ORIGIN,
    })
    const suspended = await pools.web.as({ personId: client.personId }, (tx) => getSignOff(tx, engagementId, signOffId))
    const restore = (given: { password: string; shownHash?: string }) =>
      restoreSignOff(as(pools, client), {
        engagementId,
        signOffId,
        reason: 'Repaired.',
        shownHash: sha256(restorationDocument(suspended)),
        origin: ORIGIN,
        ...given,
      })
    await expect(restore({ password: '' })).rejects.toMatchObject({ fields: { password: /asks for your password/ } })
    await expect(restore({ password, shownHash: hash })).rejects.toMatchObject({ code: 'conflict' })
    await restore({ password })
    expect(await look(pools, fixture, { criterionId, signOffId })).toMatchObject({ state: 'approved' })
  })
})

test('nothing is decided after the end of the engagement', async ({ pools, fixture }) => {
  const { engagementId, lead, client } = fixture
  const one = await sent(pools, fixture)
  await moveEngagement(as(pools, lead), { engagementId, to: 'cancelled' })
  await expect(decide(pools, fixture, { ...one, who: client })).rejects.toMatchObject({ code: 'refused' })
  await expect(
    giveFeedback(as(pools, client), {
      engagementId,
      signOffId: one.signOffId,
      origin: ORIGIN,
      grade: 'major',
      note: 'Too late.',
    }),
  ).rejects.toMatchObject({ code: 'refused' })
})

test('invariant 10: a delegate’s decision records both names, and the two are one vote', async ({
  pools,
  fixture,
  database,
}) => {
  const { engagementId, lead, client } = fixture
  const seat = found(
    (await pools.web.as({ personId: lead.personId }, (tx) => listSeats(tx, engagementId))).find(
      (one) => one.function === 'sponsor',
    ),
  )
  await acceptSeat(as(pools, client), { engagementId, seatId: seat.id })
  await delegateSeat(as(pools, client), {
    engagementId,
    seatId: seat.id,
    name: 'Dee Deputy',
    email: 'dee@acme-freight.test',
    until: '2099-01-01',
    note: '',
    origin: ORIGIN,
  })
  const [{ id }] = await query(
    database.ownerUrl,
    (sql) => sql<[{ id: string }]>`select id from persons where email = 'dee@acme-freight.test'`,
  )
  const deputy = await actorOf(pools, id as PersonActor['personId']) // an id straight from the table
  await seated(pools, fixture, 'domain_expert', 'A')
  await setSigningRule(as(pools, lead), { engagementId, ...RULE, quorum: 2 })
  const one = await sent(pools, fixture)
  await decide(pools, fixture, { ...one, who: deputy })
  const [decision] = await pools.web.as({ personId: client.personId }, (tx) =>
    listDecisionsOn(tx, engagementId, one.signOffId),
  )
  expect(JSON.parse(found(decision).body)).toMatchObject({
    decidedBy: { name: 'Dee Deputy' },
    onBehalfOf: { id: client.personId, name: client.name },
  })
  await expect(decide(pools, fixture, { ...one, who: client })).rejects.toMatchObject({
    code: 'refused',
    message: /You have decided on this already/,
  })
})

describe('an agreement that is suspended', () => {
  test('by a report below the floor is restored only by a decision of the client', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const criterionId = await aSignedCriterion(pools, fixture, { floor: '0.7' })
    const report = (value: string, who: PersonActor) =>
      reportCriterion(as(pools, who), {
        engagementId,
        criterionId,
        value: Number(value),
        windowFrom: '2026-02-01',
        windowTo: '2026-02-28',
        note: '',
        origin: ORIGIN,
      })
    const state = async () => {
      const { versions } = await pools.web.as({ personId: client.personId }, (tx) =>
        getCriterion(tx, engagementId, criterionId),
      )
      return versions[0]
    }
    await report('0.71', lead)
    expect(await state()).toMatchObject({ state: 'agreed' })
    await report('0.69', lead)
    const suspended = await state()
    expect(suspended).toMatchObject({ state: 'suspended', endedAt: null })
    const signOffs = await pools.web.as({ personId: client.personId }, (tx) =>
      listSignOffsOf(tx, engagementId, found(suspended).id),
    )
    const signOff = found(signOffs[0])
    expect(signOff).toMatchObject({
      state: 'suspended',
      stateReason: 'The live model breached the floor. Reported 0.69; the floor is 0.7.',
    })
    const restore = (who: PersonActor) =>
      restoreSignOff(as(pools, who), {
        engagementId,
        signOffId: signOff.id,
        reason: 'Repaired.',
        shownHash: sha256(restorationDocument(signOff)),
        password: '',
        origin: ORIGIN,
      })
    await expect(restore(lead)).rejects.toMatchObject({ code: 'refused', message: /accountable at the client/ })
    await restore(client)
    expect(await state()).toMatchObject({ state: 'agreed', agreedAt: NOW, endedAt: null })
    await expect(restore(client)).rejects.toMatchObject({ code: 'refused', message: /Only what is suspended/ })
    const [newest] = await pools.web.as({ personId: client.personId }, (tx) =>
      listDecisionsOn(tx, engagementId, signOff.id),
    )
    expect(newest).toMatchObject({ outcome: 'restored', rationale: 'Repaired.', decidedByName: client.name })
  })

  test('invariant 10: when the only accountable person leaves, and a new version takes its place', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    const seat = found(
      (await pools.web.as({ personId: lead.personId }, (tx) => listSeats(tx, engagementId))).find(
        (one) => one.personId === client.personId,
      ),
    )
    await vacateSeat(as(pools, lead), { engagementId, seatId: seat.id, reason: 'Left.', origin: ORIGIN })
    const read = () => pools.web.as({ personId: lead.personId }, (tx) => getCriterion(tx, engagementId, criterionId))
    expect((await read()).versions[0]).toMatchObject({ state: 'suspended' })
    const next = await seated(pools, fixture, 'sponsor', 'A')
    await editCriterion(as(pools, lead), {
      engagementId,
      criterionId,
      form: aCriterionForm(fixture.datasetVersionId, { target: '0.8' }),
    })
    const signOffId = await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
    const { hash } = await look(pools, { ...fixture, client: next }, { criterionId, signOffId })
    await decide(pools, fixture, { signOffId, hash, who: next })
    expect((await read()).versions.map(({ version, state }) => [version, state])).toEqual([
      [2, 'agreed'],
      [1, 'superseded'],
    ])
  })

  test('by hand needs a person who answers for it', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const criterionId = await aSignedCriterion(pools, fixture)
    const expert = await seated(pools, fixture, 'domain_expert', 'C')
    const suspend = (who: PersonActor) =>
      suspendCriterion(as(pools, who), {
        engagementId,
        criterionId,
        reason: 'drift',
        evidence: 'PSI 0.4',
        origin: ORIGIN,
      })
    await expect(suspend(expert)).rejects.toMatchObject({ code: 'refused', message: /Only the engagement lead or who/ })
    await suspend(lead)
    await expect(suspend(lead)).rejects.toMatchObject({
      code: 'refused',
      message: 'Only what is signed can be suspended.',
    })
  })
})

test('the form of a decision asks for reasons and days where they are missing', () => {
  const typed = { shownHash: 'a'.repeat(64), rationale: '' }
  const errors = (change: object) => {
    const parsed = SignForm.safeParse({ ...typed, ...change })
    return parsed.success ? parsed.data.conditions : parsed.error.issues.map((issue) => issue.path[0])
  }
  expect(errors({ outcome: 'rejected' })).toEqual(['rationale'])
  expect(errors({ outcome: 'approved_with_conditions' })).toEqual(['condition1'])
  expect(errors({ outcome: 'approved_with_conditions', condition1: 'x' })).toEqual(['condition1Due'])
  expect(errors({ outcome: 'approved_with_conditions', condition1: 'x', condition1Due: '2026-05-01' })).toEqual([
    { text: 'x', due: '2026-05-01' },
  ])
  expect(errors({ outcome: 'approved_with_conditions', condition2: 'x', condition2Due: '2026-05-01' })).toEqual([
    'condition1',
  ])
  expect(errors({ outcome: 'approved', condition1: 'ignored' })).toEqual([])
  for (const outcome of [undefined, ''])
    expect(SignForm.safeParse({ ...typed, outcome }).error?.issues).toMatchObject([
      { path: ['outcome'], message: 'Choose what you decide.' },
    ])
})

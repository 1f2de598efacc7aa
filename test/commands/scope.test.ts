import { describe, expect } from 'vitest'
import { answerAsk, askForSomething, draftChange, proposeChange } from '#app/commands/changes.ts'
import { acknowledgeExplainer, writeComment } from '#app/commands/comments.ts'
import { addDeliverable, submitDeliverable } from '#app/commands/deliverables.ts'
import { addRegisterItem, settleRegisterItem } from '#app/commands/registers.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { ChangeForm, scopeOf } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/outcome.ts'
import { RegisterForm } from '#app/domain/register.ts'
import { getChange, listAsks } from '#db/queries/changes.ts'
import { hasAcknowledged, listComments } from '#db/queries/comments.ts'
import { getCriterion } from '#db/queries/criteria.ts'
import { listDeliverables, listDeliverableVersions } from '#db/queries/deliverables.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listEvents } from '#db/queries/events.ts'
import { listRegister } from '#db/queries/registers.ts'
import { getSignOff, listSignOffs } from '#db/queries/sign-offs.ts'
import { aBlob } from '#test/support/blobs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { anEngagement, as, aSignedCriterion, aSignedProblem, ORIGIN } from '#test/support/factories.ts'

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

async function decide(pools: Pools, fixture: EngagementFixture, signOffId: SignOffId, outcome: Outcome) {
  const { engagementId, client } = fixture
  const { subjectHash } = await read(pools, client, (tx) => getSignOff(tx, engagementId, signOffId))
  return decideSignOff(as(pools, client), {
    engagementId,
    signOffId,
    shownHash: subjectHash,
    outcome,
    rationale: outcome === 'approved' ? '' : 'Not like this.',
    origin: ORIGIN,
  })
}

const CHANGE = ChangeForm.parse({
  title: 'Helicopters, too',
  reason: 'The fleet grew.',
  addToScope: 'helicopters',
  takeFromScope: '',
  pushToLater: 'reports',
  newDeliverables: 'Report on helicopters',
  newTargetEnd: '2026-12-01',
  scheduleDays: '20',
  hours: '40.5',
  fee: '€ 4,000',
  criteria: '',
  data: 'Logs of 2025',
})

describe('a change request', () => {
  test('applies scope, dates and deliverables in the transaction of the client’s approval', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    await aSignedProblem(pools, fixture)
    const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
    const signOffId = await proposeChange(as(pools, lead), { engagementId, changeId, origin: ORIGIN })
    const look = () =>
      read(pools, client, async (tx) => ({
        change: (await getChange(tx, engagementId, changeId)).state,
        targetEnd: (await getEngagement(tx, engagementId)).targetEnd,
        deliverables: (await listDeliverables(tx, engagementId)).map(({ key, title }) => `${key} ${title}`),
      }))
    expect(await look()).toEqual({ change: 'proposed', targetEnd: null, deliverables: [] })
    await decide(pools, fixture, signOffId, 'approved')
    expect(await look()).toEqual({
      change: 'applied',
      targetEnd: '2026-12-01',
      deliverables: ['D1 Report on helicopters'],
    })
    const change = await read(pools, client, (tx) => getChange(tx, engagementId, changeId))
    expect(scopeOf({ inScope: ['reports'], outOfScope: [] }, [change]).map(({ text, kind }) => [text, kind])).toEqual([
      ['reports', 'pushed'],
      ['helicopters', 'added'],
    ])
  })

  test('that comes back for changes is a draft again; one that is rejected ends; both leave nothing applied', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead } = fixture
    const propose = async () => {
      const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
      return { changeId, signOffId: await proposeChange(as(pools, lead), { engagementId, changeId, origin: ORIGIN }) }
    }
    const [first, second] = [await propose(), await propose()]
    await decide(pools, fixture, first.signOffId, 'changes_requested')
    await decide(pools, fixture, second.signOffId, 'rejected')
    const state = (id: string) => read(pools, lead, async (tx) => (await getChange(tx, engagementId, id)).state)
    expect([await state(first.changeId), await state(second.changeId)]).toEqual(['draft', 'rejected'])
    expect(await read(pools, lead, (tx) => listDeliverables(tx, engagementId))).toEqual([])
    await expect(
      proposeChange(as(pools, lead), { engagementId, changeId: second.changeId, origin: ORIGIN }),
    ).rejects.toMatchObject({ code: 'refused', message: /What is rejected cannot become/ })
    await proposeChange(as(pools, lead), { engagementId, changeId: first.changeId, origin: ORIGIN })
  })

  test('is the team’s own while it is a draft: its title stands in no event that the client reads', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
    const kinds = (who: PersonActor) =>
      read(pools, who, async (tx) => (await listEvents(tx, engagementId, 100)).map(({ kind }) => kind))
    expect(await kinds(lead)).toContain('change.raised')
    expect(await kinds(client)).not.toContain('change.raised')
    await proposeChange(as(pools, lead), { engagementId, changeId, origin: ORIGIN })
    expect(await kinds(client)).toContain('change.sent')
  })

  test('is the lead’s to write; the client asks for something, and hears how it stands to the scope', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    await expect(
      draftChange(as(pools, client), { engagementId, changeId: null, content: CHANGE }),
    ).rejects.toMatchObject({ code: 'refused', message: /you can ask for something instead/ })
    await askForSomething(as(pools, client), { engagementId, text: 'Helicopters, please.', origin: ORIGIN })
    const asks = () => read(pools, client, (tx) => listAsks(tx, engagementId))
    const [ask] = await asks()
    const answer = {
      engagementId,
      askId: found(ask).id,
      answer: 'A change follows.',
      standing: 'out_of_scope',
    } as const
    await expect(answerAsk(as(pools, client), answer)).rejects.toMatchObject({ code: 'refused' })
    await answerAsk(as(pools, lead), answer)
    expect(await asks()).toMatchObject([{ answer: 'A change follows.', standing: 'out_of_scope' }])
    await expect(answerAsk(as(pools, lead), answer)).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('a deliverable', () => {
  test('is accepted by the hash of its file; a return begins the next round', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    await addDeliverable(as(pools, lead), {
      engagementId,
      title: 'Report',
      due: '2026-06-01',
      acceptanceCriteria: 'Says what was measured',
    })
    const one = async () => found((await read(pools, client, (tx) => listDeliverables(tx, engagementId)))[0])
    const submit = async (sha256: string, who = lead) =>
      submitDeliverable(as(pools, who), {
        engagementId,
        deliverableId: (await one()).id,
        file: { name: 'report.pdf', blob: aBlob(sha256) },
        note: '',
        origin: ORIGIN,
      })
    await expect(submit('a'.repeat(64), client)).rejects.toMatchObject({
      code: 'refused',
      message: /Only the engagement lead submits/,
    })
    const first = await submit('a'.repeat(64))
    await expect(submit('b'.repeat(64))).rejects.toMatchObject({ code: 'refused', message: /waits for acceptance/ })
    await decide(pools, fixture, first, 'changes_requested')
    expect(await one()).toMatchObject({ state: 'returned', round: 1 })
    const second = await submit('b'.repeat(64))
    await decide(pools, fixture, second, 'approved')
    expect(await one()).toMatchObject({ state: 'accepted', round: 1 })
    const { id } = await one()
    expect(await read(pools, client, (tx) => listDeliverableVersions(tx, engagementId, id))).toMatchObject([
      { number: 2, sha256: 'b'.repeat(64) },
      { number: 1, sha256: 'a'.repeat(64) },
    ])
    await expect(submit('c'.repeat(64))).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('a refuted assumption', () => {
  test('suspends every agreement that rests on it, and no other', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const resting = await aSignedCriterion(pools, fixture)
    const other = await aSignedCriterion(pools, fixture, { name: 'Another' })
    await addRegisterItem(as(pools, lead), {
      engagementId,
      form: RegisterForm.parse({
        kind: 'assumption',
        title: 'Winters are alike',
        body: '',
        restingOn: 'c1',
        audience: 'shared',
      }),
    })
    const items = () => read(pools, client, (tx) => listRegister(tx, engagementId))
    const item = found((await items())[0])
    expect(item).toMatchObject({ key: 'A1', state: 'unvalidated' })
    const settle = (to: 'confirmed' | 'refuted' | 'closed') =>
      settleRegisterItem(as(pools, client), { engagementId, itemId: item.id, to, note: 'It snowed.', origin: ORIGIN })
    await expect(settle('closed')).rejects.toMatchObject({ code: 'refused', message: /cannot become closed/ })
    await settle('refuted')
    const state = (id: typeof resting) =>
      read(pools, client, async (tx) => (await getCriterion(tx, engagementId, id)).versions[0]?.state)
    expect([await state(resting), await state(other)]).toEqual(['suspended', 'agreed'])
    const signOffs = await read(pools, client, (tx) => listSignOffs(tx, engagementId))
    expect(signOffs.find((one) => one.state === 'suspended')?.stateReason).toBe(
      'An assumption it rests on was refuted. A1 Winters are alike: It snowed.',
    )
  })

  test('names a criterion that is not there beside its field', async ({ pools, fixture }) => {
    const form = RegisterForm.parse({ kind: 'risk', title: 'T', body: '', restingOn: 'C9', audience: 'team' })
    await expect(
      addRegisterItem(as(pools, fixture.lead), { engagementId: fixture.engagementId, form }),
    ).rejects.toMatchObject({ code: 'invalid', fields: { restingOn: 'There is no criterion C9 here.' } })
    expect(await read(pools, fixture.lead, (tx) => listRegister(tx, fixture.engagementId))).toEqual([])
  })
})

describe('the two threads of comments', () => {
  test('invariant 13: what the team wrote can never become something that the client reads', async ({
    database,
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    await aSignedProblem(pools, fixture)
    const signOff = found((await read(pools, lead, (tx) => listSignOffs(tx, engagementId)))[0])
    const write = (who: PersonActor, audience: 'team' | 'shared', body: string) =>
      writeComment(as(pools, who), { engagementId, about: { kind: 'sign_off', id: signOff.id }, audience, body })
    await write(lead, 'team', 'They will not like it.')
    await write(lead, 'shared', 'Welcome.')
    await expect(write(client, 'team', 'Hello?')).rejects.toMatchObject({ code: 'refused' })
    await write(client, 'shared', 'Thank you.')
    const thread = (who: PersonActor, audience: 'team' | 'shared') =>
      read(pools, who, async (tx) =>
        (await listComments(tx, engagementId, { objectId: signOff.id, audience })).map(({ body }) => body),
      )
    expect(await thread(client, 'team')).toEqual([])
    expect((await thread(client, 'shared')).sort()).toEqual(['Thank you.', 'Welcome.'])
    expect(await thread(lead, 'team')).toEqual(['They will not like it.'])
    // There is no column to swap, no row to change, and for the client no table to write.
    const columns = await query(
      database.ownerUrl,
      (sql) =>
        sql`select column_name from information_schema.columns where table_name in ('team_comments', 'shared_comments') and column_name = 'audience'`,
    )
    expect(columns).toHaveLength(0)
    for (const [who, statement] of [
      [lead, `update team_comments set body = 'x'`],
      [lead, 'delete from shared_comments'],
      [
        client,
        `insert into team_comments select gen_random_uuid(), engagement_id, object_id, body, author_id, author_name, at from shared_comments`,
      ],
    ] as const)
      await expect(
        read(pools, who, async (tx) => {
          await tx.execute(statement)
        }),
      ).rejects.toThrow()
  })
})

test('an explainer is acknowledged once for each person and version', async ({ database, pools, fixture }) => {
  const { engagementId, client, lead } = fixture
  await acknowledgeExplainer(as(pools, client), { engagementId })
  await acknowledgeExplainer(as(pools, client), { engagementId })
  const rows = await query(database.ownerUrl, (sql) => sql`select person_id from acknowledgements`)
  expect(rows.map((row) => row['person_id'])).toEqual([client.personId])
  const read1 = { page: 'how-this-goes', pageVersion: '1' }
  expect(
    await read(pools, client, (tx) => hasAcknowledged(tx, engagementId, { personId: client.personId, ...read1 })),
  ).toBe(true)
  expect(
    await read(pools, lead, (tx) => hasAcknowledged(tx, engagementId, { personId: lead.personId, ...read1 })),
  ).toBe(false)
})

test('every new object of another client’s engagement does not exist', async ({ pools, fixture }) => {
  const { engagementId, lead } = fixture
  const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
  await addDeliverable(as(pools, lead), { engagementId, title: 'Report', due: null })
  await addRegisterItem(as(pools, lead), {
    engagementId,
    form: RegisterForm.parse({ kind: 'risk', title: 'T', body: '', audience: 'shared' }),
  })
  const { client: stranger } = await anEngagement(pools, lead, 'Other Client')
  await expect(read(pools, stranger, (tx) => getChange(tx, engagementId, changeId))).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await read(pools, stranger, (tx) => listDeliverables(tx, engagementId))).toEqual([])
  expect(await read(pools, stranger, (tx) => listRegister(tx, engagementId))).toEqual([])
  await expect(askForSomething(as(pools, stranger), { engagementId, text: 'x', origin: ORIGIN })).rejects.toMatchObject(
    { code: 'not_found' },
  )
})

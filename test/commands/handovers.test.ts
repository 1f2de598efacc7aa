import { describe, expect } from 'vitest'
import { addDeliverable } from '#app/commands/deliverables.ts'
import { moveEngagement } from '#app/commands/engagements.ts'
import { draftHandover, sendHandover } from '#app/commands/handovers.ts'
import { addRegisterItem } from '#app/commands/registers.ts'
import { meetCondition, voidSignOff } from '#app/commands/sign-off-acts.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { issueToken } from '#app/commands/tokens.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { HandoverForm } from '#app/domain/handover.ts'
import type { EngagementId, SignOffId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/outcome.ts'
import { readPageDocument } from '#app/domain/page-document.ts'
import { RegisterForm } from '#app/domain/register.ts'
import { newId } from '#db/new-id.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listEvents } from '#db/queries/events.ts'
import { listHandovers, listStandingTokens } from '#db/queries/handovers.ts'
import { getShownDocument, listConditions } from '#db/queries/sign-off-case.ts'
import { getSignOff } from '#db/queries/sign-offs.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { anEngagement, as, aSignedCriterion, aSignedProblem, NOW, ORIGIN } from '#test/support/factories.ts'

const CONTENT = HandoverForm.parse({
  operator: 'Operations of Acme Freight',
  operateFrom: '2026-04-01',
  accessUntil: '2026-04-15',
  operation: 'Watch the daily volume; go back one revision when it doubles.',
  openPoints: '',
})

/** The signed problem and criterion make it active. */
async function anActive(pools: Pools, fixture: EngagementFixture) {
  await aSignedProblem(pools, fixture)
  await aSignedCriterion(pools, fixture)
  return fixture
}

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

const draft = (pools: Pools, { engagementId, lead }: EngagementFixture, change: Partial<typeof CONTENT> = {}) =>
  draftHandover(as(pools, lead), { engagementId, content: { ...CONTENT, ...change } })

const send = (pools: Pools, { engagementId, lead }: EngagementFixture, now = NOW) =>
  sendHandover(as(pools, lead, now), { engagementId, origin: ORIGIN })

const stateOf = (pools: Pools, { engagementId, client }: EngagementFixture) =>
  read(pools, client, async (tx) => (await getEngagement(tx, engagementId)).state)

async function decide(pools: Pools, fixture: EngagementFixture, signOffId: SignOffId, outcome: Outcome) {
  const { engagementId, client } = fixture
  const { subjectHash } = await read(pools, client, (tx) => getSignOff(tx, engagementId, signOffId))
  return decideSignOff(as(pools, client), {
    engagementId,
    signOffId,
    shownHash: subjectHash,
    outcome,
    rationale: outcome === 'approved' ? '' : 'Not like this.',
    conditions: outcome === 'approved_with_conditions' ? [{ text: 'Train the shift', due: '2026-03-30' }] : [],
    origin: ORIGIN,
  })
}

describe('a hand-over', () => {
  test('names what runs, what is open and which access remains, and puts the engagement into operation', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = await anActive(pools, fixture)
    const item = (title: string, audience: string) =>
      addRegisterItem(as(pools, lead), {
        engagementId,
        form: RegisterForm.parse({ kind: 'risk', title, body: '', restingOn: '', due: '', audience }),
      })
    await item('Winter data is thin', 'shared')
    await item('Their budget may end', 'team')
    await addDeliverable(as(pools, lead), { engagementId, title: 'Runbook', due: null })
    await issueToken(as(pools, lead), { engagementId, name: 'secret laptop', scopes: ['track'] })

    await draft(pools, fixture)
    expect(await read(pools, client, (tx) => listStandingTokens(tx, engagementId, NOW))).toEqual([])
    const signOffId = await send(pools, fixture)
    expect(await stateOf(pools, fixture)).toBe('handover')

    const document = await read(pools, client, (tx) => getShownDocument(tx, engagementId, signOffId))
    const rows = Object.fromEntries(readPageDocument(document).rows.map(({ term, value }) => [term, value]))
    expect(rows).toMatchObject({
      'Who operates it': 'Operations of Acme Freight',
      'Live endpoints': 'None is live.',
      'Signed criteria': expect.stringMatching(/^- C1 version 1, Rank damaging strikes first: ROC-AUC at least 0.78/),
      Datasets: expect.stringContaining(`holdout version 1, digest ${fixture.datasetDigest}`),
      'Deliverables that were not': '- D1 Runbook (planned)',
      'Open risks, issues, assumptions': '- R1 Winter data is thin (risk, open)',
      'Access of the consultancy that remains': expect.stringMatching(
        /- Lea Lead: the seat “Engagement lead” since 2026-03-02.*\n- Lea Lead: a token for track, made 2026-03-02, until /,
      ),
      'That access ends on': '2026-04-15',
    })
    expect(document).not.toContain('Their budget')
    expect(document).not.toContain('secret laptop')
    expect(await read(pools, client, (tx) => listStandingTokens(tx, engagementId, NOW))).toMatchObject([
      { holder: 'Lea Lead', scopes: ['track'] },
    ])

    await decide(pools, fixture, signOffId, 'approved')
    expect(await stateOf(pools, fixture)).toBe('operate')
    await expect(draft(pools, fixture)).rejects.toMatchObject({ code: 'refused', message: /is operate/ })
    await moveEngagement(as(pools, lead), { engagementId, to: 'closed' })
  })

  test('with open conditions hands nothing over until the last of them is met', async ({ pools, fixture }) => {
    const { engagementId, client } = await anActive(pools, fixture)
    await draft(pools, fixture)
    const signOffId = await send(pools, fixture)
    await decide(pools, fixture, signOffId, 'approved_with_conditions')
    expect(await stateOf(pools, fixture)).toBe('handover')
    await expect(draft(pools, fixture)).rejects.toMatchObject({ message: /conditions have to be met/ })
    const [condition] = await read(pools, client, (tx) => listConditions(tx, engagementId, signOffId))
    await meetCondition(as(pools, client), {
      engagementId,
      signOffId,
      conditionId: condition?.id ?? '',
      note: '',
      origin: ORIGIN,
    })
    expect(await stateOf(pools, fixture)).toBe('operate')
  })

  test('that comes back, or is taken back, is written anew as another version', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = await anActive(pools, fixture)
    await draft(pools, fixture)
    await draft(pools, fixture, { operator: 'Night shift' })
    const first = await send(pools, fixture)
    await expect(draft(pools, fixture)).rejects.toMatchObject({ message: /reads the hand-over now/ })
    await decide(pools, fixture, first, 'changes_requested')
    await draft(pools, fixture)
    const second = await send(pools, fixture, new Date(NOW.getTime() + 60_000))
    await voidSignOff(as(pools, lead), { engagementId, signOffId: second, reason: 'A slip.', origin: ORIGIN })
    await draft(pools, fixture)
    const versions = await read(pools, lead, (tx) => listHandovers(tx, engagementId))
    expect(versions.map(({ version, content, sentAt }) => [version, content.operator, sentAt === null])).toEqual([
      [3, CONTENT.operator, true],
      [2, CONTENT.operator, false],
      [1, 'Night shift', false],
    ])
    expect(await stateOf(pools, fixture)).toBe('handover')
    // The draft is the team's own; what was sent is the client's to read and nobody's to change.
    expect((await read(pools, client, (tx) => listHandovers(tx, engagementId))).map(({ version }) => version)).toEqual([
      2, 1,
    ])
    await expect(
      query(
        database.ownerUrl,
        (sql) => sql`update handovers set content = content || '{"accessUntil":"2030-01-01"}' where version = 1`,
      ),
    ).rejects.toThrow(/never changes/)
    const kinds = async (who: PersonActor) =>
      (await read(pools, who, (tx) => listEvents(tx, engagementId, 200))).map(({ kind }) => kind)
    expect(await kinds(lead)).toContain('handover.drafted')
    expect(await kinds(client)).not.toContain('handover.drafted')
    expect(await kinds(client)).toContain('handover.sent')
  })

  test('is written and sent by the lead of active work, once, and nobody puts it into operation by hand', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    await expect(draft(pools, fixture)).rejects.toMatchObject({ message: /this engagement is draft/ })
    await anActive(pools, fixture)
    const other = await anEngagement(pools, lead, 'Other')
    const by = (who: PersonActor, id: EngagementId = engagementId) =>
      draftHandover(as(pools, who), { engagementId: id, content: CONTENT })
    await expect(by(client)).rejects.toMatchObject({ code: 'refused' })
    await expect(by(other.client)).rejects.toMatchObject({ code: 'not_found' })
    await expect(by(lead, newId<EngagementId>())).rejects.toMatchObject({ code: 'not_found' })
    await expect(send(pools, fixture)).rejects.toMatchObject({ message: 'Write the hand-over first.' })
    await expect(draft(pools, fixture, { accessUntil: '2026-03-01' })).rejects.toMatchObject({
      code: 'invalid',
      fields: { accessUntil: 'This day is over. Choose today or a day after it.' },
    })
    await draft(pools, fixture, { accessUntil: '2026-03-02' })
    await draft(pools, fixture)
    await expect(
      draftHandover(as(pools, lead), { engagementId, content: CONTENT, startedFrom: '0'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'conflict' })
    const both = await Promise.allSettled([send(pools, fixture), send(pools, fixture)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(moveEngagement(as(pools, lead), { engagementId, to: 'operate' })).rejects.toMatchObject({
      code: 'refused',
      message: /signed its hand-over/,
    })
  })

  test.each([
    ['operator', '', 'Who operates it is needed.'],
    ['operateFrom', 'soon', 'The first day of operation is not a date.'],
    ['accessUntil', '', 'The last day of our access is not a date.'],
    ['operation', '', 'How it is operated is needed.'],
  ])('says beside the field what is missing: %s', (field, value, message) => {
    const parsed = HandoverForm.safeParse({ ...CONTENT, [field]: value })
    expect(parsed.error?.issues.map((issue) => [issue.path[0], issue.message])).toEqual([[field, message]])
  })
})

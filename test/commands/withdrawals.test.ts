import { describe, expect } from 'vitest'
import { draftChange, proposeChange } from '#app/commands/changes.ts'
import { addDeliverable, submitDeliverable } from '#app/commands/deliverables.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { withdrawChange, withdrawDeliverable } from '#app/commands/withdrawals.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { ChangeForm } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { DeliverableId, SignOffId } from '#app/domain/ids.ts'
import type { Outcome } from '#app/domain/outcome.ts'
import { newId } from '#db/new-id.ts'
import { getChange } from '#db/queries/changes.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { listDecisionsOn, getSignOff } from '#db/queries/sign-offs.ts'
import { listWaiting } from '#db/queries/waiting.ts'
import { query } from '#test/support/database.ts'
import { aBlob } from '../support/blobs.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { anEngagement, as, ORIGIN } from '#test/support/factories.ts'

const WHY = { reason: 'The budget moved.', origin: ORIGIN }
const CHANGE = ChangeForm.parse({
  ...{ title: 'Helicopters, too', reason: 'The fleet grew.', addToScope: 'helicopters', takeFromScope: '' },
  ...{ pushToLater: '', newDeliverables: '', newTargetEnd: '', criteria: '', data: '' },
})

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

async function aProposedChange(pools: Pools, { engagementId, lead }: EngagementFixture) {
  const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
  return { changeId, signOffId: await proposeChange(as(pools, lead), { engagementId, changeId, origin: ORIGIN }) }
}

async function decide(pools: Pools, fixture: EngagementFixture, signOffId: SignOffId, outcome: Outcome) {
  const { engagementId, client } = fixture
  const { subjectHash } = await read(pools, client, (tx) => getSignOff(tx, engagementId, signOffId))
  return decideSignOff(as(pools, client), {
    ...{ engagementId, signOffId, shownHash: subjectHash, outcome, origin: ORIGIN },
    rationale: outcome === 'approved' ? '' : 'Not like this.',
  })
}

describe('withdrawing a change', () => {
  test('takes back what the client was asked, keeps the reason, and tells everybody at the table', async ({
    pools,
    database,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const { changeId, signOffId } = await aProposedChange(pools, fixture)
    const withdraw = (who: PersonActor) => withdrawChange(as(pools, who), { engagementId, changeId, ...WHY })
    await expect(withdraw(client)).rejects.toMatchObject({ code: 'refused' })
    await withdraw(lead)
    expect(await read(pools, client, (tx) => getChange(tx, engagementId, changeId))).toMatchObject({
      state: 'withdrawn',
      withdrawnReason: WHY.reason,
    })
    expect(await read(pools, client, (tx) => getSignOff(tx, engagementId, signOffId))).toMatchObject({
      state: 'voided',
      stateReason: WHY.reason,
    })
    const [newest] = await read(pools, client, (tx) => listDecisionsOn(tx, engagementId, signOffId))
    expect(newest).toMatchObject({ outcome: 'voided', rationale: WHY.reason })
    await expect(decide(pools, fixture, signOffId, 'approved')).rejects.toMatchObject({ code: 'conflict' })
    await expect(withdraw(lead)).rejects.toMatchObject({ message: /What is withdrawn cannot become/ })
    const mails = await query(
      database.ownerUrl,
      (sql) => sql`select to_address from mail_outbox where subject like 'Withdrawn: Change 1%'`,
    )
    expect(mails.map((mail) => mail['to_address'])).toEqual([client.email])
  })

  test('is for what the client has seen: a decided one stays, a returned one can go and waits for nobody', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead } = fixture
    const other = await anEngagement(pools, lead, 'Other')
    const withdraw = (changeId: string, who = lead) =>
      withdrawChange(as(pools, who), { engagementId, changeId, ...WHY })
    const unseen = await draftChange(as(pools, lead), { engagementId, changeId: null, content: CHANGE })
    await expect(withdraw(unseen)).rejects.toMatchObject({ message: /write it anew instead/ })
    await expect(withdraw(newId())).rejects.toMatchObject({ code: 'not_found' })
    await expect(withdraw(unseen, other.client)).rejects.toMatchObject({ code: 'not_found' })
    const [applied, returned] = [await aProposedChange(pools, fixture), await aProposedChange(pools, fixture)]
    await decide(pools, fixture, applied.signOffId, 'approved')
    await expect(withdraw(applied.changeId)).rejects.toMatchObject({ code: 'refused' })
    await decide(pools, fixture, returned.signOffId, 'changes_requested')
    const waiting = () => read(pools, lead, (tx) => listWaiting(tx, lead.personId))
    expect(await waiting()).toMatchObject([{ kind: 'came_back', id: returned.signOffId }])
    await withdraw(returned.changeId)
    expect(await waiting()).toEqual([])
  })

  test('and approving it at once leaves one of the two', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const { changeId, signOffId } = await aProposedChange(pools, fixture)
    const both = await Promise.allSettled([
      withdrawChange(as(pools, lead), { engagementId, changeId, ...WHY }),
      decide(pools, fixture, signOffId, 'approved'),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const { state } = await read(pools, client, (tx) => getChange(tx, engagementId, changeId))
    expect(state).toBe(both[0].status === 'fulfilled' ? 'withdrawn' : 'applied')
  })
})

describe('withdrawing a deliverable', () => {
  async function aSubmitted(pools: Pools, { engagementId, lead }: EngagementFixture, title: string) {
    await addDeliverable(as(pools, lead), { engagementId, title, due: null })
    const all = await read(pools, lead, (tx) => listDeliverables(tx, engagementId))
    const { id } = found(all.find((one) => one.title === title))
    const file = { name: 'report.pdf', blob: aBlob() }
    const signOffId = await submitDeliverable(as(pools, lead), {
      ...{ engagementId, deliverableId: id, file, note: '', origin: ORIGIN },
    })
    return { id, signOffId }
  }

  test('voids the version that waits; what was accepted stays', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const other = await anEngagement(pools, lead, 'Other')
    const withdraw = (deliverableId: DeliverableId, who = lead) =>
      withdrawDeliverable(as(pools, who), { engagementId, deliverableId, ...WHY })
    const [gone, accepted] = [await aSubmitted(pools, fixture, 'Report'), await aSubmitted(pools, fixture, 'Runbook')]
    await expect(withdraw(gone.id, client)).rejects.toMatchObject({ code: 'refused' })
    await expect(withdraw(gone.id, other.client)).rejects.toMatchObject({ code: 'not_found' })
    await expect(withdraw(newId<DeliverableId>())).rejects.toMatchObject({ code: 'not_found' })
    await withdraw(gone.id)
    await expect(withdraw(gone.id)).rejects.toMatchObject({ message: 'What is withdrawn cannot be withdrawn.' })
    await decide(pools, fixture, accepted.signOffId, 'approved')
    await expect(withdraw(accepted.id)).rejects.toMatchObject({ message: 'What is accepted cannot be withdrawn.' })
    const seen = await read(pools, client, (tx) => listDeliverables(tx, engagementId))
    expect(seen.map(({ title, state, withdrawnReason }) => [title, state, withdrawnReason])).toEqual([
      ['Report', 'withdrawn', WHY.reason],
      ['Runbook', 'accepted', ''],
    ])
    const { state } = await read(pools, client, (tx) => getSignOff(tx, engagementId, gone.signOffId))
    expect(state).toBe('voided')
  })
})

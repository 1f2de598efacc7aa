import { expect } from 'vitest'
import { answerAsk, askForSomething } from '#app/commands/changes.ts'
import { addCriterion, editCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { giveSeat } from '#app/commands/engagements.ts'
import { acceptSeat } from '#app/commands/seats.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { getSignOff } from '#db/queries/sign-offs.ts'
import { listWaiting } from '#db/queries/waiting.ts'
import { test } from '#test/support/engagement.ts'
import type { Pools } from '#test/support/factories.ts'
import { aCriterionForm, actorOf, aFirm, anEngagement, as, ORIGIN } from '#test/support/factories.ts'

const waitingFor = (pools: Pools, who: PersonActor) =>
  pools.web.as({ personId: who.personId }, (tx) => listWaiting(tx, who.personId))

test('what came back waits for the lead until something newer is sent; so does an ask until it is answered', async ({
  pools,
}) => {
  const { lead } = await aFirm(pools)
  const { engagementId, client, datasetVersionId } = await anEngagement(pools, lead)
  const form = (why: string) => aCriterionForm(datasetVersionId, { why })
  const criterionId = await addCriterion(as(pools, lead), { engagementId, form: form('First') })
  const signOffId = await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
  const seen = async () => (await waitingFor(pools, lead)).filter(({ kind }) => kind !== 'invitation')
  expect(await seen()).toEqual([])
  const { subjectHash } = await pools.web.as({ personId: client.personId }, (tx) =>
    getSignOff(tx, engagementId, signOffId),
  )
  await decideSignOff(as(pools, client), {
    engagementId,
    signOffId,
    shownHash: subjectHash,
    outcome: 'changes_requested',
    rationale: 'Say why.',
    origin: ORIGIN,
  })
  await askForSomething(as(pools, client), { engagementId, text: 'Helicopters, please.', origin: ORIGIN })
  expect(await seen()).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'came_back', id: signOffId, state: 'changes_requested' }),
      expect.objectContaining({ kind: 'ask', text: 'Helicopters, please.', askedBy: client.name }),
    ]),
  )
  expect(await waitingFor(pools, client)).toEqual([])
  const ask = (await seen()).find(({ kind }) => kind === 'ask')
  await answerAsk(as(pools, lead), { engagementId, askId: ask?.id ?? '', answer: 'No.', standing: 'out_of_scope' })
  await editCriterion(as(pools, lead), { engagementId, criterionId, form: form('Second') })
  expect(await seen()).toMatchObject([{ kind: 'came_back' }])
  await sendCriterion(as(pools, lead, new Date(Date.parse('2026-03-03T09:00:00Z'))), {
    engagementId,
    criterionId,
    origin: ORIGIN,
  })
  expect(await seen()).toEqual([])
})

test('a seat waits for whoever of ours was invited to it, until it is answered', async ({ pools }) => {
  const { lead, colleague } = await aFirm(pools)
  const { engagementId } = await anEngagement(pools, lead)
  await giveSeat(as(pools, lead), {
    engagementId,
    name: colleague.name,
    email: colleague.email,
    function: 'data_scientist',
    raci: 'R',
    origin: ORIGIN,
  })
  const invited = await actorOf(pools, colleague.personId)
  const [seat] = await waitingFor(pools, invited)
  expect(seat).toMatchObject({ kind: 'invitation', function: 'data_scientist', engagementId })
  await acceptSeat(as(pools, invited), { engagementId, seatId: toId<SeatId>(seat?.id) })
  expect(await waitingFor(pools, invited)).toEqual([])
})

import { expect } from 'vitest'
import { draftChange } from '#app/commands/changes.ts'
import { addCriterion, editCriterion, previewCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { draftHash } from '#app/commands/drafts.ts'
import { draftProblem } from '#app/commands/problems.ts'
import { ChangeForm } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { PersonId } from '#app/domain/ids.ts'
import { ProblemForm } from '#app/domain/problem.ts'
import { getChange } from '#db/queries/changes.ts'
import { getCriterion, listCriterionVersions } from '#db/queries/criteria.ts'
import { listEvents } from '#db/queries/events.ts'
import { listProblems } from '#db/queries/problems.ts'
import { test } from '#test/support/engagement.ts'
import { aCriterionForm, approve, as, aSignedProblem, ORIGIN } from '#test/support/factories.ts'

const STALE = { code: 'conflict', message: /Somebody saved another text meanwhile/ }

const problemForm = (problem: string) =>
  ProblemForm.parse({ problem, decisionSupported: 'Order', affectedPeople: '', inScope: 'a', outOfScope: '' })

test('of two tabs with the same problem statement the second does not write over the first', async ({
  pools,
  fixture,
}) => {
  const { engagementId, lead } = fixture
  const newest = () =>
    pools.web.as({ personId: lead.personId }, async (tx) => found((await listProblems(tx, engagementId))[0]).content)
  const save = (text: string, startedFrom?: string) =>
    draftProblem(as(pools, lead), { engagementId, form: problemForm(text), startedFrom })
  await save('Where both began')
  const startedFrom = draftHash(await newest())
  await save('The first tab', startedFrom)
  await expect(save('The second tab', startedFrom)).rejects.toMatchObject(STALE)
  expect(await newest()).toMatchObject({ problem: 'The first tab' })
  await save('Opened again', draftHash(await newest()))
  await save('A caller that does not say')
  expect(await newest()).toMatchObject({ problem: 'A caller that does not say' })
})

test('so it is with a criterion, already when the changes are shown', async ({ pools, fixture }) => {
  const { engagementId, lead, datasetVersionId } = fixture
  const form = (why: string) => aCriterionForm(datasetVersionId, { why })
  const criterionId = await addCriterion(as(pools, lead), { engagementId, form: form('Where both began') })
  const newest = () =>
    pools.web.as({ personId: lead.personId }, async (tx) =>
      found((await getCriterion(tx, engagementId, criterionId)).versions[0]),
    )
  const startedFrom = draftHash((await newest()).content)
  await editCriterion(as(pools, lead), { engagementId, criterionId, form: form('The first tab'), startedFrom })
  const second = { engagementId, criterionId, form: form('The second tab'), startedFrom }
  await expect(previewCriterion(as(pools, lead), second)).rejects.toMatchObject(STALE)
  await expect(editCriterion(as(pools, lead), second)).rejects.toMatchObject(STALE)
  expect((await newest()).content.why).toBe('The first tab')
})

test('so it is with a change', async ({ pools, fixture }) => {
  const { engagementId, lead } = fixture
  const content = (reason: string) =>
    ChangeForm.parse({
      title: 'More',
      reason,
      addToScope: 'helicopters',
      takeFromScope: '',
      pushToLater: '',
      newDeliverables: '',
      criteria: '',
      data: '',
    })
  const changeId = await draftChange(as(pools, lead), { engagementId, changeId: null, content: content('Both') })
  const change = { engagementId, changeId, startedFrom: draftHash(content('Both')) }
  await draftChange(as(pools, lead), { ...change, content: content('The first tab') })
  await expect(draftChange(as(pools, lead), { ...change, content: content('The second') })).rejects.toMatchObject(STALE)
  const kept = await pools.web.as({ personId: lead.personId }, (tx) => getChange(tx, engagementId, changeId))
  expect(kept.content.reason).toBe('The first tab')
})

test('what is written is the team’s own until it is sent, and the client’s from then on', async ({
  pools,
  fixture,
}) => {
  const { engagementId, lead, client, datasetVersionId } = fixture
  await draftProblem(as(pools, lead), { engagementId, form: problemForm('A first attempt') })
  const criterionId = await addCriterion(as(pools, lead), { engagementId, form: aCriterionForm(datasetVersionId) })
  const seenBy = (personId: PersonId) =>
    pools.web.as({ personId }, async (tx) => ({
      problems: (await listProblems(tx, engagementId)).length,
      criteria: (await listCriterionVersions(tx, engagementId)).length,
      told: (await listEvents(tx, engagementId, 100)).some(({ kind }) =>
        /^(problem|criterion)[.](drafted|changed)$/.test(kind),
      ),
    }))
  expect(await seenBy(lead.personId)).toEqual({ problems: 1, criteria: 1, told: true })
  expect(await seenBy(client.personId)).toEqual({ problems: 0, criteria: 0, told: false })
  await expect(
    pools.web.as({ personId: client.personId }, (tx) => getCriterion(tx, engagementId, criterionId)),
  ).rejects.toMatchObject({ code: 'not_found' })

  await aSignedProblem(pools, fixture)
  const signOffId = await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
  expect(await seenBy(client.personId)).toMatchObject({ problems: 1, criteria: 1, told: false })
  await approve(pools, fixture, signOffId)
  await editCriterion(as(pools, lead), {
    engagementId,
    criterionId,
    form: aCriterionForm(datasetVersionId, { target: '0.9' }),
  })
  expect(await seenBy(lead.personId)).toMatchObject({ criteria: 2 })
  expect(await seenBy(client.personId)).toMatchObject({ criteria: 1 })
})

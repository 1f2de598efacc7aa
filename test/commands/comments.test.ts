import { describe, expect } from 'vitest'
import { draftChange } from '#app/commands/changes.ts'
import type { CommentedObject } from '#app/commands/comments.ts'
import { writeComment } from '#app/commands/comments.ts'
import { addDeliverable } from '#app/commands/deliverables.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { ChangeForm } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import { newId } from '#db/new-id.ts'
import { listThreads } from '#db/queries/comments.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { test } from '../support/engagement.ts'
import { anEngagement, as, aSignedCriterion } from '../support/factories.ts'

describe('a comment', () => {
  test('is written to any object of the engagement that its writer sees, and read on its page', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client, datasetVersionId } = fixture
    await aSignedCriterion(pools, fixture)
    await addDeliverable(as(pools, lead), { engagementId, title: 'Report', due: null })
    const seen = await pools.web.as({ personId: lead.personId }, async (tx) => ({
      criterionId: found((await listCriterionVersions(tx, engagementId))[0]).criterionId,
      deliverableId: found((await listDeliverables(tx, engagementId))[0]).id,
    }))
    const objects: readonly CommentedObject[] = [
      { kind: 'criterion', id: seen.criterionId },
      { kind: 'deliverable', id: seen.deliverableId },
      { kind: 'dataset_version', id: datasetVersionId },
    ]
    const write = (who: PersonActor, about: CommentedObject, audience: 'team' | 'shared' = 'shared') =>
      writeComment(as(pools, who), { engagementId, about, audience, body: `${who.name} to the ${audience}` })
    const stranger = (await anEngagement(pools, lead, 'Other Mills')).client
    for (const about of objects) {
      await write(client, about)
      await write(lead, about, 'team')
      await expect(write(client, about, 'team')).rejects.toMatchObject({ code: 'refused' })
      await expect(write(stranger, about)).rejects.toMatchObject({ code: 'not_found' })
      await expect(write(client, { ...about, id: newId() })).rejects.toMatchObject({ code: 'not_found' })
      await expect(write(client, { ...about, id: 'nothing' })).rejects.toMatchObject({ code: 'not_found' })
      const threads = (who: PersonActor, asTeam: boolean) =>
        pools.web.as({ personId: who.personId }, (tx) => listThreads(tx, engagementId, about.id, asTeam))
      expect(await threads(lead, true)).toMatchObject({
        shared: [{ body: `${client.name} to the shared` }],
        team: [{ body: `${lead.name} to the team` }],
      })
      expect((await threads(client, true)).team).toEqual([])
      expect((await threads(client, false)).team).toBeNull()
    }
  })

  test('of a client finds no change that the team has not proposed', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const content = ChangeForm.parse({
      ...{ title: 'One more report', reason: 'It is wished for.', addToScope: 'one report', takeFromScope: '' },
      ...{ pushToLater: '', newDeliverables: '', newTargetEnd: '', scheduleDays: '0', hours: '0', fee: '' },
      ...{ criteria: '', data: '' },
    })
    const id = await draftChange(as(pools, lead), { engagementId, changeId: null, content })
    const write = (who: PersonActor) =>
      writeComment(as(pools, who), { engagementId, about: { kind: 'change', id }, audience: 'shared', body: 'Hm.' })
    await write(lead)
    await expect(write(client)).rejects.toMatchObject({ code: 'not_found' })
  })
})

import { expect } from 'vitest'
import { draftHash } from '#app/commands/drafts.ts'
import { writeModelCard } from '#app/commands/model-cards.ts'
import { registerRunModel } from '#app/commands/models.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import { gatherModelCard } from '#app/server/model-card.server.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listEventsAbout } from '#db/queries/events.ts'
import { as } from '#test/support/factories.ts'
import { aRun, test } from '#test/support/http.ts'

const PROSE = { summary: '', intendedUse: 'Order the queue.', limits: '', owner: '' }

test('a model card is written in the portal and through MLflow’s description, and made from the records', async ({
  pools,
  fixture,
  other,
  client,
}) => {
  const { engagementId, lead } = fixture
  const runId = toRunId(await aRun(client))
  const { body } = await client.get('runs/get', { run_id: runId })
  const root = String(body.run?.info?.artifact_uri).replace('mlflow-artifacts:/', '')
  await client.put(`${root}/model/model.onnx`, 'x')
  await client.post('runs/log-batch', {
    run_id: runId,
    metrics: [
      { key: 'roc_auc', value: 0.9, step: 0, timestamp: 1 },
      { key: 'roc_auc_se', value: 0.01, step: 0, timestamp: 1 },
      { key: 'loss', value: 'NaN', step: 0, timestamp: 1 },
    ],
  })
  const modelVersionId = await registerRunModel(as(pools, lead), { engagementId, name: 'm', runId })
  const card = (who = lead) =>
    pools.web.as({ personId: who.personId }, async (tx) =>
      gatherModelCard(tx, {
        engagement: await getEngagement(tx, engagementId),
        versionId: modelVersionId,
        now: new Date(),
      }),
    )
  const write = (prose: typeof PROSE, startedFrom?: string, who: PersonActor = lead, id = modelVersionId) =>
    writeModelCard(as(pools, who), { engagementId, modelVersionId: id, prose, startedFrom })

  expect((await card()).card.missing.map(({ part }) => part)).toEqual([
    'Intended use',
    'Limits',
    'Owner',
    'Training data',
    'Evaluation data',
    'Environment',
    'Verdict',
  ])
  expect((await card()).card.run?.metrics).toEqual([
    { key: 'loss', value: 'NaN', standardError: null, dataset: '' },
    { key: 'roc_auc', value: 0.9, standardError: 0.01, dataset: '' },
  ])
  await write(PROSE, draftHash(''))
  await write(PROSE, draftHash(''))
  await expect(write({ ...PROSE, owner: 'Ben' }, draftHash(''))).rejects.toMatchObject({ code: 'conflict' })
  const version = { name: 'm', version: '1' }
  const { body: got } = await client.get('model-versions/get', version)
  expect(got.model_version?.description).toBe('## Intended use\n\nOrder the queue.')

  await client.send('PATCH', 'model-versions/update', { ...version, description: 'Trees.\n\n## Owner\n\nAnn' })
  await client.send('PATCH', 'registered-models/update', { name: 'm', description: '## Limits\n\nNot for pilots.' })
  expect((await card()).card.prose).toEqual({
    summary: 'Trees.',
    intendedUse: '',
    limits: 'Not for pilots.',
    owner: 'Ann',
  })
  const told = await pools.web.as({ personId: lead.personId }, (tx) =>
    listEventsAbout(tx, engagementId, { kind: 'model_version.described', subjectId: modelVersionId, limit: 9 }),
  )
  expect(told.map(({ detail }) => detail['description'])).toEqual([
    'Trees.\n\n## Owner\n\nAnn',
    '## Intended use\n\nOrder the queue.',
  ])

  await expect(write(PROSE, undefined, fixture.client)).rejects.toMatchObject({ code: 'refused' })
  await expect(write(PROSE, undefined, other.client)).rejects.toMatchObject({ code: 'not_found' })
  const missing = toId<ModelVersionId>('00000000-0000-4000-8000-000000000000')
  await expect(write(PROSE, undefined, lead, missing)).rejects.toMatchObject({ code: 'not_found' })
  expect((await card(fixture.client)).card.prose.owner).toBe('Ann')
  await expect(card(other.client)).rejects.toMatchObject({ code: 'not_found' })
})

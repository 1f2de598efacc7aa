import { describe, expect } from 'vitest'
import { addCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { decideSignOff } from '#app/commands/sign-offs.ts'
import { addArtifact } from '#app/commands/run-files.ts'
import { logBatch, startRun, updateRun } from '#app/commands/tracking.ts'
import { askEvidence } from '#db/queries/evidence.ts'
import { listCriterionStandings } from '#db/queries/portfolio.ts'
import { aBlob } from '#test/support/blobs.ts'
import { query, test } from '#test/support/database.ts'
import {
  aCriterionForm,
  aFirm,
  aJobActor,
  anEngagement,
  as,
  aSignedProblem,
  NOW,
  openPools,
  openSignOffOf,
  ORIGIN,
} from '#test/support/factories.ts'

const FILES = ['model.onnx', 'signature.json', 'input_example.json', 'expected_output.json']

describe('an approval with conditions', () => {
  test('names who signed on the progress page and in the evidence of the live model', async ({ database }) => {
    const pools = openPools(database)
    try {
      const fixture = await anEngagement(pools, (await aFirm(pools)).lead)
      const { engagementId, lead, client } = fixture
      await aSignedProblem(pools, fixture)
      const form = aCriterionForm(fixture.datasetVersionId)
      const criterionId = await addCriterion(as(pools, lead), { engagementId, form })
      await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
      const signOff = await openSignOffOf(pools, client, engagementId)
      await decideSignOff(as(pools, client), {
        engagementId,
        signOffId: signOff.id,
        shownHash: signOff.subjectHash,
        outcome: 'approved_with_conditions',
        conditions: [{ text: 'Publish the error list', due: '2026-03-20' }],
        rationale: '',
        origin: ORIGIN,
      })

      const job = as(pools, await aJobActor(pools, fixture))
      const { run } = await startRun(job, { experimentId: '0', name: 'r', userName: '', startTime: null, tags: [] })
      const labels = { datasetName: 'holdout', datasetDigest: fixture.datasetDigest, modelId: '' }
      const metrics = [{ key: 'roc_auc', value: 0.95, timestamp: 1, step: 0, ...labels }]
      await logBatch(job, run.id, { params: [], tags: [], metrics })
      for (const name of FILES) await addArtifact(job, run.id, { path: `model/${name}`, blob: aBlob() })
      await updateRun(job, run.id, { state: 'finished' })
      const modelVersionId = await registerRunModel(as(pools, lead), { engagementId, name: 'm', runId: run.id })
      await deployModelVersion(as(pools, lead), { engagementId, modelVersionId })
      await query(
        database.ownerUrl,
        (sql) => sql`update deployments set state = 'live', live_from = ${NOW.toISOString()}`,
      )

      const { standings, evidence } = await pools.web.as({ personId: lead.personId }, async (tx) => ({
        standings: await listCriterionStandings(tx, [engagementId]),
        evidence: await askEvidence(tx, engagementId, NOW),
      }))
      expect(standings).toMatchObject([{ signedBy: client.name, signedAt: NOW }])
      expect(evidence).toMatchObject([{ signedBy: client.name, signedAt: NOW }])
    } finally {
      await pools.close()
    }
  })
})

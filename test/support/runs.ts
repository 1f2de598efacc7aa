import { judgeEngagement } from '#app/commands/judging.ts'
import { logBatch, startRun, updateRun } from '#app/commands/tracking.ts'
import type { ModelId, ModelVersionId, RunId } from '#app/domain/ids.ts'
import { newId } from '#db/new-id.ts'
import { insertModel, insertModelVersion } from '#db/queries/models.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { aJobActor, as, NOW } from './factories.ts'

export interface Measured {
  readonly key: string
  readonly value: number
  readonly datasetDigest: string
}

/** A run that a job executed, and finished. */
export async function aVerifiedRun(
  pools: Pools,
  fixture: EngagementFixture,
  metrics?: readonly Measured[],
): Promise<RunId> {
  const job = as(pools, await aJobActor(pools, fixture))
  const { run } = await startRun(job, { experimentId: '0', name: 'r', userName: '', startTime: null, tags: [] })
  const said = metrics ?? [{ key: 'roc_auc', value: 0.95, datasetDigest: fixture.datasetDigest }]
  await logBatch(job, run.id, {
    params: [],
    tags: [],
    metrics: said.map((metric) => ({ ...metric, timestamp: 1, step: 0, datasetName: 'a dataset', modelId: '' })),
  })
  await updateRun(job, run.id, { state: 'finished' })
  return run.id
}

export const judgeAll = (pools: Pools, { engagementId }: EngagementFixture) =>
  pools.worker.as({}, (tx) => judgeEngagement(tx, { engagementId, now: NOW }))

const SERVED = { 'model.onnx': 'a', 'signature.json': 'b', 'input_example.json': 'c', 'expected_output.json': 'd' }

/** A registered version with every file that serving asks for. */
export async function aServableVersion(
  pools: Pools,
  fixture: EngagementFixture,
  { files = SERVED, runId = null }: { files?: Record<string, string>; runId?: RunId | null } = {},
): Promise<ModelVersionId> {
  return pools.web.as({ personId: fixture.lead.personId }, async (tx) => {
    const modelId = newId<ModelId>()
    const id = newId<ModelVersionId>()
    const { engagementId } = fixture
    await insertModel(tx, { id: modelId, engagementId, name: `model ${modelId}`, description: '', at: NOW })
    await insertModelVersion(tx, {
      id,
      engagementId,
      modelId,
      state: 'ready',
      runId,
      loggedModelId: null,
      source: 'x',
      description: '',
      userName: 'x',
      files,
      at: NOW,
    })
    return id
  })
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { importDataset } from '#app/commands/datasets.ts'
import { beginDeployment, goLive } from '#app/commands/deployment-execution.ts'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { beginJob, endJob } from '#app/commands/job-execution.ts'
import { requestTraining } from '#app/commands/jobs.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { advanceRetrainings } from '#app/commands/retraining-execution.ts'
import { addArtifact } from '#app/commands/run-files.ts'
import { logBatch, startRun, updateRun } from '#app/commands/tracking.ts'
import type { JobActor, PersonActor } from '#app/domain/actor.ts'
import { DatasetForm } from '#app/domain/dataset.ts'
import { found } from '#app/domain/errors.ts'
import type { DatasetVersionId, EndpointId, RetrainingId, RunId } from '#app/domain/ids.ts'
import type { JobEnd } from '#app/domain/job.ts'
import type { Blobs } from '#db/blobs.server.ts'
import { diskBlobs } from '#db/blobs-disk.server.ts'
import { storeCsv } from '#db/csv-import.server.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { getRetraining, listRetrainings } from '#db/queries/retrainings.ts'
import { checkRetraining } from '#workers/tasks/check-retraining.ts'
import type { TaskShell } from '#workers/task.ts'
import { storing } from './blobs.ts'
import { test as withDatabase } from './database.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { aFirm, anEngagement, as, aSignedCriterion, aSignedProblem, NOW, openPools, ORIGIN } from './factories.ts'

const COLUMNS =
  'month,speed_knots,phase_of_flight,time_of_day,operator,aircraft,origin_state,wildlife_size,wildlife_species,damaged'
const SIGNATURE = {
  inputs: [
    { name: 'month', type: 'double', required: true },
    { name: 'speed_knots', type: 'double', required: false },
    { name: 'phase_of_flight', type: 'string', required: true },
  ],
  outputs: [{ name: 'probability', type: 'double' }],
}

/** Rows of strikes; `tail` makes files differ. */
export const strikes = (tail: string, header = COLUMNS) =>
  `${header}\n${Array.from({ length: 1200 }, (_, row) => `7,130,Approach,Day,A,B,C,Small,Gull,${row % 3 === 0 ? '1' : '0'}`).join('\n')}\n${tail}\n`

export interface RetrainingStage {
  readonly pools: Pools
  readonly fixture: EngagementFixture
  readonly blobs: Blobs
  readonly endpointId: EndpointId
  /** The next version of a dataset. */
  importCsv(name: string, csv: string, who?: PersonActor): Promise<DatasetVersionId>
  /** What a worker does with the message of a retraining. */
  check(id: RetrainingId): Promise<void>
  /** A worker's round. */
  round(): Promise<void>
  /** What a worker does with the next job: log a run with this AUC, and end. */
  work(auc: number, end?: JobEnd): Promise<void>
  /** What a worker does with the newest requested revision. */
  bringUp(): Promise<void>
  get(id: RetrainingId): ReturnType<typeof getRetraining>
  list(): ReturnType<typeof listRetrainings>
}

const SUCCEEDED: JobEnd = { state: 'succeeded', reasonCode: null, reason: '', exitCode: 0 }

/** A signed engagement whose live model a training job made, on real bytes; the workers' acts are called by the test. */
export const test = withDatabase.extend<{ stage: RetrainingStage }>({
  stage: async ({ database }, use) => {
    const pools = openPools(database)
    const dataDir = await mkdtemp(path.join(tmpdir(), 'throughline-test-'))
    const blobs = diskBlobs(dataDir)
    const fixture = await anEngagement(pools, (await aFirm(pools)).lead)
    const { engagementId, lead } = fixture
    // Only what the task reads of it.
    const shell = {
      ...{ database: pools.worker, blobs, now: () => NOW },
      config: { publicOrigin: ORIGIN },
    } as unknown as TaskShell
    const importCsv = async (name: string, csv: string, who: PersonActor = lead) => {
      const form = DatasetForm.parse({ name, description: '', sourceNote: 'a test', licence: 'CC0', target: 'damaged' })
      async function* content() {
        yield await Promise.resolve(Buffer.from(csv))
      }
      return storeCsv(blobs, content(), { engagementId, target: form.target, bytesMax: 10_000_000 }, (read) =>
        importDataset(as(pools, who), { engagementId, form, ...read }),
      )
    }
    const train = await importCsv('train', strikes('7,130,Climb,Day,A,B,C,Small,Gull,1'))
    const holdout = await importCsv('holdout-data', strikes('7,130,Descent,Day,A,B,C,Small,Gull,1'))
    const data = await pools.web.as({ personId: lead.personId }, (tx) => getDatasetVersion(tx, engagementId, holdout))
    await aSignedProblem(pools, fixture)
    await aSignedCriterion(pools, { ...fixture, datasetVersionId: holdout }, { target: '0.65', minimumRows: '100' })

    const work = async (auc: number, end = SUCCEEDED): Promise<RunId> => {
      const begun = found(
        await beginJob(pools.worker, { workerId: 'w', executor: 'cage', environment: 'e', interpreter: 'p', now: NOW }),
      )
      const { lease } = begun
      const job: JobActor = { kind: 'job', jobId: lease.id, name: 'a job', onlyEngagementId: engagementId }
      const { run } = await startRun(as(pools, job), {
        ...{ experimentId: '0', name: 'r', userName: 'x', startTime: null, tags: [] },
      })
      const metric = { key: 'roc_auc', value: auc, timestamp: 1, step: 0, datasetName: data.name, modelId: '' }
      await logBatch(as(pools, job), run.id, {
        ...{ params: [], tags: [], metrics: [{ ...metric, datasetDigest: data.digest }] },
      })
      const files = { 'model.onnx': 'onnx', 'signature.json': JSON.stringify(SIGNATURE) }
      for (const [file, text] of Object.entries({ ...files, 'input_example.json': '{}', 'expected_output.json': '[]' }))
        await storing(blobs, engagementId, text, (blob) =>
          addArtifact(as(pools, job), run.id, { path: `model/${file}`, blob }),
        )
      if (end.state === 'succeeded') await updateRun(as(pools, job), run.id, { state: 'finished' })
      await endJob(pools.worker, lease, { end, variation: 0.5, now: NOW })
      return run.id
    }
    const bringUp = async () => {
      const all = await pools.web.as({ personId: lead.personId }, (tx) => listDeployments(tx, engagementId))
      const { id } = found(all.find(({ state }) => state === 'requested'))
      const begun = found(await beginDeployment(pools.worker, id))
      await goLive(pools.worker, begun, { maxAbsDiff: 0, tolerance: 1, latencyMs: 1 }, NOW)
    }
    await requestTraining(as(pools, lead), {
      engagementId,
      recipe: { key: 'bird-strike-damage', title: 'Bird-strike damage' },
      runName: 'first',
      parameters: { algorithm: 'logistic', iterations: 20 },
      datasets: [
        { role: 'train', datasetVersionId: train },
        { role: 'test', datasetVersionId: holdout },
      ],
      idempotencyKey: null,
    })
    const runId = await work(0.8)
    const modelVersionId = await registerRunModel(as(pools, lead), { engagementId, name: 'strikes', runId })
    const endpointId = await deployModelVersion(as(pools, lead), { engagementId, modelVersionId })
    await bringUp()
    await use({
      ...{ pools, fixture, blobs, endpointId, importCsv, bringUp },
      check: (id) => checkRetraining({ retrainingId: id }, shell),
      round: () => advanceRetrainings(pools.worker, { now: NOW, origin: ORIGIN }),
      work: async (auc, end) => void (await work(auc, end)),
      get: (id) => pools.web.as({ personId: lead.personId }, (tx) => getRetraining(tx, engagementId, id)),
      list: () => pools.web.as({ personId: lead.personId }, (tx) => listRetrainings(tx, engagementId)),
    })
    await pools.close()
    await rm(dataDir, { recursive: true, force: true })
  },
})

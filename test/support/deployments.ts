import { deployModelVersion } from '#app/commands/deployments.ts'
import type { DeployRequest } from '#app/commands/deployments.ts'
import { registerRunModel } from '#app/commands/models.ts'
import { issueToken } from '#app/commands/tokens.ts'
import type { JobId, ModelVersionId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { openBlobs } from '#db/blob-store.server.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { DeploymentRow } from '#db/queries/deployments.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { getJob, listRunsOfJob } from '#db/queries/jobs.ts'
import type { Bucket } from '#db/s3-bucket.server.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { aFirm, anEngagement, as, aSignedCriterion, aSignedProblem, openPools } from './factories.ts'
import type { TrainingFixture } from './jobs.ts'
import { aStoredDataset, aTraining, QUICK } from './jobs.ts'
import { test as withDatabase } from './database.ts'
import type { Portal } from './processes.ts'
import { eventually, startPortal } from './processes.ts'

export interface Stage {
  readonly portal: Portal
  readonly pools: Pools
  readonly fixture: EngagementFixture
  readonly data: TrainingFixture
  readonly blobs: Blobs
}

/** Where a portal keeps its artifacts, and what its processes are told of it. */
export interface Artifacts {
  readonly bucket: Bucket | null
  readonly environment: Readonly<Record<string, string>>
}

/** Vitest's `test` with a running portal, an engagement and its data; `surroundings` are told to every process. */
export const test = withDatabase.extend<{
  artifacts: Artifacts
  surroundings: Readonly<Record<string, string>>
  stage: Stage
}>({
  artifacts: { bucket: null, environment: {} },
  surroundings: {},
  stage: async ({ database, artifacts, surroundings }, use) => {
    const pools = openPools(database)
    const portal = await startPortal(database, { ...artifacts.environment, ...surroundings })
    try {
      const blobs = await openBlobs(portal.dataDir, artifacts)
      const { lead } = await aFirm(pools)
      const fixture = await anEngagement(pools, lead)
      const data = {
        train: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-train'),
        test: await aStoredDataset(pools, fixture, blobs, 'birdstrikes-holdout'),
      }
      await use({ portal, pools, fixture, data, blobs })
    } finally {
      await portal.stop()
      await pools.close()
    }
  },
})

/** Sign the problem and a criterion, and let a worker train a model that meets it. */
export async function aTrainedRun(stage: Stage, target = '0.65') {
  const { pools, fixture, data } = stage
  await aSignedProblem(pools, fixture)
  await aSignedCriterion(pools, { ...fixture, datasetVersionId: data.test }, { target, floor: '0.62' })
  const jobId = await aTraining(pools, fixture, data, { fields: QUICK })
  await untilJobEnds(stage, jobId)
  const [run] = await pools.web.as({ personId: fixture.lead.personId }, (tx) => listRunsOfJob(tx, jobId))
  if (!run) throw new Error('The job logged no run')
  return toRunId(run.id)
}

export async function untilJobEnds({ pools, fixture }: Stage, jobId: JobId): Promise<void> {
  await eventually(
    async () => {
      const job = await pools.web.as({ personId: fixture.lead.personId }, (tx) =>
        getJob(tx, fixture.engagementId, jobId),
      )
      if (job.state !== 'queued' && job.state !== 'running' && job.state !== 'succeeded')
        throw new Error(`The training ${job.state}: ${job.reason}`)
      return job.state === 'succeeded' ? true : null
    },
    90,
    'the training ends',
  )
}

/** Register the run's model once more. */
export function aVersion(
  { pools, fixture }: Stage,
  runId: Awaited<ReturnType<typeof aTrainedRun>>,
): Promise<ModelVersionId> {
  return registerRunModel(as(pools, fixture.lead, new Date()), {
    engagementId: fixture.engagementId,
    name: 'strikes',
    runId,
  })
}

/** Deploy and wait until it is settled. */
export async function deployed(
  stage: Stage,
  modelVersionId: ModelVersionId,
  how: Partial<DeployRequest> = {},
): Promise<DeploymentRow> {
  const { pools, fixture } = stage
  const endpointId = await deployModelVersion(as(pools, fixture.lead, new Date()), {
    engagementId: fixture.engagementId,
    modelVersionId,
    ...how,
  })
  return untilSettled(stage, endpointId)
}

/** The newest revision of an endpoint, when it is neither requested nor probed any more. */
export async function untilSettled(stage: Stage, endpointId: DeploymentRow['endpointId']): Promise<DeploymentRow> {
  return eventually(
    async () => {
      const [newest] = await revisionsOf(stage, endpointId)
      return newest && newest.state !== 'requested' && newest.state !== 'probing' ? newest : null
    },
    60,
    'the deployment is settled',
  )
}

/** Newest first. */
export function revisionsOf(
  { pools, fixture }: Stage,
  endpointId: DeploymentRow['endpointId'],
): Promise<DeploymentRow[]> {
  return pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    listDeployments(tx, fixture.engagementId, { endpointId }),
  )
}

export async function aPredictToken({ pools, fixture }: Stage): Promise<string> {
  const { token } = await issueToken(as(pools, fixture.lead, new Date()), {
    engagementId: fixture.engagementId,
    name: 'a consumer',
    scopes: ['predict'],
  })
  return token
}

/** One strike, as a caller would send it. */
export const STRIKE = {
  month: 7,
  speed_knots: 130,
  phase_of_flight: 'Approach',
  time_of_day: 'Day',
  operator: 'AMERICAN AIRLINES',
  aircraft: 'MD-80',
  origin_state: 'Illinois',
  wildlife_size: 'Medium',
  wildlife_species: 'Unknown bird - medium',
} as const

import { and, eq, isNotNull, sql } from 'drizzle-orm'
import type { EndpointId, JobId, ModelVersionId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import type { RetrainingFacts, RetrainingState } from '#app/domain/retraining.ts'
import type { TrainPayload } from '../schema/jobs.ts'
import { jobs, jobWork } from '../schema/jobs.ts'
import { deployments, modelVersions, registeredModels } from '../schema/models.ts'
import { retrainings } from '../schema/retrainings.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'
import type { RetrainingRow } from './retrainings.ts'

/** The version that is live at an endpoint, with its revision; null: none is. */
export async function findLiveVersion(
  tx: Tx,
  endpointId: EndpointId,
): Promise<{ readonly id: ModelVersionId; readonly revision: number; readonly label: string } | null> {
  const [row] = await tx
    .select({
      id: deployments.modelVersionId,
      revision: deployments.revision,
      version: modelVersions.version,
      name: registeredModels.name,
    })
    .from(deployments)
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(and(eq(deployments.endpointId, endpointId), eq(deployments.state, 'live')))
  return row
    ? { id: toId<ModelVersionId>(row.id), revision: row.revision, label: `${row.name} version ${String(row.version)}` }
    : null
}

/** All that the next step of a retraining rests on, as a worker sees it. */
export async function gatherRetrainingFacts(tx: Tx, retraining: RetrainingRow): Promise<RetrainingFacts> {
  const [job] =
    retraining.jobId === null
      ? []
      : await tx.select({ state: jobs.state }).from(jobs).where(eq(jobs.id, retraining.jobId))
  const [deployment] =
    retraining.deploymentId === null
      ? []
      : await tx
          .select({
            state: deployments.state,
            wasLive: sql<boolean>`${isNotNull(deployments.liveFrom)}`,
            failure: deployments.failure,
          })
          .from(deployments)
          .where(eq(deployments.id, retraining.deploymentId))
  return {
    state: retraining.state,
    baseVersion: { id: retraining.baseVersionId },
    live: await findLiveVersion(tx, retraining.endpointId),
    job: job ?? null,
    deployment: deployment ?? null,
  }
}

interface JobProgress {
  readonly state: JobState
  readonly reason: string
  readonly progress: number
  readonly progressNote: string
}

/** A job as the page shows it: how far it is, or why it ended; null for whoever may not see jobs. */
export async function findJobState(tx: Tx, id: JobId): Promise<JobProgress | null> {
  const [row] = await tx
    .select({ state: jobs.state, reason: jobs.reason, progress: jobs.progress, progressNote: jobs.progressNote })
    .from(jobs)
    .where(eq(jobs.id, id))
  return row ?? null
}

/** The training job behind a model version; null when no job of ours trained it, and for whoever may not see jobs. */
export async function findTrainingOf(tx: Tx, modelVersionId: ModelVersionId): Promise<TrainPayload | null> {
  const [row] = await tx
    .select({ kind: jobs.kind, payload: jobs.payload })
    .from(modelVersions)
    .innerJoin(runs, eq(runs.id, modelVersions.runId))
    .innerJoin(jobs, eq(jobs.id, runs.jobId))
    .where(eq(modelVersions.id, modelVersionId))
  const work = row && jobWork(row.kind, row.payload)
  return work?.kind === 'train' ? work.payload : null
}

/** The retraining that made a model version; null when none did. */
export async function findRetrainingOf(
  tx: Tx,
  modelVersionId: ModelVersionId,
): Promise<{ readonly id: RetrainingId; readonly state: RetrainingState } | null> {
  const [row] = await tx
    .select({ id: retrainings.id, state: retrainings.state })
    .from(retrainings)
    .where(eq(retrainings.candidateVersionId, modelVersionId))
  return row ? { id: toId<RetrainingId>(row.id), state: row.state } : null
}

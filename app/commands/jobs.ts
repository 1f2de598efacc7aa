import type { PersonActor } from '#app/domain/actor.ts'
import { isUsable } from '#app/domain/dataset.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { rebuildRefusal } from '#app/domain/environment.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId, EnvironmentVersionId, JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobPriority } from '#app/domain/job.ts'
import { cancelRefusal, JOB_PRIORITY_RANK, replayRefusal, runJobsRefusal, startJobRefusal } from '#app/domain/job.ts'
import { newId } from '#db/new-id.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { getEnvironmentVersion, lockEnvironmentVersion } from '#db/queries/environments.ts'
import { recordEvent } from '#db/queries/events.ts'
import { askCancel, getJob, insertJob } from '#db/queries/jobs.ts'
import type { BuildPayload } from '#db/schema/jobs.ts'
import { jobWork } from '#db/schema/jobs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { enqueueAttempt } from './job-execution.ts'

export interface TrainRequest {
  readonly engagementId: EngagementId
  readonly recipe: { readonly key: string; readonly title: string }
  readonly runName: string
  readonly parameters: Readonly<Record<string, string | number>>
  readonly datasets: readonly { readonly role: 'train' | 'test'; readonly datasetVersionId: DatasetVersionId }[]
  /** A version that is ready; the built-in environment when none is given. */
  readonly environmentVersionId?: EnvironmentVersionId | null
  /** The same key asks for the same job: a double click starts one. */
  readonly idempotencyKey: string | null
  readonly priority?: JobPriority
}

/** Ask for a training job: a row, and its task on the queue, or neither. */
export async function requestTraining(ctx: CommandContext<PersonActor>, input: TrainRequest): Promise<JobId> {
  return transact(ctx, (tx) =>
    startTraining(tx, ctx, {
      ...input,
      priority: JOB_PRIORITY_RANK[input.priority ?? 'normal'],
      by: ctx.actor.name,
    }),
  )
}

/** As requestTraining, in the caller's transaction. @param input.by who started it, as the log says it */
export async function startTraining(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  input: Omit<TrainRequest, 'priority'> & { readonly priority: number; readonly by: string },
): Promise<JobId> {
  ensure(runJobsRefusal(await getStanding(tx, ctx.actor, input.engagementId)))
  return queueTraining(tx, ctx, input)
}

/** As startTraining, for a caller who has asked whether the actor may. */
export async function queueTraining(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  input: Omit<TrainRequest, 'priority'> & { readonly priority: number; readonly by: string },
): Promise<JobId> {
  const engagement = await getEngagement(tx, input.engagementId)
  ensure(endedRefusal(engagement.state))
  for (const dataset of input.datasets) {
    const version = await getDatasetVersion(tx, engagement.id, dataset.datasetVersionId)
    if (version.sha256 === null)
      throw new AppError('invalid', 'A job needs the bytes of its data.', {
        fields: { [dataset.role]: `${version.name} is known by name only; import its file first.` },
      })
    if (!isUsable(version.state))
      throw new AppError('refused', `${version.name} was ${version.state} and may not be used.`)
  }
  const environmentVersionId = input.environmentVersionId ?? null
  await ensureUsable(tx, engagement.id, environmentVersionId)
  const title = `${input.recipe.title}: ${input.runName}`
  return queueJob(tx, ctx, {
    engagementId: engagement.id,
    title,
    work: {
      kind: 'train',
      payload: {
        recipe: input.recipe.key,
        runName: input.runName,
        parameters: input.parameters,
        datasets: input.datasets,
        environmentVersionId,
      },
    },
    idempotencyKey: input.idempotencyKey,
    priority: input.priority,
    summary: `${input.by} started “${title}”.`,
  })
}

/** Hold an engagement in which the actor may let workers work. @throws AppError `refused` */
export async function lockForJobs(
  tx: Tx,
  { actor }: Pick<CommandContext<PersonActor>, 'actor'>,
  engagementId: EngagementId,
): Promise<EngagementRow> {
  const engagement = await lockEngagement(tx, engagementId)
  ensure(startJobRefusal(await getStanding(tx, actor, engagement.id), engagement.state))
  return engagement
}

/** @throws AppError `invalid` beside the field `environment` for a version that cannot be run in */
export async function ensureUsable(
  tx: Tx,
  engagementId: EngagementId,
  environmentVersionId: EnvironmentVersionId | null,
): Promise<void> {
  if (environmentVersionId === null) return
  const { state, label } = await getEnvironmentVersion(tx, engagementId, environmentVersionId)
  if (state === 'ready') return
  const sentence = `${label} is not ready; choose a version that is.`
  throw new AppError('invalid', sentence, { fields: { environment: sentence } })
}

/** A job with its first attempt on the queue; the one that is there when its key was used before. */
export async function queueJob(
  tx: Tx,
  ctx: Pick<CommandContext<PersonActor>, 'actor' | 'now'>,
  job: Omit<Parameters<typeof insertJob>[1], 'id' | 'requestedBy' | 'at'> & { readonly summary: string },
): Promise<JobId> {
  const { summary, ...row } = job
  const { id, isNew } = await insertJob(tx, {
    ...row,
    id: newId<JobId>(),
    requestedBy: ctx.actor.personId,
    at: ctx.now,
  })
  if (!isNew) return id
  await enqueueAttempt(tx, { id, key: '1' })
  await recordEvent(tx, ctx.actor, {
    kind: 'job.requested',
    engagementId: job.engagementId,
    subjectId: id,
    summary,
    at: ctx.now,
  })
  return id
}

/**
 * Ask for a dead letter's work again, as a new job that names the old one.
 * @param input.idempotencyKey given by the form, so that a double click replays once
 * @throws AppError `refused` while it runs, and when it succeeded
 */
export async function replayJob(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; jobId: JobId; idempotencyKey: string },
): Promise<JobId> {
  return transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const job = await getJob(tx, engagement.id, input.jobId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(replayRefusal(standing, { state: job.state, engagement: engagement.state }))
    if (job.kind === 'build_environment') await ensureRebuildable(tx, engagement.id, job.payload)
    return queueJob(tx, ctx, {
      engagementId: engagement.id,
      title: job.title,
      work: jobWork(job.kind, job.payload),
      idempotencyKey: input.idempotencyKey,
      priority: job.priority,
      replayOf: job.id,
      summary: `${ctx.actor.name} replayed “${job.title}”.`,
    })
  })
}

/** A version is built once, by one job at a time: held until the transaction ends. @throws AppError `refused` */
async function ensureRebuildable(
  tx: Tx,
  engagementId: EngagementId,
  { environmentVersionId }: BuildPayload,
): Promise<void> {
  const id = toId<EnvironmentVersionId>(environmentVersionId)
  await lockEnvironmentVersion(tx, id)
  ensure(rebuildRefusal((await getEnvironmentVersion(tx, engagementId, id)).state))
}

/** Ask for the end of a job. @throws AppError `refused` when it ended already */
export async function cancelJob(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; jobId: JobId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const job = await getJob(tx, input.engagementId, input.jobId)
    ensure(cancelRefusal(await getStanding(tx, ctx.actor, input.engagementId), job.state))
    await askCancel(tx, job.id, ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'job.cancelled',
      engagementId: input.engagementId,
      subjectId: job.id,
      summary: `${ctx.actor.name} cancelled “${job.title}”.`,
      at: ctx.now,
    })
  })
}

import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { parseCron, nextFirings } from '#app/domain/cron.ts'
import { AppError, ensure, found, isAppError } from '#app/domain/errors.ts'
import type { DatasetVersionId, EndpointId, EngagementId, JobId, RetrainingId, ScheduleId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { JOB_PRIORITY_RANK, startJobRefusal } from '#app/domain/job.ts'
import { NO_FIXED_CODE } from '#app/domain/retraining.ts'
import type { ScheduleForm } from '#app/domain/schedule.ts'
import { dueFirings, MISFIRE_GRACE_SECONDS, WAITING_MAX } from '#app/domain/schedule.ts'
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { getEndpoint } from '#db/queries/deployments.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { pinnedEnvironment } from '#db/queries/environments.ts'
import { recordEvent } from '#db/queries/events.ts'
import { findActor } from '#db/queries/people.ts'
import { findLiveVersion, findTrainingOf } from '#db/queries/retraining-facts.ts'
import type { FiringRow, ScheduleRow } from '#db/queries/schedules.ts'
import {
  countOpenStarts,
  getSchedule,
  insertFirings,
  insertSchedule,
  listFirings,
  listSchedulesToFire,
  saveFiring,
  saveNextFiring,
  savePause,
  takeSchedule,
} from '#db/queries/schedules.ts'
import type { TrainPayload } from '#db/schema/jobs.ts'
import type { Database, Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { eachApart } from './each-apart.ts'
import type { TrainRequest } from './jobs.ts'
import { ensureUsable, lockForJobs, startTraining } from './jobs.ts'
import { beginRetraining } from './retrainings.ts'

type TrainingJob = Pick<TrainRequest, 'recipe' | 'runName' | 'parameters' | 'datasets' | 'environmentVersionId'>

/** Make a schedule of a training job. Making one with the id of one that exists changes nothing: the form was sent twice. */
export async function addSchedule(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; form: z.infer<typeof ScheduleForm>; job: TrainingJob },
): Promise<ScheduleId> {
  const { form, job } = input
  const watched = form.trigger === 'time' ? null : found(job.datasets.find(({ role }) => role === form.watch))
  return transact(ctx, async (tx) => {
    for (const { datasetVersionId } of job.datasets) await getDatasetVersion(tx, input.engagementId, datasetVersionId)
    const { recipe, environmentVersionId = null, ...what } = job
    await ensureUsable(tx, input.engagementId, environmentVersionId)
    return insert(tx, ctx, {
      ...input,
      payload: { ...what, recipe: recipe.key, environmentVersionId },
      endpointId: null,
      watched: watched?.datasetVersionId ?? null,
    })
  })
}

/** Make a schedule that retrains what is live at an endpoint, as addSchedule. */
export async function addRetrainingSchedule(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; form: z.infer<typeof ScheduleForm> },
): Promise<ScheduleId> {
  const { engagementId, endpointId, form } = input
  return transact(ctx, async (tx) => {
    const endpoint = await getEndpoint(tx, engagementId, endpointId)
    const live = found(await findLiveVersion(tx, endpoint.id), 'A live model at this endpoint')
    const payload = await findTrainingOf(tx, live.id)
    if (payload === null) throw new AppError('refused', NO_FIXED_CODE)
    const watched = form.trigger === 'time' ? null : found(payload.datasets.find(({ role }) => role === form.watch))
    return insert(tx, ctx, {
      engagementId,
      form,
      payload: null,
      endpointId: endpoint.id,
      watched: watched === null ? null : toId<DatasetVersionId>(watched.datasetVersionId),
    })
  })
}

async function insert(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly form: z.infer<typeof ScheduleForm>
    readonly payload: TrainPayload | null
    readonly endpointId: EndpointId | null
    /** A version of the data that it waits for; null when it fires at times. */
    readonly watched: DatasetVersionId | null
  },
): Promise<ScheduleId> {
  const { form, payload, endpointId, watched } = input
  const engagement = await lockForJobs(tx, ctx, input.engagementId)
  const id = toId<ScheduleId>(form.requestKey)
  const isTimed = form.trigger === 'time'
  const said = {
    name: form.name,
    payload,
    endpointId,
    priority: JOB_PRIORITY_RANK[form.priority],
    trigger: form.trigger,
    cron: isTimed ? form.cron : '',
    timeZone: form.timeZone,
    watchedRole: watched === null ? null : form.watch,
    overlap: form.overlap,
    misfire: form.misfire,
  }
  const isNew = await insertSchedule(tx, {
    ...said,
    id,
    engagementId: engagement.id,
    watchedDatasetId: watched === null ? null : (await getDatasetVersion(tx, engagement.id, watched)).datasetId,
    nextAt: isTimed ? nextOf(form.cron, form.timeZone, ctx.now) : null,
    createdBy: ctx.actor.personId,
    createdAt: ctx.now,
  })
  if (!isNew) {
    const there = await getSchedule(tx, engagement.id, id)
    if (!Object.entries(said).every(([key, value]) => isDeepStrictEqual(there[key as keyof typeof said], value)))
      throw new AppError('conflict', `This form was already sent: it made “${there.name}”. Open it afresh.`)
    return id
  }
  await record(tx, ctx, { id, engagementId: engagement.id, words: `made the schedule “${form.name}”` })
  return id
}

/** Pause a schedule, or let it go on: what would have fired meanwhile is left out. Saying the same again changes nothing. */
export async function pauseSchedule(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; scheduleId: ScheduleId; isPaused: boolean },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const schedule = await getSchedule(tx, engagement.id, input.scheduleId)
    ensure(startJobRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state))
    if ((schedule.pausedAt !== null) === input.isPaused) return
    const paused = input.isPaused ? { at: ctx.now, by: ctx.actor.personId } : null
    const isTimed = schedule.trigger === 'time'
    const nextAt = isTimed && paused === null ? nextOf(schedule.cron, schedule.timeZone, ctx.now) : null
    await savePause(tx, schedule.id, paused, nextAt)
    const words = `${input.isPaused ? 'paused' : 'resumed'} the schedule “${schedule.name}”`
    await record(tx, ctx, { id: schedule.id, engagementId: engagement.id, words })
  })
}

/** @throws AppError `invalid` for text that is no schedule */
function nextOf(text: string, timeZone: string, after: Date): Date | null {
  const cron = parseCron(text)
  if (typeof cron === 'string') throw new AppError('invalid', cron, { fields: { cron } })
  return nextFirings(cron, timeZone, after, 1)[0] ?? null
}

/**
 * Fire what is due, for workers, every few seconds; each schedule in a transaction of its own. Two workers never fire one
 * twice: they take turns, and the key of a firing exists once. A worker that dies leaves nothing behind, so the next one
 * does it.
 */
export async function fireSchedules(database: Database, now: Date): Promise<void> {
  const due = await database.as({}, (tx) => listSchedulesToFire(tx, now))
  await eachApart(due, (id) => database.as({}, (tx) => fireSchedule(tx, id, now)))
}

/** Write down what is due of one schedule, and start what may start. Nothing happens while another worker is at it. */
export async function fireSchedule(tx: Tx, id: ScheduleId, now: Date): Promise<void> {
  const schedule = await takeSchedule(tx, id)
  if (schedule === null || schedule.pausedAt !== null) return
  if (schedule.nextAt !== null && schedule.nextAt <= now) await writeDownDue(tx, schedule, schedule.nextAt, now)
  for (const [index, firing] of (await listFirings(tx, schedule.id, 'waiting')).entries()) {
    const isBusy = schedule.overlap !== 'parallel' && (await countOpenStarts(tx, schedule.id)) > 0
    if (!isBusy) await start(tx, schedule, firing, now)
    else if (schedule.overlap === 'skip' || index >= WAITING_MAX)
      await saveFiring(tx, firing.id, {
        state: 'skipped',
        reason:
          schedule.overlap !== 'skip'
            ? 'Too many waited already.'
            : schedule.payload === null
              ? 'The retraining before had not ended.'
              : 'The job before still ran.',
      })
  }
}

async function writeDownDue(tx: Tx, schedule: ScheduleRow, nextAt: Date, now: Date): Promise<void> {
  const cron = parseCron(schedule.cron)
  if (typeof cron === 'string') throw new Error(`The stored schedule ${schedule.id} cannot be read: ${cron}`)
  const due = dueFirings({ ...schedule, cron, nextAt, now })
  const firing = (at: Date, state: 'waiting' | 'missed') => ({
    engagementId: schedule.engagementId,
    scheduleId: schedule.id,
    key: at.toISOString(),
    fireAt: at,
    datasetVersionId: null,
    state,
    reason: state === 'missed' ? `No worker was there within ${String(MISFIRE_GRACE_SECONDS)} seconds.` : '',
    at: now,
  })
  await insertFirings(tx, [
    ...due.missed.map((at) => firing(at, 'missed')),
    ...due.fire.map((at) => firing(at, 'waiting')),
  ])
  await saveNextFiring(tx, schedule.id, due.nextAt)
}

/** Start what a firing is for as whoever made the schedule, with their rights of today; a refusal is kept with the firing. */
async function start(tx: Tx, schedule: ScheduleRow, firing: FiringRow, now: Date): Promise<void> {
  try {
    const actor = await findActor(tx, schedule.createdBy)
    if (actor === null) throw new AppError('refused', `${schedule.createdByName} has no account any more.`)
    const ctx = { actor, now }
    const started =
      schedule.payload === null
        ? { retrainingId: await startRetraining(tx, ctx, schedule) }
        : { jobId: await startJob(tx, ctx, { schedule, payload: schedule.payload, firing }) }
    await saveFiring(tx, firing.id, { state: 'started', reason: '', ...started })
  } catch (error) {
    if (!isAppError(error)) throw error
    await saveFiring(tx, firing.id, { state: 'refused', reason: error.message.slice(0, 500) })
  }
}

type Starter = Pick<CommandContext<PersonActor>, 'actor' | 'now'>

async function startRetraining(tx: Tx, ctx: Starter, schedule: ScheduleRow): Promise<RetrainingId> {
  return beginRetraining(tx, ctx, {
    engagement: await getEngagement(tx, schedule.engagementId),
    endpointId: found(schedule.endpointId, 'The endpoint'),
    trigger: 'schedule',
    note: schedule.name,
    alertId: null,
  })
}

async function startJob(
  tx: Tx,
  ctx: Starter,
  { schedule, payload, firing }: { schedule: ScheduleRow; payload: TrainPayload; firing: FiringRow },
): Promise<JobId> {
  return startTraining(tx, ctx, {
    engagementId: schedule.engagementId,
    environmentVersionId: pinnedEnvironment(payload),
    recipe: { key: payload.recipe, title: schedule.name },
    runName: payload.runName,
    parameters: payload.parameters,
    datasets: payload.datasets.map(({ role, datasetVersionId }) => ({
      role,
      datasetVersionId: toId<DatasetVersionId>(
        firing.datasetVersionId !== null && role === schedule.watchedRole ? firing.datasetVersionId : datasetVersionId,
      ),
    })),
    idempotencyKey: `schedule:${schedule.id}:${firing.key}`,
    priority: schedule.priority,
    by: `The schedule of ${ctx.actor.name}`,
  })
}

function record(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  what: { readonly id: ScheduleId; readonly engagementId: EngagementId; readonly words: string },
): Promise<void> {
  return recordEvent(tx, ctx.actor, {
    kind: 'schedule.changed',
    engagementId: what.engagementId,
    subjectId: what.id,
    summary: `${ctx.actor.name} ${what.words}.`,
    at: ctx.now,
  })
}

import { isUsable } from '#app/domain/dataset.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, isAppError } from '#app/domain/errors.ts'
import type { DatasetVersionId, EngagementId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { JOB_PRIORITY_RANK } from '#app/domain/job.ts'
import { findRecipe, RECIPE_DIGEST_TAG } from '#app/domain/recipe.ts'
import type { Recipe } from '#app/domain/recipe.ts'
import { nextRetrainingMove, NO_FIXED_CODE, retrainRefusal } from '#app/domain/retraining.ts'
import { fillRole } from '#app/domain/training-schema.ts'
import { utcDay } from '#app/domain/zone.ts'
import type { DatasetVersionRow } from '#db/queries/datasets.ts'
import { getDatasetVersion, listDatasetVersions } from '#db/queries/datasets.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { pinnedEnvironment } from '#db/queries/environments.ts'
import { listJudgedVersions } from '#db/queries/evaluations.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { findActor } from '#db/queries/people.ts'
import type { RetrainingChange, RetrainingRow } from '#db/queries/retrainings.ts'
import { takeRetraining } from '#db/queries/retrainings.ts'
import { findTrainingOf, gatherRetrainingFacts } from '#db/queries/retraining-facts.ts'
import { findRunTag } from '#db/queries/runs.ts'
import type { TrainPayload } from '#db/schema/jobs.ts'
import type { Database, Tx } from '#db/types.ts'
import { queueTraining } from './jobs.ts'
import { moveRetraining } from './retraining-moves.ts'
import { tellOfRetraining } from './retraining-telling.ts'

/** One role of the recipe: what it was filled with when the live model was trained, and what fills it now. */
export interface RoleFill {
  readonly role: 'train' | 'test'
  /** Columns that the recipe reads in this role. */
  readonly columns: readonly string[]
  readonly before: DatasetVersionRow
  readonly fresh: DatasetVersionRow
  readonly newerVersion: number | null
}

/** All that a worker needs to look at the data of a retraining. */
export interface RetrainingCheck {
  readonly id: RetrainingId
  readonly engagementId: EngagementId
  readonly live: ModelVersionRow
  readonly recipe: Recipe
  readonly payload: TrainPayload
  /** SHA-256 of the recipe's code when the live model was trained; null: it was not kept then. */
  readonly liveCode: string | null
  readonly fills: readonly RoleFill[]
}

/**
 * What is to be looked at: the fixed code of the live model, and the data that would go in. What cannot be repeated is
 * refused here, with the reason.
 * @returns null when there is nothing to do: it was refused, or is not waiting for this any more
 */
export async function beginRetrainingCheck(
  database: Database,
  id: RetrainingId,
  at: { readonly now: Date; readonly origin: string },
): Promise<RetrainingCheck | null> {
  return database.as({}, async (tx) => {
    const retraining = await takeRetraining(tx, id, { isPatient: true })
    if (retraining?.state !== 'checking') return null
    try {
      return await planOf(tx, retraining)
    } catch (error) {
      if (!isAppError(error)) throw error
      await refuse(tx, retraining, { reason: error.message }, at)
      return null
    }
  })
}

/** @throws AppError `refused` with the sentence that is kept */
async function planOf(tx: Tx, retraining: RetrainingRow): Promise<RetrainingCheck> {
  const { engagementId } = retraining
  const live = await getModelVersion(tx, engagementId, retraining.baseVersionId)
  const payload = await findTrainingOf(tx, live.id)
  if (payload === null || live.runId === null)
    throw new AppError('refused', `${NO_FIXED_CODE} Train and deploy a version by a recipe first.`)
  const recipe = findRecipe(payload.recipe)
  if (recipe === null) throw new AppError('refused', `There is no recipe ${payload.recipe} any more.`)
  const signed = (await listJudgedVersions(tx, engagementId)).filter(({ state }) => state === 'agreed')
  const digests = new Set(signed.map(({ content }) => content.datasetDigest))
  const versions = await listDatasetVersions(tx, engagementId)
  const fills: RoleFill[] = []
  for (const { role, datasetVersionId } of payload.datasets) {
    const before = await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(datasetVersionId))
    const usable = versions.filter(
      (one) =>
        one.datasetId === before.datasetId &&
        one.sha256 !== null &&
        (one.state === 'available' || (one.id === before.id && isUsable(one.state))),
    )
    const fresh = fillRole(role, usable, digests)
    if (fresh === null) throw new AppError('refused', `No version of ${before.name} may be used now.`)
    const columns = recipe.datasets.find((one) => one.role === role)?.columns ?? []
    const newest = usable[0]?.version ?? fresh.version
    fills.push({ role, columns, before, fresh, newerVersion: newest > fresh.version ? newest : null })
  }
  if (fills.every(({ before, fresh }) => fresh.id === before.id))
    throw new AppError(
      'refused',
      `Nothing is new: what is live was trained on ${fills.map(({ fresh }) => `${fresh.name} v${String(fresh.version)}`).join(' and ')}, the newest that may be used.`,
    )
  const test = fills.find(({ role }) => role === 'test')
  const leak = fills.find(({ role, fresh }) => role === 'train' && fresh.digest === test?.fresh.digest)
  if (leak)
    throw new AppError(
      'refused',
      `${leak.fresh.name} v${String(leak.fresh.version)} is the very data that it is tested on.`,
    )
  const liveCode = await findRunTag(tx, live.runId, RECIPE_DIGEST_TAG)
  return { id: retraining.id, engagementId, live, recipe, payload, liveCode, fills }
}

/**
 * Start the training when the data fits; refuse with each column named when it does not. Safe to repeat: it happens once.
 * @param input.problems why the data does not fit; empty: it does
 * @param input.code SHA-256 of the recipe's code as it is now
 */
export async function endRetrainingCheck(
  database: Database,
  check: RetrainingCheck,
  input: {
    readonly problems: readonly string[]
    readonly code: string
    readonly now: Date
    readonly origin: string
  },
): Promise<void> {
  const { now } = input
  await database.as({}, async (tx) => {
    const retraining = await takeRetraining(tx, check.id, { isPatient: true })
    if (retraining?.state !== 'checking') return
    const overtaken = nextRetrainingMove(await gatherRetrainingFacts(tx, retraining))
    const datasets = check.fills.map(({ role, before, fresh, newerVersion }) => ({
      role,
      datasetVersionId: fresh.id,
      name: fresh.name,
      version: fresh.version,
      rows: fresh.profile.rows,
      liveVersion: before.version,
      newerVersion,
    }))
    const { recipe: key, parameters } = check.payload
    const recipe = { key, parameters, code: { now: input.code, live: check.liveCode } }
    const ctx = { who: null, now }
    if (overtaken !== null) {
      await moveRetraining(tx, ctx, retraining, overtaken)
      return tellOfRetraining(tx, retraining, overtaken, input)
    }
    if (input.problems.length > 0)
      return refuse(tx, retraining, { reason: input.problems.join(' '), recipe, datasets }, input)
    try {
      const jobId = await startJob(tx, retraining, check, now)
      await moveRetraining(tx, ctx, retraining, {
        to: 'training',
        reason: `The data fits: ${datasets.map(({ name, version, rows }) => `${name} v${String(version)}${rows === null ? '' : `, ${rows.toLocaleString('en-GB')} rows`}`).join('; ')}.`,
        recipe,
        datasets,
        jobId,
      })
    } catch (error) {
      if (!isAppError(error)) throw error
      await refuse(tx, retraining, { reason: error.message, recipe, datasets }, input)
    }
  })
}

async function refuse(
  tx: Tx,
  retraining: RetrainingRow,
  change: RetrainingChange & { readonly reason: string },
  at: { readonly now: Date; readonly origin: string },
): Promise<void> {
  const move = { to: 'refused' as const, ...change }
  await moveRetraining(tx, { who: null, now: at.now }, retraining, move)
  await tellOfRetraining(tx, retraining, move, at)
}

/** The training job, as whoever asked, with their rights of now. */
async function startJob(tx: Tx, retraining: RetrainingRow, check: RetrainingCheck, now: Date) {
  const { engagementId } = check
  const actor = await findActor(tx, retraining.requestedBy)
  if (actor === null) throw new AppError('refused', `${retraining.requestedByName} has no account any more.`)
  const engagement = await getEngagement(tx, engagementId)
  ensure(retrainRefusal(await getStanding(tx, actor, engagementId), engagement.state))
  ensure(endedRefusal(engagement.state))
  return queueTraining(
    tx,
    { actor, now },
    {
      engagementId,
      recipe: { key: check.recipe.key, title: `Retraining of ${retraining.slug}` },
      runName: `${check.payload.runName} again, ${utcDay(now)}`.slice(0, 120),
      parameters: check.payload.parameters,
      environmentVersionId: pinnedEnvironment(check.payload),
      datasets: check.fills.map(({ role, fresh }) => ({ role, datasetVersionId: fresh.id })),
      idempotencyKey: `retraining:${retraining.id}`,
      priority: JOB_PRIORITY_RANK.normal,
      by: `Retraining for ${actor.name}`,
    },
  )
}

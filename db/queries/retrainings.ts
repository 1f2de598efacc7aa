import { and, asc, desc, eq, gt, inArray, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { found } from '#app/domain/errors.ts'
import type {
  DeploymentId,
  EndpointId,
  EngagementId,
  JobId,
  ModelVersionId,
  PersonId,
  RetrainingId,
} from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { RetrainingState, RetrainingTrigger } from '#app/domain/retraining.ts'
import { OPEN_RETRAINING_STATES } from '#app/domain/retraining.ts'
import { jobs } from '../schema/jobs.ts'
import { endpoints, modelVersions, registeredModels } from '../schema/models.ts'
import { persons } from '../schema/persons.ts'
import type { RetrainingData, RetrainingRecipe, ShownComparison } from '../schema/retrainings.ts'
import { retrainingMoves, retrainings } from '../schema/retrainings.ts'
import type { Tx } from '../types.ts'

export interface RetrainingRow {
  readonly id: RetrainingId
  readonly engagementId: EngagementId
  readonly endpointId: EndpointId
  readonly slug: string
  readonly modelName: string
  readonly trigger: RetrainingTrigger
  /** Empty, too, for whoever may not see the schedule that started it. */
  readonly triggerNote: string
  readonly state: RetrainingState
  readonly reason: string
  readonly baseVersionId: ModelVersionId
  readonly baseVersion: number
  readonly baseRevision: number
  readonly recipe: RetrainingRecipe | null
  readonly datasets: readonly RetrainingData[] | null
  readonly jobId: JobId | null
  readonly candidateVersionId: ModelVersionId | null
  readonly candidateVersion: number | null
  readonly deploymentId: DeploymentId | null
  readonly requestedBy: PersonId
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly decidedByName: string | null
  readonly decidedAt: Date | null
  readonly rationale: string | null
  readonly shown: readonly ShownComparison[] | null
  readonly endedAt: Date | null
}

const base = alias(modelVersions, 'base')
const candidate = alias(modelVersions, 'candidate')
const decider = alias(persons, 'decider')

/** A schedule is the team's own, and so is its name; an alert is not. */
const triggerNoteForViewer = sql<string>`case when ${retrainings.trigger} = 'schedule' and not (select app.is_staff())
  then '' else ${retrainings.triggerNote} end`

const selectRetrainings = (tx: Tx) =>
  tx
    .select({
      id: retrainings.id,
      engagementId: retrainings.engagementId,
      endpointId: retrainings.endpointId,
      slug: endpoints.slug,
      modelName: registeredModels.name,
      trigger: retrainings.trigger,
      triggerNote: triggerNoteForViewer,
      state: retrainings.state,
      reason: retrainings.reason,
      baseVersionId: retrainings.baseVersionId,
      baseVersion: base.version,
      baseRevision: retrainings.baseRevision,
      recipe: retrainings.recipe,
      datasets: retrainings.datasets,
      jobId: retrainings.jobId,
      candidateVersionId: retrainings.candidateVersionId,
      candidateVersion: candidate.version,
      deploymentId: retrainings.deploymentId,
      requestedBy: retrainings.requestedBy,
      requestedByName: persons.name,
      requestedAt: retrainings.requestedAt,
      decidedByName: decider.name,
      decidedAt: retrainings.decidedAt,
      rationale: retrainings.rationale,
      shown: retrainings.shown,
      endedAt: retrainings.endedAt,
    })
    .from(retrainings)
    .innerJoin(endpoints, eq(endpoints.id, retrainings.endpointId))
    .innerJoin(registeredModels, eq(registeredModels.id, endpoints.modelId))
    .innerJoin(base, eq(base.id, retrainings.baseVersionId))
    .leftJoin(candidate, eq(candidate.id, retrainings.candidateVersionId))
    .innerJoin(persons, eq(persons.id, retrainings.requestedBy))
    .leftJoin(decider, eq(decider.id, retrainings.decidedBy))

const idOrNull = <T extends JobId | ModelVersionId | DeploymentId>(text: string | null) =>
  text === null ? null : toId<T>(text)

const toRow = (raw: Awaited<ReturnType<typeof selectRetrainings>>[number]): RetrainingRow => ({
  ...raw,
  id: toId<RetrainingId>(raw.id),
  engagementId: toId<EngagementId>(raw.engagementId),
  endpointId: toId<EndpointId>(raw.endpointId),
  baseVersionId: toId<ModelVersionId>(raw.baseVersionId),
  jobId: idOrNull<JobId>(raw.jobId),
  candidateVersionId: idOrNull<ModelVersionId>(raw.candidateVersionId),
  deploymentId: idOrNull<DeploymentId>(raw.deploymentId),
  requestedBy: toId<PersonId>(raw.requestedBy),
})

/** @throws AppError `not_found` */
export async function getRetraining(tx: Tx, engagementId: EngagementId, id: RetrainingId): Promise<RetrainingRow> {
  const [row] = await selectRetrainings(tx).where(
    and(eq(retrainings.engagementId, engagementId), eq(retrainings.id, id)),
  )
  return toRow(found(row, 'This retraining'))
}

/** As getRetraining, and holds it. */
export async function lockRetraining(tx: Tx, engagementId: EngagementId, id: RetrainingId): Promise<RetrainingRow> {
  await tx
    .select({ id: retrainings.id })
    .from(retrainings)
    .where(and(eq(retrainings.engagementId, engagementId), eq(retrainings.id, id)))
    .for('update')
  return getRetraining(tx, engagementId, id)
}

/**
 * Hold one whatever engagement it is of, for workers; null when it is gone.
 * @param options.isPatient false: null, too, while somebody else holds it
 */
export async function takeRetraining(
  tx: Tx,
  id: RetrainingId,
  options: { readonly isPatient: boolean },
): Promise<RetrainingRow | null> {
  const held = await tx
    .select({ id: retrainings.id })
    .from(retrainings)
    .where(eq(retrainings.id, id))
    .for('update', options.isPatient ? {} : { skipLocked: true })
  if (held.length === 0) return null
  const [row] = await selectRetrainings(tx).where(eq(retrainings.id, id))
  return row ? toRow(row) : null
}

/** Retrainings of an engagement, newest first; of one endpoint when asked. */
export async function listRetrainings(
  tx: Tx,
  engagementId: EngagementId,
  only: { readonly endpointId?: EndpointId; readonly limit?: number } = {},
): Promise<RetrainingRow[]> {
  const rows = await selectRetrainings(tx)
    .where(
      and(
        eq(retrainings.engagementId, engagementId),
        only.endpointId === undefined ? undefined : eq(retrainings.endpointId, only.endpointId),
      ),
    )
    .orderBy(desc(retrainings.requestedAt), asc(retrainings.id))
    .limit(only.limit ?? 50)
  return rows.map(toRow)
}

const isOpen = inArray(retrainings.state, [...OPEN_RETRAINING_STATES])

/** The one that is under way at an endpoint; null: none is. */
export async function findOpenRetraining(tx: Tx, endpointId: EndpointId): Promise<RetrainingRow | null> {
  const [row] = await selectRetrainings(tx).where(and(eq(retrainings.endpointId, endpointId), isOpen))
  return row ? toRow(row) : null
}

/** Everything that has not ended, oldest first, for workers. */
export async function listOpenRetrainings(tx: Tx): Promise<RetrainingId[]> {
  const rows = await tx
    .select({ id: retrainings.id })
    .from(retrainings)
    .where(isOpen)
    .orderBy(asc(retrainings.requestedAt), asc(retrainings.id))
    .limit(1000)
  return rows.map(({ id }) => toId<RetrainingId>(id))
}

/** Jobs of retrainings that ended otherwise, and that nobody told to stop yet. */
export async function listAbandonedJobs(tx: Tx): Promise<JobId[]> {
  const rows = await tx
    .select({ id: jobs.id })
    .from(retrainings)
    .innerJoin(jobs, eq(jobs.id, retrainings.jobId))
    .where(
      and(
        inArray(retrainings.state, ['cancelled', 'superseded']),
        inArray(jobs.state, ['queued', 'running']),
        sql`${jobs.cancelAskedAt} is null`,
      ),
    )
    .limit(100)
  return rows.map(({ id }) => toId<JobId>(id))
}

/** Whether drift may start one: none is under way, the alert started none, and drift none since a time. */
export async function mayDriftStart(
  tx: Tx,
  endpointId: EndpointId,
  given: { readonly alertId: string; readonly noneSince: Date },
): Promise<boolean> {
  const rows = await tx
    .select({ id: retrainings.id })
    .from(retrainings)
    .where(
      and(
        eq(retrainings.endpointId, endpointId),
        or(
          isOpen,
          eq(retrainings.alertId, given.alertId),
          and(eq(retrainings.trigger, 'drift'), gt(retrainings.requestedAt, given.noneSince)),
        ),
      ),
    )
    .limit(1)
  return rows.length === 0
}

export interface NewRetraining {
  readonly id: RetrainingId
  readonly engagementId: EngagementId
  readonly endpointId: EndpointId
  readonly trigger: RetrainingTrigger
  readonly triggerNote: string
  readonly alertId: string | null
  readonly reason: string
  readonly baseVersionId: ModelVersionId
  readonly baseRevision: number
  readonly requestedBy: PersonId
  readonly requestedAt: Date
}

/** @returns false when one is under way at the endpoint, or the alert started one before */
export async function insertRetraining(tx: Tx, row: NewRetraining): Promise<boolean> {
  const made = await tx
    .insert(retrainings)
    .values({ ...row, state: 'checking' })
    .onConflictDoNothing()
    .returning({ id: retrainings.id })
  return made.length > 0
}

/** What a step changes beside the state. */
export interface RetrainingChange {
  readonly recipe?: RetrainingRecipe
  readonly datasets?: readonly RetrainingData[]
  readonly jobId?: JobId
  readonly candidateVersionId?: ModelVersionId
  readonly deploymentId?: DeploymentId
  readonly decidedBy?: PersonId
  readonly decidedAt?: Date
  readonly rationale?: string
  readonly shown?: readonly ShownComparison[]
}

export async function saveRetraining(
  tx: Tx,
  id: RetrainingId,
  change: RetrainingChange & {
    readonly state: RetrainingState
    readonly reason: string
    readonly endedAt: Date | null
  },
): Promise<void> {
  await tx.update(retrainings).set(change).where(eq(retrainings.id, id))
}

export interface RetrainingMoveRow {
  readonly id: number
  readonly state: RetrainingState
  readonly reason: string
  readonly actorName: string
  readonly at: Date
}

export async function insertRetrainingMove(
  tx: Tx,
  row: Omit<RetrainingMoveRow, 'id'> & {
    readonly engagementId: EngagementId
    readonly retrainingId: RetrainingId
    readonly personId: PersonId | null
  },
): Promise<void> {
  await tx.insert(retrainingMoves).values(row)
}

/** Every step, oldest first. */
export async function listRetrainingMoves(tx: Tx, id: RetrainingId): Promise<RetrainingMoveRow[]> {
  return tx
    .select({
      id: retrainingMoves.id,
      state: retrainingMoves.state,
      reason: retrainingMoves.reason,
      actorName: retrainingMoves.actorName,
      at: retrainingMoves.at,
    })
    .from(retrainingMoves)
    .where(eq(retrainingMoves.retrainingId, id))
    .orderBy(asc(retrainingMoves.id))
    .limit(100)
}

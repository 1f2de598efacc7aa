import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { EnvironmentState, LockedPackage } from '#app/domain/environment.ts'
import { environmentLabel, environmentState, lockFile, packageWords } from '#app/domain/environment.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, EnvironmentId, EnvironmentVersionId, JobId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { JobState } from '#app/domain/job.ts'
import { sha256 } from '../digest.ts'
import { environmentPackages, environments, environmentVersions } from '../schema/environments.ts'
import type { TrainPayload } from '../schema/jobs.ts'
import { jobs } from '../schema/jobs.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface EnvironmentVersionRow {
  readonly id: EnvironmentVersionId
  readonly environmentId: EnvironmentId
  readonly environmentName: string
  readonly summary: string
  readonly number: number
  /** `name v3` */
  readonly label: string
  readonly note: string
  readonly state: EnvironmentState
  /** The latest build of it. */
  readonly buildId: JobId
  readonly buildState: JobState
  readonly buildReason: string
  /** What it was built for; empty until it is ready. */
  readonly interpreter: string
  readonly packageCount: number
  readonly createdByName: string
  readonly createdAt: Date
}

export interface StoredPackage extends LockedPackage {
  readonly sizeBytes: number
}

/**
 * The build that says what a version is: the one that succeeded or is on its way, of which there is one at most
 * (`jobs_one_build`), else the latest that ended otherwise.
 */
const latestBuild = (tx: Tx) =>
  tx
    .select({ id: jobs.id, state: jobs.state, reason: jobs.reason, interpreter: jobs.interpreter })
    .from(jobs)
    .where(and(eq(jobs.environmentVersionId, environmentVersions.id), eq(jobs.kind, 'build_environment')))
    .orderBy(desc(sql`${jobs.state} in ('succeeded', 'queued', 'running')`), desc(jobs.requestedAt), desc(jobs.id))
    .limit(1)
    .as('build')

function selectVersions(tx: Tx) {
  const latest = latestBuild(tx)
  return tx
    .select({
      id: environmentVersions.id,
      environmentId: environmentVersions.environmentId,
      environmentName: environments.name,
      summary: environments.summary,
      number: environmentVersions.number,
      note: environmentVersions.note,
      buildId: latest.id,
      buildState: latest.state,
      buildReason: latest.reason,
      interpreter: latest.interpreter,
      packageCount: sql<number>`(select count(*)::int from environment_packages p where p.environment_version_id = ${environmentVersions.id})`,
      createdByName: persons.name,
      createdAt: environmentVersions.createdAt,
    })
    .from(environmentVersions)
    .innerJoin(environments, eq(environments.id, environmentVersions.environmentId))
    .innerJoin(persons, eq(persons.id, environmentVersions.createdBy))
    .innerJoinLateral(latest, sql`true`)
    .$dynamic()
}

type RawVersion = Awaited<ReturnType<typeof selectVersions>>[number]

function toVersion(raw: RawVersion): EnvironmentVersionRow {
  const state = environmentState(raw.buildState)
  return {
    ...raw,
    id: toId<EnvironmentVersionId>(raw.id),
    environmentId: toId<EnvironmentId>(raw.environmentId),
    buildId: toId<JobId>(raw.buildId),
    label: environmentLabel(raw.environmentName, raw.number),
    state,
    interpreter: state === 'ready' ? raw.interpreter : '',
  }
}

/** Versions, newest first within each environment, by its name; those of one when asked. */
export async function listEnvironmentVersions(
  tx: Tx,
  engagementId: EngagementId,
  only: { readonly environmentId?: EnvironmentId } = {},
): Promise<EnvironmentVersionRow[]> {
  const rows = await selectVersions(tx)
    .where(
      and(
        eq(environmentVersions.engagementId, engagementId),
        only.environmentId && eq(environmentVersions.environmentId, only.environmentId),
      ),
    )
    .orderBy(asc(environments.name), desc(environmentVersions.number))
    .limit(1000)
  return rows.map(toVersion)
}

/** The environments, by name. */
export async function listEnvironments(
  tx: Tx,
  engagementId: EngagementId,
): Promise<{ readonly id: EnvironmentId; readonly name: string }[]> {
  const rows = await tx
    .select({ id: environments.id, name: environments.name })
    .from(environments)
    .where(eq(environments.engagementId, engagementId))
    .orderBy(asc(environments.name))
    .limit(10_000)
  return rows.map((row) => ({ ...row, id: toId<EnvironmentId>(row.id) }))
}

/** The environment that a version is of; null when there is no such version. */
export async function findEnvironmentOf(
  tx: Tx,
  engagementId: EngagementId,
  id: EnvironmentVersionId,
): Promise<EnvironmentId | null> {
  const [row] = await tx
    .select({ environmentId: environmentVersions.environmentId })
    .from(environmentVersions)
    .where(and(eq(environmentVersions.engagementId, engagementId), eq(environmentVersions.id, id)))
  return row === undefined ? null : toId<EnvironmentId>(row.environmentId)
}

/** @throws AppError `not_found` */
export async function getEnvironmentVersion(
  tx: Tx,
  engagementId: EngagementId,
  id: EnvironmentVersionId,
): Promise<EnvironmentVersionRow> {
  const [row] = await selectVersions(tx).where(
    and(eq(environmentVersions.engagementId, engagementId), eq(environmentVersions.id, id)),
  )
  return toVersion(found(row, 'This version of an environment'))
}

/** Hold a version until the transaction ends, so that one build of it is asked for at a time. */
export async function lockEnvironmentVersion(tx: Tx, id: EnvironmentVersionId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`environment:${id}`}, 0))`)
}

/** The version that a training pins. */
export function pinnedEnvironment({ environmentVersionId }: TrainPayload): EnvironmentVersionId | null {
  return environmentVersionId === null ? null : toId<EnvironmentVersionId>(environmentVersionId)
}

/** The packages of a version, by name. */
export async function listPackages(tx: Tx, id: EnvironmentVersionId): Promise<StoredPackage[]> {
  return tx
    .select({
      name: environmentPackages.name,
      version: environmentPackages.version,
      fileName: environmentPackages.fileName,
      sha256: environmentPackages.sha256,
      sizeBytes: environmentPackages.sizeBytes,
    })
    .from(environmentPackages)
    .where(eq(environmentPackages.environmentVersionId, id))
    .orderBy(asc(environmentPackages.name))
}

/** Versions that can be run in, with a label, for choosing; of one environment the newest first. */
export async function environmentOptions(tx: Tx, engagementId: EngagementId): Promise<{ id: string; label: string }[]> {
  return (await listEnvironmentVersions(tx, engagementId))
    .filter(({ state }) => state === 'ready')
    .map(({ id, label, packageCount, interpreter }) => ({
      id,
      label: `${label} (${packageWords(packageCount)}, ${interpreter})`,
    }))
}

/** The SHA-256 that names an environment: of its lock file. */
export function environmentDigest(interpreter: string, packages: readonly LockedPackage[]): string {
  return sha256(lockFile(interpreter, packages))
}

interface NewThing {
  readonly engagementId: EngagementId
  readonly createdBy: PersonId
  readonly createdAt: Date
}

export async function insertEnvironment(
  tx: Tx,
  row: NewThing & { readonly id: EnvironmentId; readonly name: string; readonly summary: string },
): Promise<void> {
  await tx.insert(environments).values(row)
}

/** Add the next version, its packages with it. @returns its number; null when this id exists already */
export async function insertEnvironmentVersion(
  tx: Tx,
  row: NewThing & {
    readonly id: EnvironmentVersionId
    readonly environmentId: EnvironmentId
    readonly note: string
    readonly packages: readonly StoredPackage[]
  },
): Promise<number | null> {
  const { packages, ...version } = row
  const [made] = await tx
    .insert(environmentVersions)
    .values({
      ...version,
      number: sql`(select coalesce(max(v.number), 0) + 1 from environment_versions v where v.environment_id = ${row.environmentId})`,
    })
    .onConflictDoNothing({ target: environmentVersions.id })
    .returning({ number: environmentVersions.number })
  if (!made) return null
  await tx
    .insert(environmentPackages)
    .values(packages.map((one) => ({ ...one, engagementId: row.engagementId, environmentVersionId: row.id })))
  return made.number
}

/** Training jobs that pin a version, newest first. */
export async function listJobsIn(
  tx: Tx,
  id: EnvironmentVersionId,
  limit = 100,
): Promise<{ readonly id: string; readonly title: string; readonly state: JobState; readonly requestedAt: Date }[]> {
  return tx
    .select({ id: jobs.id, title: jobs.title, state: jobs.state, requestedAt: jobs.requestedAt })
    .from(jobs)
    .where(and(eq(jobs.environmentVersionId, id), eq(jobs.kind, 'train')))
    .orderBy(desc(jobs.requestedAt))
    .limit(limit)
}

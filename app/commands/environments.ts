import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import type { EnvironmentForm, EnvironmentVersionForm, Wheel } from '#app/domain/environment.ts'
import {
  environmentLabel,
  isSameLock,
  keptNames,
  nameRefusal,
  nextPackages,
  packageWords,
} from '#app/domain/environment.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId, EnvironmentId, EnvironmentVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { JOB_PRIORITY_RANK } from '#app/domain/job.ts'
import type { StagedBlob } from '#db/blobs.server.ts'
import { newId } from '#db/new-id.ts'
import type { StoredPackage } from '#db/queries/environments.ts'
import {
  findEnvironmentOf,
  getEnvironmentVersion,
  insertEnvironment,
  insertEnvironmentVersion,
  listEnvironments,
  listPackages,
} from '#db/queries/environments.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { lockForJobs, queueJob } from './jobs.ts'
import { keepBlob } from './storage.ts'

/** A wheel that came in whole. */
export interface BroughtWheel extends Wheel {
  readonly blob: StagedBlob
}

/**
 * Make an environment with its first version, and ask for its build: rows, bytes and job, or none of them. The same
 * request again is the version that is there.
 * @throws AppError `invalid` beside `name` or `file`
 */
export async function addEnvironment(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly form: z.infer<typeof EnvironmentForm>
    readonly wheels: readonly BroughtWheel[]
  },
): Promise<EnvironmentVersionId> {
  return transact(ctx, async (tx) => {
    await lockForJobs(tx, ctx, input.engagementId)
    const { name, summary } = input.form
    const id = toId<EnvironmentVersionId>(input.form.requestKey)
    const there = await listEnvironments(tx, input.engagementId)
    const madeBefore = await findEnvironmentOf(tx, input.engagementId, id)
    const same = there.find((one) => one.id === madeBefore && one.name === name)
    const environment = same ?? { id: newId<EnvironmentId>(), name }
    if (same === undefined) {
      const refusal = nameRefusal(
        name,
        there.map((one) => one.name),
      )
      if (refusal !== null) throw new AppError('invalid', 'This name is taken.', { fields: { name: refusal.reason } })
      await insertEnvironment(tx, {
        ...environment,
        engagementId: input.engagementId,
        summary,
        createdBy: ctx.actor.personId,
        createdAt: ctx.now,
      })
    }
    return addVersion(tx, ctx, { ...input, id, environment, note: '', kept: [] })
  })
}

/**
 * Make the next version from another one: packages of it that are kept, and wheels that are new or replace them. What is
 * there stays as it is, and what pins it stays on it.
 * @throws AppError `invalid` beside `file` when nothing would change
 */
export async function addEnvironmentVersion(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    /** What it starts from. */
    readonly from: EnvironmentVersionId
    readonly form: z.infer<typeof EnvironmentVersionForm>
    readonly wheels: readonly BroughtWheel[]
  },
): Promise<EnvironmentVersionId> {
  return transact(ctx, async (tx) => {
    await lockForJobs(tx, ctx, input.engagementId)
    const from = await getEnvironmentVersion(tx, input.engagementId, input.from)
    const keep = keptNames(input.form)
    const before = await listPackages(tx, from.id)
    return addVersion(tx, ctx, {
      ...input,
      id: toId<EnvironmentVersionId>(input.form.requestKey),
      environment: { id: from.environmentId, name: from.environmentName },
      note: input.form.note,
      kept: before.filter(({ name }) => keep.has(name)),
      before,
    })
  })
}

/** Fail before any byte is taken. @throws AppError `refused` */
export async function ensureMayBuildHere(ctx: CommandContext<PersonActor>, engagementId: EngagementId): Promise<void> {
  await transact(ctx, (tx) => lockForJobs(tx, ctx, engagementId))
}

async function addVersion(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly id: EnvironmentVersionId
    readonly environment: { readonly id: EnvironmentId; readonly name: string }
    readonly note: string
    readonly kept: readonly StoredPackage[]
    readonly wheels: readonly BroughtWheel[]
    /** The packages of the version that it starts from. */
    readonly before?: readonly StoredPackage[]
  },
): Promise<EnvironmentVersionId> {
  const { engagementId, id, environment, note } = input
  const brought = input.wheels.map(({ blob, ...wheel }) => ({
    ...wheel,
    sha256: blob.sha256,
    sizeBytes: blob.sizeBytes,
  }))
  const packages = nextPackages<StoredPackage>(input.kept, brought)
  if (typeof packages === 'string') throw new AppError('invalid', packages, { fields: { file: packages } })
  const made = { engagementId, createdBy: ctx.actor.personId, createdAt: ctx.now }
  if (isSameLock(packages, input.before ?? [])) {
    const sentence = 'Nothing would change. Add a wheel, or leave a package out.'
    throw new AppError('invalid', sentence, { fields: { file: sentence } })
  }
  const number = await insertEnvironmentVersion(tx, { ...made, id, environmentId: environment.id, note, packages })
  if (number === null) return sentAgain(tx, { engagementId, id, environmentId: environment.id, packages })
  // In the order of their digests, so that two who keep the same bytes never wait for each other in a circle.
  const blobs = input.wheels.map(({ blob }) => blob).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  for (const blob of blobs) await keepBlob(tx, { engagementId, blob, at: ctx.now })
  const label = environmentLabel(environment.name, number)
  await queueJob(tx, ctx, {
    engagementId,
    title: `Build of ${label}`,
    work: { kind: 'build_environment', payload: { environmentVersionId: id } },
    idempotencyKey: `environment:${id}`,
    priority: JOB_PRIORITY_RANK.normal,
    summary: `${ctx.actor.name} asked for ${label} to be built, ${packageWords(packages.length)}.`,
  })
  return id
}

/** The version that the same form made before. @throws AppError `conflict` when it was another form's key */
async function sentAgain(
  tx: Tx,
  {
    engagementId,
    id,
    environmentId,
    packages,
  }: {
    readonly engagementId: EngagementId
    readonly id: EnvironmentVersionId
    readonly environmentId: EnvironmentId
    readonly packages: readonly StoredPackage[]
  },
): Promise<EnvironmentVersionId> {
  const made = await getEnvironmentVersion(tx, engagementId, id)
  const isSame = made.environmentId === environmentId && isSameLock(await listPackages(tx, made.id), packages)
  if (isSame) return made.id
  throw new AppError('conflict', `This form was already sent: it made ${made.label}. Open it afresh.`)
}

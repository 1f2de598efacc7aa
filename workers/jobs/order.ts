import {
  BUILD_TIMEOUT_SECONDS,
  BUILT_IN,
  ENVIRONMENT_DIGEST_TAG,
  ENVIRONMENT_TAG,
  pinRefusal,
} from '#app/domain/environment.ts'
import { ensure, found } from '#app/domain/errors.ts'
import type { DatasetVersionId, EnvironmentVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { TRAIN_MEMORY_MB_MAX, TRAIN_TIMEOUT_SECONDS } from '#app/domain/job.ts'
import { findRecipe, RECIPE_DIGEST_TAG } from '#app/domain/recipe.ts'
import { getDatasetVersions } from '#db/queries/datasets.ts'
import type { StoredPackage } from '#db/queries/environments.ts'
import { environmentDigest, getEnvironmentVersion, listPackages, pinnedEnvironment } from '#db/queries/environments.ts'
import type { JobLease } from '#db/queries/job-leases.ts'
import type { BuildPayload, TrainPayload } from '#db/schema/jobs.ts'
import type { Tx } from '#db/types.ts'
import type { PackageFile } from '#workers/environments/environments.ts'
import { BUILD_ENTRY, buildFiles, START_ENTRY, startFiles } from '#workers/environments/environments.ts'
import type { ExecutionSpec } from '#workers/executors/executor.ts'
import { RECIPE_ENTRY, recipeDigest, recipeJobFiles } from '#workers/recipes/recipes.ts'
import type { TaskShell } from '#workers/task.ts'

type OrderShell = Pick<TaskShell, 'database' | 'blobs'>

/**
 * What the executor gets to run for a job.
 * @param interpreter what the executor imports packages by
 * @throws AppError for what a person caused: data that was withdrawn, an environment for another interpreter
 */
export async function orderOf(shell: OrderShell, lease: JobLease, interpreter: string): Promise<ExecutionSpec> {
  const limits = { id: lease.leaseToken, memoryMbMax: TRAIN_MEMORY_MB_MAX }
  switch (lease.kind) {
    case 'train':
      return { ...limits, ...(await training(shell, lease, interpreter)), timeoutSeconds: TRAIN_TIMEOUT_SECONDS }
    case 'build_environment':
      return { ...limits, ...(await build(shell, lease)), timeoutSeconds: BUILD_TIMEOUT_SECONDS }
    default:
      return lease satisfies never
  }
}

type Program = Pick<ExecutionSpec, 'files' | 'entry'>
type LeaseOf<Payload> = Pick<JobLease, 'id' | 'engagementId'> & { readonly payload: Payload }

async function build(shell: OrderShell, lease: LeaseOf<BuildPayload>): Promise<Program> {
  const id = toId<EnvironmentVersionId>(lease.payload.environmentVersionId)
  const packages = await shell.database.as({}, (tx) => listPackages(tx, id))
  return { files: buildFiles(await filesOf(shell, lease, packages)), entry: BUILD_ENTRY }
}

/** The program, its library, the order, the rows of each dataset and the packages: found in one transaction, read by digest. */
async function training(shell: OrderShell, lease: LeaseOf<TrainPayload>, interpreter: string): Promise<Program> {
  const recipe = found(findRecipe(lease.payload.recipe), 'The recipe of this job')
  const { environment, versions } = await shell.database.as({}, async (tx) => ({
    environment: await environmentOf(tx, lease, interpreter),
    versions: await versionsOf(tx, lease),
  }))
  const packages = await filesOf(shell, lease, environment.packages)
  const datasets = await Promise.all(
    versions.map(async ({ role, version }) => {
      const csv = await shell.blobs.read(lease.engagementId, version.sha256 ?? '')
      return { role, name: version.name, digest: version.digest, rows: version.profile.rows ?? 0, csv }
    }),
  )
  const files = recipeJobFiles({
    recipeKey: recipe.key,
    experiment: recipe.title,
    runName: lease.payload.runName,
    parameters: lease.payload.parameters,
    datasets,
    tags: {
      'throughline.recipe': recipe.key,
      [RECIPE_DIGEST_TAG]: recipeDigest(recipe.key),
      [ENVIRONMENT_TAG]: environment.label,
      [ENVIRONMENT_DIGEST_TAG]: environmentDigest(interpreter, environment.packages),
      'throughline.job': lease.id,
    },
  })
  return packages.length === 0
    ? { files, entry: RECIPE_ENTRY }
    : { files: [...files, ...startFiles(packages)], entry: START_ENTRY }
}

/** The version of data in each role. */
async function versionsOf(tx: Tx, { engagementId, payload }: LeaseOf<TrainPayload>) {
  const ids = payload.datasets.map(({ datasetVersionId }) => toId<DatasetVersionId>(datasetVersionId))
  const versions = await getDatasetVersions(tx, engagementId, ids)
  return versions.map((version, at) => ({ role: found(payload.datasets[at]).role, version }))
}

/** What a training pins. @throws AppError `refused` when it cannot be run in here */
async function environmentOf(
  tx: Tx,
  lease: LeaseOf<TrainPayload>,
  interpreter: string,
): Promise<{ readonly label: string; readonly packages: readonly StoredPackage[] }> {
  const pinned = pinnedEnvironment(lease.payload)
  if (pinned === null) return { label: BUILT_IN, packages: [] }
  const version = await getEnvironmentVersion(tx, lease.engagementId, pinned)
  ensure(pinRefusal(version, interpreter))
  return { label: version.label, packages: await listPackages(tx, pinned) }
}

/** Packages with their bytes. */
function filesOf(
  { blobs }: OrderShell,
  { engagementId }: Pick<JobLease, 'engagementId'>,
  packages: readonly StoredPackage[],
): Promise<PackageFile[]> {
  return Promise.all(packages.map(async (one) => ({ ...one, wheel: await blobs.read(engagementId, one.sha256) })))
}

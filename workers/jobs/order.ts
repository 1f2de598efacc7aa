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
import { getDatasetVersion } from '#db/queries/datasets.ts'
import { environmentDigest, getEnvironmentVersion, listPackages, pinnedEnvironment } from '#db/queries/environments.ts'
import type { JobLease } from '#db/queries/job-leases.ts'
import type { BuildPayload, TrainPayload } from '#db/schema/jobs.ts'
import type { PackageFile } from '#workers/environments/environments.ts'
import { BUILD_ENTRY, buildFiles, START_ENTRY, startFiles } from '#workers/environments/environments.ts'
import type { ExecutionSpec } from '#workers/executors/executor.ts'
import { RECIPE_ENTRY, recipeDigest, recipeJobFiles } from '#workers/recipes/recipes.ts'
import type { TaskShell } from '#workers/task.ts'

/**
 * What the executor gets to run for a job.
 * @param interpreter what the executor imports packages by
 * @throws AppError for what a person caused: data that was withdrawn, an environment for another interpreter
 */
export async function orderOf(shell: TaskShell, lease: JobLease, interpreter: string): Promise<ExecutionSpec> {
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

async function build(shell: TaskShell, lease: LeaseOf<BuildPayload>): Promise<Program> {
  const packages = await packagesOf(shell, lease, toId<EnvironmentVersionId>(lease.payload.environmentVersionId))
  return { files: buildFiles(packages), entry: BUILD_ENTRY }
}

/** The program, its library, the order, the rows of each dataset and the packages, read by digest. */
async function training(shell: TaskShell, lease: LeaseOf<TrainPayload>, interpreter: string): Promise<Program> {
  const recipe = found(findRecipe(lease.payload.recipe), 'The recipe of this job')
  const environment = await environmentOf(shell, lease, interpreter)
  const datasets = await Promise.all(
    lease.payload.datasets.map(async ({ role, datasetVersionId }) => {
      const version = await shell.database.as({}, (tx) =>
        getDatasetVersion(tx, lease.engagementId, toId<DatasetVersionId>(datasetVersionId)),
      )
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
  return environment.packages.length === 0
    ? { files, entry: RECIPE_ENTRY }
    : { files: [...files, ...startFiles(environment.packages)], entry: START_ENTRY }
}

/** What a training pins. @throws AppError `refused` when it cannot be run in here */
async function environmentOf(
  shell: TaskShell,
  lease: LeaseOf<TrainPayload>,
  interpreter: string,
): Promise<{ readonly label: string; readonly packages: readonly PackageFile[] }> {
  const pinned = pinnedEnvironment(lease.payload)
  if (pinned === null) return { label: BUILT_IN, packages: [] }
  const version = await shell.database.as({}, (tx) => getEnvironmentVersion(tx, lease.engagementId, pinned))
  ensure(pinRefusal(version, interpreter))
  return { label: version.label, packages: await packagesOf(shell, lease, pinned) }
}

async function packagesOf(
  shell: TaskShell,
  { engagementId }: Pick<JobLease, 'engagementId'>,
  id: EnvironmentVersionId,
): Promise<PackageFile[]> {
  const packages = await shell.database.as({}, (tx) => listPackages(tx, id))
  return Promise.all(packages.map(async (one) => ({ ...one, wheel: await shell.blobs.read(engagementId, one.sha256) })))
}

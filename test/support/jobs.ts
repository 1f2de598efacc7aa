import { requestTraining } from '#app/commands/jobs.ts'
import type { DatasetVersionId, EnvironmentVersionId, JobId } from '#app/domain/ids.ts'
import type { JobPriority } from '#app/domain/job.ts'
import { parseRecipeParameters, RECIPES } from '#app/domain/recipe.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { DemoDatasetName } from '#db/demo/datasets.server.ts'
import { demoDatasets } from '#db/demo/datasets.server.ts'
import { newId } from '#db/new-id.ts'
import { ensureDatasetVersion } from '#db/queries/datasets.ts'
import type { EngagementFixture, Pools } from './factories.ts'
import { as, NOW } from './factories.ts'

/** Store a demonstration dataset's bytes and register them. */
export async function aStoredDataset(
  pools: Pools,
  fixture: EngagementFixture,
  blobs: Blobs,
  name: DemoDatasetName,
): Promise<DatasetVersionId> {
  const dataset = demoDatasets().find((candidate) => candidate.name === name)
  if (!dataset) throw new Error(`No dataset ${name}`)
  const content = async function* () {
    yield dataset.csv
  }
  const { sha256 } = await blobs.write(fixture.engagementId, content(), 10_000_000, async (staged) => {
    await staged.publish()
    return staged
  })
  return pools.web.as({ personId: fixture.lead.personId }, (tx) =>
    ensureDatasetVersion(tx, {
      id: newId<DatasetVersionId>(),
      engagementId: fixture.engagementId,
      name,
      description: '',
      licence: '',
      digest: sha256.slice(0, 32),
      sha256,
      source: 'import',
      sourceNote: '',
      profile: { ...dataset.profile, positives: dataset.profile.positives ?? null },
      at: NOW,
    }),
  )
}

export interface TrainingFixture {
  readonly train: DatasetVersionId
  readonly test: DatasetVersionId
}

/** Ask for a bird-strike training. The default takes some seconds; `quick` takes as little as it can. */
export async function aTraining(
  pools: Pools,
  fixture: EngagementFixture,
  data: TrainingFixture,
  options: {
    readonly fields?: Record<string, string>
    readonly priority?: JobPriority
    readonly name?: string
    readonly environment?: EnvironmentVersionId
  } = {},
): Promise<JobId> {
  const recipe = RECIPES.find(({ key }) => key === 'bird-strike-damage')
  if (!recipe) throw new Error('No recipe')
  const parameters = parseRecipeParameters(recipe, options.fields ?? LONG)
  if (!parameters.ok) throw new Error(JSON.stringify(parameters.errors))
  return requestTraining(as(pools, fixture.lead, new Date()), {
    engagementId: fixture.engagementId,
    recipe,
    runName: options.name ?? 'a training',
    parameters: parameters.values,
    datasets: [
      { role: 'train', datasetVersionId: data.train },
      { role: 'test', datasetVersionId: data.test },
    ],
    idempotencyKey: null,
    environmentVersionId: options.environment ?? null,
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  })
}

/** Far longer than any test waits. */
export const LONG = { algorithm: 'gradient_boosting', iterations: '400' }
export const QUICK = { algorithm: 'logistic', iterations: '20', learning_rate: '0.02' }

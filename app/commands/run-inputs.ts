import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { LIMITS } from '#app/domain/run.ts'
import type { DatasetRole } from '#app/domain/verdict.ts'
import { newId } from '#db/new-id.ts'
import { ensureDatasetVersion } from '#db/queries/datasets.ts'
import { getLoggedModel } from '#db/queries/logged-models.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import type { KeyValue } from '#db/queries/runs.ts'
import { insertRunInput, saveRunModels, saveTags } from '#db/queries/runs.ts'
import type { CommandContext } from './context.ts'
import { changeRun } from './tracking.ts'

export interface LoggedInput {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema: string | null
  readonly profile: string | null
  /** Tag `mlflow.data.context`. */
  readonly context: string
  /** Its tags beside the context. */
  readonly tags: readonly KeyValue[]
}

/** Say which data a run used. A dataset that the engagement does not know is kept as external, by its digest. */
export async function logInputs(ctx: CommandContext, runId: RunId, inputs: readonly LoggedInput[]): Promise<void> {
  await changeRun(ctx, runId, async (tx, run) => {
    for (const input of inputs) {
      const datasetVersionId = await ensureDatasetVersion(tx, {
        id: newId(),
        engagementId: run.engagementId,
        name: input.name,
        description: '',
        licence: '',
        digest: input.digest,
        sha256: null,
        source: 'external',
        sourceNote: input.source.slice(0, 500),
        profile: { rows: null, columns: [], positives: null },
        mlflow: { sourceType: input.sourceType, source: input.source, schema: input.schema, profile: input.profile },
        at: ctx.now,
      })
      await insertRunInput(tx, {
        engagementId: run.engagementId,
        runId: run.id,
        datasetVersionId,
        role: roleOfContext(input.context),
        context: input.context,
        tags: input.tags,
      })
    }
  })
}

/** Note which logged models a run used or made. @throws AppError `not_found` for a model that is not the engagement's */
export async function logRunModels(
  ctx: CommandContext,
  runId: RunId,
  models: readonly { readonly modelId: string; readonly direction: 'input' | 'output'; readonly step: number }[],
): Promise<void> {
  await changeRun(ctx, runId, async (tx, run) => {
    for (const { modelId } of models) await getLoggedModel(tx, run.engagementId, modelId)
    const distinct = new Map(models.map((model) => [`${model.direction} ${model.modelId}`, model]))
    await saveRunModels(
      tx,
      [...distinct.values()].map((model) => ({ engagementId: run.engagementId, runId: run.id, ...model })),
    )
  })
}

const MODELS_TAG = 'mlflow.log-model.history'

/** Add a model's description to the run's tag of models, where MLflow 2 keeps them. @throws AppError `invalid` */
export async function logModelRecord(ctx: CommandContext, runId: RunId, description: string): Promise<void> {
  const model = parsedModel(description)
  await changeRun(ctx, runId, async (tx, run) => {
    const [detail] = await loadRunDetails(tx, [run])
    const before = detail?.tags.find((tag) => tag.key === MODELS_TAG)?.value ?? '[]'
    const history: unknown = JSON.parse(before)
    const value = JSON.stringify([...(Array.isArray(history) ? (history as unknown[]) : []), model]) // any JSON is a model's description
    if (value.length > LIMITS.tagValueLengthMax)
      throw new AppError('invalid', 'The run has no room for the description of another model.')
    await saveTags(tx, run, [{ key: MODELS_TAG, value }])
  })
}

function parsedModel(description: string): object {
  const invalid = (cause: unknown) =>
    new AppError(
      'invalid',
      `Malformed model info. \n ${description.slice(0, 200)} \n is not a JSON object of a model.`,
      {
        cause,
      },
    )
  try {
    const model: unknown = JSON.parse(description)
    if (typeof model === 'object' && model !== null && 'artifact_path' in model && 'flavors' in model) return model
  } catch (error) {
    throw invalid(error)
  }
  throw invalid(undefined)
}

function roleOfContext(context: string): DatasetRole {
  const word = context.toLowerCase()
  if (/^train/.test(word)) return 'training'
  if (/^val/.test(word)) return 'validation'
  return /^(test|eval|holdout)/.test(word) ? 'testing' : 'other'
}

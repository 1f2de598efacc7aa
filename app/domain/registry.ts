import { AppError } from './errors.ts'
import type { RunId } from './ids.ts'
import { toRunId } from './ids.ts'

/** MLflow's old stages of a model version. */
export const MODEL_STAGES = ['None', 'Staging', 'Production', 'Archived'] as const
export type ModelStage = (typeof MODEL_STAGES)[number]

const ALIAS_LENGTH_MAX = 255

/** @throws AppError `invalid` for a stage that MLflow does not know; case does not matter */
export function parseStage(text: string): ModelStage {
  const stage = MODEL_STAGES.find((known) => known.toLowerCase() === text.toLowerCase())
  if (!stage)
    throw new AppError(
      'invalid',
      `Invalid Model Version stage: ${text.slice(0, 50)}. Value must be one of ${MODEL_STAGES.join(', ')}.`,
    )
  return stage
}

/**
 * An alias as MLflow takes it: letters, digits, `_` and `-`, neither `latest` nor like a version (`v1`).
 * Source: MLflow 3, utils/validation.
 * @throws AppError `invalid`
 */
export function checkedAlias(text: string): string {
  if (text === '' || text.length > ALIAS_LENGTH_MAX)
    throw new AppError(
      'invalid',
      `Registered model alias name has between 1 and ${String(ALIAS_LENGTH_MAX)} characters.`,
    )
  if (!/^[\w-]*$/.test(text) || text.toLowerCase() === 'latest' || /^[vV]\d+$/.test(text))
    throw new AppError(
      'invalid',
      `Invalid alias name: '${text.slice(0, 100)}'. It holds letters, digits, '_' and '-', and is neither 'latest' nor a version such as 'v1'.`,
    )
  return text
}

/** Where a version's files are: a folder of a run (empty: all of it), or of a logged model. */
export type VersionSource =
  | { readonly kind: 'run'; readonly runId: RunId; readonly folder: string }
  | { readonly kind: 'model'; readonly modelId: string; readonly folder: string }

const RUN_SOURCES = [
  /^runs:\/([0-9a-f]{32})(\/.*)?$/,
  /^mlflow-artifacts:\/(?:\/[^/]{0,255}\/)?\d{1,15}\/([0-9a-f]{32})\/artifacts(\/.*)?$/,
]
const MODEL_SOURCES = [
  /^models:\/(m-[0-9a-f]{32})(\/.*)?$/,
  /^mlflow-artifacts:\/(?:\/[^/]{0,255}\/)?\d{1,15}\/models\/(m-[0-9a-f]{32})\/artifacts(\/.*)?$/,
]

/**
 * Read a source as clients say it: `runs:/<run>/<folder>`, `models:/<logged model>`, or the artifact URI of either.
 * @throws AppError `invalid` for anything else: what was not logged here is not registered here
 */
export function parseSource(source: string): VersionSource {
  const match = (patterns: readonly RegExp[]) =>
    patterns.map((pattern) => pattern.exec(source)).find((found) => found !== null)
  const run = match(RUN_SOURCES)
  const model = match(MODEL_SOURCES)
  const folder = (run?.[2] ?? model?.[2] ?? '').replace(/^\//, '').replace(/\/$/, '')
  const isPlain = folder === '' || folder.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if ((!run && !model) || !isPlain || /[%?#\\]/.test(folder))
    throw new AppError(
      'invalid',
      `Invalid model version source: '${source.slice(0, 200)}'. Register what was logged here: runs:/<run>/<folder> or models:/<logged model>.`,
    )
  if (run) return { kind: 'run', runId: toRunId(run[1]), folder }
  return { kind: 'model', modelId: model?.[1] ?? '', folder }
}

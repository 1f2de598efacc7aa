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
  if (!/^[\w-]*$/.test(text))
    throw new AppError(
      'invalid',
      `Invalid alias name: '${text.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    )
  if (text.toLowerCase() === 'latest')
    throw new AppError('invalid', "'latest' alias name (case insensitive) is reserved.")
  if (/^[vV]\d+$/.test(text)) throw new AppError('invalid', `Version alias name '${text}' is reserved.`)
  return text
}

/**
 * Where a version's files are: a folder of a run (empty: all of it), of a logged model, another version that it copies, or
 * a place that is not ours, of which we know the name only.
 */
export type VersionSource =
  | { readonly kind: 'run'; readonly runId: RunId; readonly folder: string }
  | { readonly kind: 'model'; readonly modelId: string; readonly folder: string }
  | { readonly kind: 'version'; readonly name: string; readonly version: number }
  | { readonly kind: 'elsewhere' }

const RUN_SOURCES = [
  /^runs:\/([0-9a-f]{32})(\/.*)?$/,
  /^mlflow-artifacts:\/(?:\/[^/]{0,255}\/)?\d{1,15}\/([0-9a-f]{32})\/artifacts(\/.*)?$/,
]
const MODEL_SOURCES = [
  /^models:\/(m-[0-9a-f]{32})(\/.*)?$/,
  /^mlflow-artifacts:\/(?:\/[^/]{0,255}\/)?\d{1,15}\/models\/(m-[0-9a-f]{32})\/artifacts(\/.*)?$/,
]
const VERSION_SOURCE = /^models:\/([^/:@]{1,256})\/(\d{1,9})$/

/**
 * Read a source as clients say it: `runs:/<run>/<folder>`, `models:/<logged model>`, the artifact URI of either,
 * `models:/<name>/<version>`, or the address of another store.
 * @throws AppError `invalid` for a path of a machine, and for a path that climbs
 */
export function parseSource(source: string): VersionSource {
  const match = (patterns: readonly RegExp[]) =>
    patterns.map((pattern) => pattern.exec(source)).find((found) => found !== null)
  const run = match(RUN_SOURCES)
  const model = match(MODEL_SOURCES)
  if (!run && !model) {
    const version = VERSION_SOURCE.exec(source)
    if (version) return { kind: 'version', name: version[1] ?? '', version: Number(version[2]) }
    ensureElsewhere(source)
    return { kind: 'elsewhere' }
  }
  const folder = (run?.[2] ?? model?.[2] ?? '').replace(/^\//, '').replace(/\/$/, '')
  const isPlain = folder === '' || folder.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (!isPlain || /[%?#\\]/.test(folder))
    throw invalidSource(source, 'Register what was logged here: runs:/<run>/<folder> or models:/<logged model>.')
  if (run) return { kind: 'run', runId: toRunId(run[1]), folder }
  return { kind: 'model', modelId: model?.[1] ?? '', folder }
}

/** The address of another store is kept as said and never followed; one that could mislead whoever follows it is refused. */
function ensureElsewhere(source: string): void {
  const [scheme, ...rest] = source.split(':')
  if (rest.length === 0 || !/^[a-z][a-z0-9+.-]*$/i.test(scheme ?? '') || scheme?.toLowerCase() === 'file')
    throw invalidSource(
      source,
      'To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.',
    )
  const path = decodedOrNull(rest.join(':'))
  if (path === null || path.includes('\u0000') || path.split(/[/\\]/).includes('..'))
    throw invalidSource(
      source,
      'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.',
    )
}

function decodedOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function invalidSource(source: string, why: string): AppError {
  return new AppError('invalid', `Invalid model version source: '${source.slice(0, 200)}'. ${why}`)
}

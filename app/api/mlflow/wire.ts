import { z } from 'zod'
import { isStorable } from '#app/domain/text.ts'
import type { MetricPoint } from '#app/domain/metric-point.ts'
import type { LoggedModelStatus } from '#app/domain/logged-model.ts'
import type { RunState } from '#app/domain/run.ts'
import { LIMITS } from '#app/domain/run.ts'
import type { ExperimentRow } from '#db/queries/experiments.ts'
import type { LoggedModelDetail } from '#db/queries/logged-models.ts'
import type { RunDetail, RunInput } from '#db/queries/run-details.ts'
import type { KeyValue, RunRow } from '#db/queries/runs.ts'

/** Shapes of MLflow's REST protocol: snake case, epoch milliseconds, int64 that may come as text. They stop here. */

export const text = z.string().refine(isStorable, 'it holds U+0000 or half a surrogate pair')

/** A text that may be longer than is kept; MLflow cuts, and so do we. */
const cut = (max: number) => text.transform((value) => (value.length > max ? value.slice(0, max) : value))

/** A text that MLflow refuses when it is longer than is kept. */
export const atMost = (max: number) =>
  text.refine((value) => value.length <= max, {
    error: ({ input }) =>
      `it had length ${String(String(input).length)}, which exceeded length limit of ${String(max)}`,
  })

/** An int64 as number or text. Beyond 2^53 a JSON number has lost bits, so it is refused. */
export const int64 = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^-?\d{1,19}$/)
        .transform(Number),
    ],
    'it is not a valid long (64-bit integer)',
  )
  .refine((value) => Number.isSafeInteger(value), 'it is not an integer between -2^53 and 2^53')

/** A double: a number, a number as text, or NaN and the infinities as text. */
export const double = z.union(
  [
    z.number(),
    z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/)
      .transform(Number),
  ],
  'it is not a valid double (64-bit floating point)',
)

/** A tag of a run or of a logged model. */
export const Tag = z.object({ key: text, value: cut(LIMITS.tagValueLengthMax) })
export const ExperimentTag = z.object({ key: text, value: atMost(LIMITS.experimentTagValueLengthMax) })
/** A tag of a registered model or of a version. */
export const RegistryTag = z.object({ key: text, value: atMost(LIMITS.registryTagValueLengthMax) })
export const Param = z.object({ key: text, value: cut(LIMITS.paramValueLengthMax) })
export const Metric = z.object({
  key: text,
  value: double,
  timestamp: int64.refine((value) => value >= 0, 'the timestamp must be a nonnegative long (64-bit integer)'),
  step: int64.nullish().transform((step) => step ?? 0),
  dataset_name: text.nullish(),
  dataset_digest: text.nullish(),
  model_id: text.nullish(),
})

export const VIEW_TYPES = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const
export const ViewType = z.enum(VIEW_TYPES).default('ACTIVE_ONLY')

export function stagesOf(view: (typeof VIEW_TYPES)[number]) {
  return view === 'ALL'
    ? (['active', 'deleted'] as const)
    : view === 'ACTIVE_ONLY'
      ? (['active'] as const)
      : (['deleted'] as const)
}

const STATUS_OF: Readonly<Record<RunState, string>> = {
  scheduled: 'SCHEDULED',
  running: 'RUNNING',
  finished: 'FINISHED',
  failed: 'FAILED',
  killed: 'KILLED',
  lost: 'FAILED',
}

export const RunStatus = z
  .enum(['SCHEDULED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'])
  .transform((status): RunState => STATES[status])
const STATES = {
  SCHEDULED: 'scheduled',
  RUNNING: 'running',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'killed',
} as const

export function metricPoint(metric: z.infer<typeof Metric>): MetricPoint {
  return {
    key: metric.key,
    value: metric.value,
    timestamp: metric.timestamp,
    step: metric.step,
    datasetName: metric.dataset_name ?? '',
    datasetDigest: metric.dataset_digest ?? '',
    modelId: metric.model_id ?? '',
  }
}

/** NaN goes out as text, infinities as the largest doubles, as MLflow's own server says them. */
export function wireDouble(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE
}

export function wireMetric(metric: MetricPoint) {
  return {
    key: metric.key,
    value: wireDouble(metric.value),
    timestamp: metric.timestamp,
    step: metric.step,
    ...(metric.datasetName === '' ? {} : { dataset_name: metric.datasetName }),
    ...(metric.datasetDigest === '' ? {} : { dataset_digest: metric.datasetDigest }),
    ...(metric.modelId === '' ? {} : { model_id: metric.modelId }),
  }
}

/** Where a logged model's files are. */
export function modelUri(model: { readonly experimentId: number; readonly id: string }): string {
  return `mlflow-artifacts:/${String(model.experimentId)}/models/${model.id}/artifacts`
}

export function artifactUri(run: Pick<RunRow, 'experimentId' | 'id'>): string {
  return `mlflow-artifacts:/${String(run.experimentId)}/${run.id}/artifacts`
}

export function wireExperiment(row: ExperimentRow) {
  return {
    experiment_id: String(row.id),
    name: row.name,
    artifact_location: `mlflow-artifacts:/${String(row.id)}`,
    lifecycle_stage: row.lifecycleStage,
    creation_time: row.createdAt.getTime(),
    last_update_time: row.updatedAt.getTime(),
    ...unlessEmpty('tags', row.tags),
  }
}

export function wireRunInfo(run: RunRow) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: String(run.experimentId),
    user_id: run.userName,
    status: STATUS_OF[run.state],
    ...(run.startTime === null ? {} : { start_time: run.startTime }),
    ...(run.endTime === null ? {} : { end_time: run.endTime }),
    artifact_uri: artifactUri(run),
    lifecycle_stage: run.lifecycleStage,
  }
}

export function wireRun({ run, metrics, params, tags, inputs, models }: RunDetail) {
  const latest = new Map<string, MetricPoint>()
  for (const metric of metrics) if (!latest.has(metric.key)) latest.set(metric.key, metric)
  const used = models.filter((model) => model.direction === 'input')
  const made = models.filter((model) => model.direction === 'output')
  return {
    info: wireRunInfo(run),
    data: {
      ...unlessEmpty('metrics', [...latest.values()].map(wireMetric)),
      ...unlessEmpty('params', params),
      ...unlessEmpty('tags', tags),
    },
    inputs: {
      ...unlessEmpty(
        'model_inputs',
        used.map(({ modelId }) => ({ model_id: modelId })),
      ),
      ...unlessEmpty(
        'dataset_inputs',
        inputs.map((input) => ({
          ...unlessEmpty('tags', inputTags(input)),
          dataset: {
            name: input.name,
            digest: input.digest,
            source_type: input.sourceType,
            source: input.source,
            ...(input.schema === null ? {} : { schema: input.schema }),
            ...(input.profile === null ? {} : { profile: input.profile }),
          },
        })),
      ),
    },
    ...(made.length === 0
      ? {}
      : { outputs: { model_outputs: made.map(({ modelId, step }) => ({ model_id: modelId, step })) } }),
  }
}

const MODEL_STATUS: Readonly<Record<LoggedModelStatus, string>> = {
  PENDING: 'LOGGED_MODEL_PENDING',
  READY: 'LOGGED_MODEL_READY',
  FAILED: 'LOGGED_MODEL_UPLOAD_FAILED',
}

export const ModelStatus = z
  .enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'])
  .transform((said): LoggedModelStatus =>
    said === 'LOGGED_MODEL_READY' ? 'READY' : said === 'LOGGED_MODEL_PENDING' ? 'PENDING' : 'FAILED',
  )

export function wireLoggedModel({ model, params, tags, metrics }: LoggedModelDetail) {
  return {
    info: {
      model_id: model.id,
      experiment_id: String(model.experimentId),
      name: model.name,
      creation_timestamp_ms: model.createdAt.getTime(),
      last_updated_timestamp_ms: model.updatedAt.getTime(),
      artifact_uri: modelUri(model),
      status: MODEL_STATUS[model.status],
      ...(model.modelType === '' ? {} : { model_type: model.modelType }),
      ...(model.sourceRunId === null ? {} : { source_run_id: model.sourceRunId }),
      ...unlessEmpty('tags', tags),
    },
    data: {
      ...unlessEmpty('params', params),
      ...unlessEmpty(
        'metrics',
        metrics.map((metric) => ({ ...wireMetric(metric), run_id: metric.runId })),
      ),
    },
  }
}

export interface WireFile {
  readonly path: string
  readonly is_dir: boolean
  readonly file_size?: number
}

/** A folder's children as MLflow lists them, each once; `prefix` stands before each name. */
export function wireFiles(
  files: readonly { readonly path: string; readonly sizeBytes: number }[],
  folder: string,
  prefix = '',
): WireFile[] {
  const skip = folder === '' ? 0 : folder.length + 1
  const children = new Map<string, WireFile>()
  for (const file of files) {
    const [name = '', ...below] = file.path.slice(skip).split('/')
    const path = `${prefix}${name}`
    children.set(name, below.length > 0 ? { path, is_dir: true } : { path, is_dir: false, file_size: file.sizeBytes })
  }
  return [...children.values()]
}

/** The tag of a run's input that says what the data were for. */
export const CONTEXT_TAG = 'mlflow.data.context'

function inputTags({ context, tags }: Pick<RunInput, 'context' | 'tags'>): readonly KeyValue[] {
  return context === '' ? tags : [{ key: CONTEXT_TAG, value: context }, ...tags]
}

/** MLflow leaves empty lists out. */
export function unlessEmpty<Name extends string, T>(
  name: Name,
  list: readonly T[],
): Partial<Record<Name, readonly T[]>> {
  return list.length === 0 ? {} : ({ [name]: list } as Partial<Record<Name, readonly T[]>>) // one member, named above
}

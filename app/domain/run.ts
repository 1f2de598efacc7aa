/** As MLflow names them, in our case; `lost` is ours: its worker was never heard of again. */
export const RUN_STATES = ['scheduled', 'running', 'finished', 'failed', 'killed', 'lost'] as const
export type RunState = (typeof RUN_STATES)[number]

export const RUN_STATE_WORDS: Readonly<Record<RunState, string>> = {
  scheduled: 'Scheduled',
  running: 'Running',
  finished: 'Finished',
  failed: 'Failed',
  killed: 'Killed',
  lost: 'Lost',
}

export const LIFECYCLE_STAGES = ['active', 'deleted'] as const
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number]

/** Limits of MLflow's REST protocol, kept so that clients see what they expect. Source: MLflow 3, utils/validation. */
export const LIMITS = {
  metricsPerBatchMax: 1000,
  paramsPerBatchMax: 100,
  tagsPerBatchMax: 100,
  entitiesPerBatchMax: 1000,
  keyLengthMax: 250,
  paramValueLengthMax: 6000,
  tagValueLengthMax: 8000,
  experimentTagValueLengthMax: 5000,
  registryTagValueLengthMax: 100_000,
  batchBytesMax: 1_000_000,
  digestLengthMax: 36,
  searchResultsMax: 50_000,
  historyResultsMax: 25_000,
} as const

/** A run in one of these states has said its last word; clients may still log to it, as MLflow allows. */
export function isEnded(state: RunState): boolean {
  return state === 'finished' || state === 'failed' || state === 'killed' || state === 'lost'
}

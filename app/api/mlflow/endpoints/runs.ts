import { z } from 'zod'
import type { CommandContext } from '#app/commands/context.ts'
import { trackedEngagement, trackedScope } from '#app/commands/experiments.ts'
import { writeRunNotes } from '#app/commands/run-notes.ts'
import { logInputs as logRunInputs, logModelRecord, logRunModels } from '#app/commands/run-inputs.ts'
import {
  deleteTag as removeRunTag,
  logBatch as log,
  moveRun,
  RUN_NAME_TAG,
  startRun,
  updateRun,
} from '#app/commands/tracking.ts'
import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { loggedModelId } from '#app/domain/logged-model.ts'
import { LIMITS } from '#app/domain/run.ts'
import { noteOfTag } from '#app/domain/run-note.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import type { KeyValue } from '#db/queries/runs.ts'
import { readRun } from '#db/queries/run-details.ts'
import { endpoint } from '../endpoint.ts'
import {
  atMost,
  CONTEXT_TAG,
  int64,
  Metric,
  metricPoint,
  Param,
  RunStatus,
  Tag,
  text,
  wireRun,
  wireRunInfo,
} from '../wire.ts'
import { ofRun, runIdOf } from './of-run.ts'

const Create = z.object({
  experiment_id: text.default('0'),
  user_id: text.nullish(),
  run_name: text.nullish(),
  start_time: int64.nullish(),
  tags: z.array(Tag).max(LIMITS.tagsPerBatchMax).nullish(),
})

const ADJECTIVES = ['calm', 'bright', 'quiet', 'keen', 'swift', 'plain', 'steady', 'clear'] as const
const NOUNS = ['heron', 'larch', 'harbour', 'meadow', 'comet', 'anchor', 'lantern', 'ridge'] as const

/** A run without a name gets one that people can say, from its starting time. */
function inventedName(at: number): string {
  const seed = Math.abs(Math.trunc(at))
  return `${ADJECTIVES[seed % 8] ?? 'calm'}-${NOUNS[Math.floor(seed / 8) % 8] ?? 'heron'}-${String(seed % 1000)}`
}

export const create = endpoint(Create, async (ctx, input) => {
  const tags = input.tags ?? []
  for (const tag of tags) ensureKey(tag.key, 'tag')
  const tagged = tags.find((tag) => tag.key === RUN_NAME_TAG)?.value
  if (isSaid(input.run_name) && isSaid(tagged) && input.run_name !== tagged)
    throw new AppError(
      'invalid',
      `Both 'run_name' argument and '${RUN_NAME_TAG}' tag are specified, but with different values (run_name='${input.run_name.slice(0, 100)}', ${RUN_NAME_TAG}='${tagged.slice(0, 100)}').`,
    )
  const name = [input.run_name, tagged].find(isSaid) ?? inventedName(ctx.now.getTime())
  const detail = await startRun(ctx, {
    experimentId: input.experiment_id,
    name: name.slice(0, LIMITS.keyLengthMax),
    userName: (input.user_id ?? '').slice(0, LIMITS.keyLengthMax),
    startTime: input.start_time ?? null,
    tags: [...tags.filter((tag) => tag.key !== RUN_NAME_TAG), { key: RUN_NAME_TAG, value: name }],
  })
  return { run: wireRun(detail) }
})

function isSaid(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== ''
}

export const get = endpoint(z.object(ofRun), async (ctx, input) => {
  return { run: wireRun(await readRun(ctx.database, trackedScope(ctx.actor), runIdOf(input))) }
})

const Update = z.object({ ...ofRun, status: RunStatus.nullish(), end_time: int64.nullish(), run_name: text.nullish() })

export const update = endpoint(Update, async (ctx, input) => {
  const run = await updateRun(ctx, runIdOf(input), {
    ...(input.status === null || input.status === undefined ? {} : { state: input.status }),
    ...(input.end_time === null || input.end_time === undefined ? {} : { endTime: input.end_time }),
    ...(input.run_name === null || input.run_name === undefined || input.run_name === ''
      ? {}
      : { name: input.run_name.slice(0, LIMITS.keyLengthMax) }),
  })
  return { run_info: wireRunInfo(run) }
})

export const remove = endpoint(z.object(ofRun), async (ctx, input) => {
  await moveRun(ctx, runIdOf(input), 'deleted')
  return {}
})

export const restore = endpoint(z.object(ofRun), async (ctx, input) => {
  await moveRun(ctx, runIdOf(input), 'active')
  return {}
})

/** @throws AppError `invalid` for labels that cannot be the end of a row */
function checkedMetric(input: z.infer<typeof Metric>) {
  ensureKey(input.key, 'metric')
  if ((input.dataset_name ?? '').length > 500 || (input.dataset_digest ?? '').length > LIMITS.digestLengthMax)
    throw new AppError('invalid', 'Invalid dataset of a metric: its name or digest is too long.')
  if (input.model_id !== null && input.model_id !== undefined && input.model_id !== '') loggedModelId(input.model_id)
  return metricPoint(input)
}

export const logMetric = endpoint(z.object({ ...ofRun, ...Metric.shape }), async (ctx, input) => {
  await log(ctx, runIdOf(input), { metrics: [checkedMetric(input)], params: [], tags: [] })
  return {}
})

export const logParameter = endpoint(z.object({ ...ofRun, ...Param.shape }), async (ctx, input) => {
  ensureKey(input.key, 'param')
  await log(ctx, runIdOf(input), { metrics: [], params: [{ key: input.key, value: input.value }], tags: [] })
  return {}
})

/** What a person writes about a run is the same thing here and on its page, also of a run that only its job logs to. */
async function isNoteWritten(ctx: CommandContext, runId: RunId, tag: KeyValue): Promise<boolean> {
  const { actor } = ctx
  const note = noteOfTag(tag.key)
  if (note === undefined || actor.kind !== 'person') return false
  await writeRunNotes(
    { ...ctx, actor },
    { engagementId: trackedEngagement(actor), runId, texts: { [note]: tag.value } },
  )
  return true
}

export const setTag = endpoint(z.object({ ...ofRun, ...Tag.shape }), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  if (await isNoteWritten(ctx, runIdOf(input), input)) return {}
  await log(ctx, runIdOf(input), { metrics: [], params: [], tags: [{ key: input.key, value: input.value }] })
  return {}
})

export const deleteTag = endpoint(z.object({ ...ofRun, key: text }), async (ctx, input) => {
  if (await isNoteWritten(ctx, runIdOf(input), { key: input.key, value: '' })) return {}
  await removeRunTag(ctx, runIdOf(input), input.key)
  return {}
})

const LogBatch = z.object({
  ...ofRun,
  metrics: z.array(Metric).nullish(),
  params: z.array(Param).nullish(),
  tags: z.array(Tag).nullish(),
})

export const logBatch = endpoint(LogBatch, async (ctx, input) => {
  const runId = runIdOf(input)
  ensureAtMost(input.metrics ?? [], LIMITS.metricsPerBatchMax, 'metrics')
  const metrics = (input.metrics ?? []).map(checkedMetric)
  const params = input.params ?? []
  const tags = input.tags ?? []
  ensureAtMost(params, LIMITS.paramsPerBatchMax, 'params')
  ensureAtMost(tags, LIMITS.tagsPerBatchMax, 'tags')
  ensureAtMost([...metrics, ...params, ...tags], LIMITS.entitiesPerBatchMax, 'metrics, params, and tags')
  for (const param of params) ensureKey(param.key, 'param')
  const twice = params.find((param, at) => params.findIndex((other) => other.key === param.key) !== at)
  if (twice) throw new AppError('invalid', `Duplicate parameter keys have been submitted: ['${twice.key}'].`)
  for (const tag of tags) ensureKey(tag.key, 'tag')
  await log(ctx, runId, { metrics, params, tags })
  return {}
})

function ensureAtMost(list: readonly unknown[], max: number, what: string): void {
  if (list.length > max)
    throw new AppError(
      'invalid',
      `A batch logging request can contain at most ${String(max)} ${what}. Got ${String(list.length)} ${what}. Please split up ${what} across multiple requests and try again.`,
    )
}

const named = (max: number) =>
  text.refine((value) => value !== '' && value.length <= max, `it has between 1 and ${String(max)} characters`)

const LogInputs = z.object({
  ...ofRun,
  datasets: z
    .array(
      z.object({
        tags: z.array(Tag).max(LIMITS.tagsPerBatchMax).nullish(),
        dataset: z.object({
          name: named(500),
          digest: named(LIMITS.digestLengthMax),
          source_type: text.default('local'),
          source: atMost(65_535).default(''),
          schema: atMost(1_048_575).nullish(),
          profile: atMost(16_777_215).nullish(),
        }),
      }),
    )
    .max(100)
    .nullish(),
  models: z
    .array(z.object({ model_id: text }))
    .max(100)
    .nullish(),
})

export const logInputs = endpoint(LogInputs, async (ctx, input) => {
  await logRunInputs(
    ctx,
    runIdOf(input),
    (input.datasets ?? []).map(({ dataset, tags }) => ({
      name: dataset.name,
      digest: dataset.digest,
      sourceType: dataset.source_type,
      source: dataset.source,
      schema: dataset.schema ?? null,
      profile: dataset.profile ?? null,
      context: tags?.find(({ key }) => key === CONTEXT_TAG)?.value ?? '',
      tags: tags?.filter(({ key }) => key !== CONTEXT_TAG) ?? [],
    })),
  )
  const models = input.models ?? []
  if (models.length > 0)
    await logRunModels(
      ctx,
      runIdOf(input),
      models.map((model) => ({ modelId: loggedModelId(model.model_id), direction: 'input', step: 0 })),
    )
  return {}
})

const Outputs = z.object({
  ...ofRun,
  models: z
    .array(z.object({ model_id: text, step: int64.default(0) }))
    .max(100)
    .nullish(),
})

export const logOutputs = endpoint(Outputs, async (ctx, input) => {
  await logRunModels(
    ctx,
    runIdOf(input),
    (input.models ?? []).map((model) => ({
      modelId: loggedModelId(model.model_id),
      direction: 'output',
      step: model.step,
    })),
  )
  return {}
})

/** MLflow 2 notes its models here: each is added to the run's tag of models. */
export const logModel = endpoint(z.object({ ...ofRun, model_json: text }), async (ctx, input) => {
  await logModelRecord(ctx, runIdOf(input), input.model_json)
  return {}
})

import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import {
  ensureKey,
  logBatch as log,
  logInputs as logRunInputs,
  resolveExperiment,
  startRun,
  trackedEngagement,
  updateRun,
} from '#app/commands/tracking.ts'
import { AppError, found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { LIMITS } from '#app/domain/run.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import { parseFilter, parseOrder } from '#app/domain/search-filter.ts'
import { listMetricHistory } from '#db/queries/metrics.ts'
import { getRun, loadRunDetails, RUN_ATTRIBUTES, searchRuns } from '#db/queries/runs.ts'
import { endpoint } from '../endpoint.ts'
import { offsetOf, pageTokenOf } from '../page-token.ts'
import {
  int64,
  Metric,
  metricPoint,
  Param,
  RunStatus,
  stagesOf,
  Tag,
  text,
  ViewType,
  wireMetric,
  wireRun,
  wireRunInfo,
} from '../wire.ts'

/** Clients send the old name of the id beside the new one. */
const ofRun = { run_id: text.nullish(), run_uuid: text.nullish() }

function runIdOf(input: { run_id?: string | null | undefined; run_uuid?: string | null | undefined }) {
  const id = input.run_id ?? input.run_uuid
  if (id === null || id === undefined || id === '')
    throw new AppError(
      'invalid',
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    )
  return toRunId(id)
}

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
  const tagged = tags.find((tag) => tag.key === 'mlflow.runName')?.value
  const name =
    [input.run_name, tagged].find((value) => value !== null && value !== undefined && value !== '') ??
    inventedName(ctx.now.getTime())
  const id = await startRun(ctx, {
    experimentId: input.experiment_id,
    name: name.slice(0, LIMITS.keyLengthMax),
    userName: (input.user_id ?? '').slice(0, LIMITS.keyLengthMax),
    startTime: input.start_time ?? null,
    tags: [...tags.filter((tag) => tag.key !== 'mlflow.runName'), { key: 'mlflow.runName', value: name }],
  })
  const detail = await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), id)
    return found((await loadRunDetails(tx, [run]))[0])
  })
  return { run: wireRun(detail) }
})

export const get = endpoint(z.object(ofRun), async (ctx, input) => {
  const detail = await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), runIdOf(input))
    return found((await loadRunDetails(tx, [run]))[0])
  })
  return { run: wireRun(detail) }
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

export const logMetric = endpoint(Metric.extend(ofRun), async (ctx, input) => {
  ensureKey(input.key, 'metric')
  await log(ctx, runIdOf(input), { metrics: [metricPoint(input)], params: [], tags: [] })
  return {}
})

export const logParameter = endpoint(Param.extend(ofRun), async (ctx, input) => {
  ensureKey(input.key, 'param')
  await log(ctx, runIdOf(input), { metrics: [], params: [{ key: input.key, value: input.value }], tags: [] })
  return {}
})

export const setTag = endpoint(Tag.extend(ofRun), async (ctx, input) => {
  ensureKey(input.key, 'tag')
  await log(ctx, runIdOf(input), { metrics: [], params: [], tags: [{ key: input.key, value: input.value }] })
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
  const metrics = (input.metrics ?? []).map(metricPoint)
  const params = input.params ?? []
  const tags = input.tags ?? []
  ensureAtMost(metrics, LIMITS.metricsPerBatchMax, 'metrics')
  ensureAtMost(params, LIMITS.paramsPerBatchMax, 'params')
  ensureAtMost(tags, LIMITS.tagsPerBatchMax, 'tags')
  ensureAtMost([...metrics, ...params, ...tags], LIMITS.entitiesPerBatchMax, 'metrics, params, and tags')
  for (const metric of metrics) ensureKey(metric.key, 'metric')
  for (const param of params) ensureKey(param.key, 'param')
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

const LogInputs = z.object({
  ...ofRun,
  datasets: z
    .array(
      z.object({
        tags: z.array(Tag).max(LIMITS.tagsPerBatchMax).nullish(),
        dataset: z.object({
          name: text.refine((value) => value !== '' && value.length <= 500, 'it has between 1 and 500 characters'),
          digest: text.refine(
            (value) => value !== '' && value.length <= LIMITS.digestLengthMax,
            `it has between 1 and ${String(LIMITS.digestLengthMax)} characters`,
          ),
          source_type: text.default('local'),
          source: text.default(''),
          schema: text.nullish(),
          profile: text.nullish(),
        }),
      }),
    )
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
      context: tags?.find((tag) => tag.key === 'mlflow.data.context')?.value ?? '',
    })),
  )
  return {}
})

const History = z.object({ ...ofRun, metric_key: text, max_results: int64.nullish(), page_token: text.nullish() })

export const getHistory = endpoint(History, async (ctx, input) => {
  const limit = input.max_results ?? LIMITS.historyResultsMax
  if (limit < 1 || limit > LIMITS.historyResultsMax)
    throw new AppError(
      'invalid',
      `Invalid value for max_results. It must be between 1 and ${String(LIMITS.historyResultsMax)}.`,
    )
  const question = [runIdOf(input), input.metric_key]
  const offset = offsetOf(question, input.page_token)
  const points = await transact(ctx, async (tx) => {
    const run = await getRun(tx, trackedEngagement(ctx.actor), runIdOf(input))
    return listMetricHistory(tx, run.id, input.metric_key, { offset, limit: limit + 1 })
  })
  return {
    ...(points.length === 0 ? {} : { metrics: points.slice(0, limit).map(wireMetric) }),
    ...(points.length > limit ? { next_page_token: pageTokenOf(question, offset + limit) } : {}),
  }
})

const Search = z.object({
  experiment_ids: z.array(text).max(1000).nullish(),
  filter: text.nullish(),
  run_view_type: ViewType,
  max_results: int64.nullish(),
  order_by: z.array(text).max(20).nullish(),
  page_token: text.nullish(),
})

export const search = endpoint(Search, async (ctx, input) => {
  const limit = input.max_results ?? 1000
  if (limit < 1 || limit > LIMITS.searchResultsMax)
    throw new AppError(
      'invalid',
      `Invalid value for max_results. It must be between 1 and ${String(LIMITS.searchResultsMax)}.`,
    )
  const filter = parseFilter(input.filter ?? '').map(checkedClause)
  const order = (input.order_by ?? []).map((item) => checkedOrder(parseOrder(item)))
  const experimentIds = input.experiment_ids ?? []
  if (experimentIds.length === 0) return {}
  const question = [experimentIds, input.filter ?? '', input.order_by ?? [], input.run_view_type]
  const offset = offsetOf(question, input.page_token)
  const { details, hasMore } = await transact(ctx, async (tx) => {
    const ids: number[] = []
    for (const id of experimentIds) ids.push(await experimentNumber(id))
    const rows = await searchRuns(tx, {
      engagementId: trackedEngagement(ctx.actor),
      experimentIds: ids,
      stages: stagesOf(input.run_view_type),
      filter,
      order,
      limit: limit + 1,
      offset,
    })
    return { details: await loadRunDetails(tx, rows.slice(0, limit)), hasMore: rows.length > limit }

    async function experimentNumber(id: string): Promise<number> {
      if (id === '0') return (await resolveExperiment(tx, ctx.actor, id, ctx.now)).id
      return /^\d{1,15}$/.test(id) ? Number(id) : -1
    }
  })
  return {
    ...(details.length === 0 ? {} : { runs: details.map(wireRun) }),
    ...(hasMore ? { next_page_token: pageTokenOf(question, offset + limit) } : {}),
  }
})

/** Old and short names of attributes that clients use. */
const ALIASES: Readonly<Record<string, keyof typeof RUN_ATTRIBUTES>> = {
  'run name': 'run_name',
  runname: 'run_name',
  'run id': 'run_id',
  created: 'start_time',
  start_time: 'start_time',
}

function attributeOf(key: string): keyof typeof RUN_ATTRIBUTES {
  const names = Object.keys(RUN_ATTRIBUTES) as (keyof typeof RUN_ATTRIBUTES)[] // its keys are exactly these
  const name = names.find((known) => known === key) ?? ALIASES[key.toLowerCase()]
  if (!name)
    throw new AppError(
      'invalid',
      `Invalid attribute key '${key.slice(0, 100)}' specified. Valid keys are ${names.join(', ')}.`,
    )
  return name
}

function checkedClause(clause: Clause): Clause {
  const isNumber = typeof clause.value === 'number'
  if (clause.entity === 'attribute') {
    const key = attributeOf(clause.key)
    if ((RUN_ATTRIBUTES[key] === 'number') !== isNumber)
      throw new AppError(
        'invalid',
        `The value of ${key} must be ${RUN_ATTRIBUTES[key] === 'number' ? 'a number' : 'text in quotes'}.`,
      )
    if (isNumber && /LIKE/.test(clause.comparator)) throw new AppError('invalid', 'Numbers are not compared with LIKE.')
    return { ...clause, key }
  }
  if (clause.entity === 'metric') {
    const isComparable = ['=', '!=', '<', '<=', '>', '>='].includes(clause.comparator)
    if (!isNumber || !isComparable)
      throw new AppError('invalid', `Metrics are compared with a number: metrics.${clause.key.slice(0, 50)} > 0.5.`)
    return clause
  }
  if (isNumber || !['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'].includes(clause.comparator))
    throw new AppError(
      'invalid',
      `${clause.entity === 'param' ? 'Parameters' : 'Tags'} are compared with text in quotes, by =, !=, LIKE, ILIKE or IN.`,
    )
  return clause
}

function checkedOrder(order: Order): Order {
  return order.entity === 'attribute' ? { ...order, key: attributeOf(order.key) } : order
}

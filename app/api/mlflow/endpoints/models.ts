import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { addModelVersion } from '#app/commands/models.ts'
import { trackedEngagement } from '#app/commands/tracking.ts'
import { AppError } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import type { Clause } from '#app/domain/search-filter.ts'
import { parseFilter } from '#app/domain/search-filter.ts'
import { newId } from '#db/new-id.ts'
import { findModel, findModelVersion, insertModel, listModels, listModelVersions } from '#db/queries/models.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'
import { endpoint } from '../endpoint.ts'
import { artifactUri, int64, Tag, text, wireModel, wireModelVersion } from '../wire.ts'

const NAME_LENGTH_MAX = 256
const MODELS_MAX = 1000
const VERSIONS_MAX = 10_000

const name = text.refine(
  (value) => value.trim() !== '' && value.length <= NAME_LENGTH_MAX && !/[/:]/.test(value),
  `it has between 1 and ${String(NAME_LENGTH_MAX)} characters, and neither '/' nor ':'`,
)

const missing = (model: string) => new AppError('not_found', `Registered Model with name=${model} not found`)

async function modelWithVersions(tx: Tx, engagementId: Parameters<typeof findModel>[1], model: string) {
  const row = await findModel(tx, engagementId, model)
  if (!row) throw missing(model)
  const [latest] = await listModelVersions(tx, engagementId, { modelName: row.name, limit: 1 })
  return wireModel(row, latest ? [latest] : [])
}

export const create = endpoint(
  z.object({ name, description: text.nullish(), tags: z.array(Tag).max(100).nullish() }),
  async (ctx, input) => {
    const engagementId = trackedEngagement(ctx.actor)
    return transact(ctx, async (tx) => {
      const isNew = await insertModel(tx, {
        id: newId(),
        engagementId,
        name: input.name,
        description: (input.description ?? '').slice(0, 5000),
        at: ctx.now,
      })
      if (!isNew) throw new AppError('conflict', `Registered Model (name=${input.name}) already exists.`)
      return { registered_model: await modelWithVersions(tx, engagementId, input.name) }
    })
  },
)

export const get = endpoint(z.object({ name: text }), async (ctx, input) => ({
  registered_model: await transact(ctx, (tx) => modelWithVersions(tx, trackedEngagement(ctx.actor), input.name)),
}))

const Search = z.object({
  filter: text.nullish(),
  max_results: int64.nullish(),
  order_by: z.array(text).max(20).nullish(),
  page_token: text.nullish(),
})

/** Filters by name; clauses about tags that nobody set are true for `!=` and false else, as MLflow has it. */
export const search = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, 100, MODELS_MAX)
  const clauses = parseFilter(input.filter ?? '')
  const engagementId = trackedEngagement(ctx.actor)
  return transact(ctx, async (tx) => {
    const rows = await listModels(tx, engagementId, {
      limit: MODELS_MAX,
      ...(input.page_token === null || input.page_token === undefined || input.page_token === ''
        ? {}
        : { afterName: input.page_token }),
    })
    const fitting = rows.filter((row) => clauses.every((clause) => fits(clause, { name: row.name })))
    const page = fitting.slice(0, limit)
    const last = page.at(-1)
    const versions = await listModelVersions(tx, engagementId, { limit: VERSIONS_MAX })
    return {
      ...(page.length === 0
        ? {}
        : {
            registered_models: page.map((row) =>
              wireModel(row, versions.filter((version) => version.modelId === row.id).slice(0, 1)),
            ),
          }),
      ...(fitting.length > limit && last ? { next_page_token: last.name } : {}),
    }
  })
})

export const getLatestVersions = endpoint(
  z.object({ name: text, stages: z.array(text).nullish() }),
  async (ctx, input) => {
    const engagementId = trackedEngagement(ctx.actor)
    const versions = await transact(ctx, async (tx) => {
      if (!(await findModel(tx, engagementId, input.name))) throw missing(input.name)
      return listModelVersions(tx, engagementId, { modelName: input.name, limit: 1 })
    })
    return versions.length === 0 ? {} : { model_versions: versions.map(wireModelVersion) }
  },
)

const CreateVersion = z.object({
  name,
  source: text.refine((value) => value.length <= 500, 'it has at most 500 characters'),
  run_id: text.nullish(),
  description: text.nullish(),
  tags: z.array(Tag).max(100).nullish(),
})

/** `runs:/<run>/<folder>` or `mlflow-artifacts:/<experiment>/<run>/artifacts/<folder>`. */
const SOURCES = [
  /^runs:\/([0-9a-f]{32})\/?(.*)$/,
  /^mlflow-artifacts:\/(?:\/[^/]*\/)?\d+\/([0-9a-f]{32})\/artifacts\/?(.*)$/,
]

export const createVersion = endpoint(CreateVersion, async (ctx, input) => {
  const engagementId = trackedEngagement(ctx.actor)
  const matched = SOURCES.map((pattern) => pattern.exec(input.source)).find((match) => match !== null)
  const folder = (matched?.[2] ?? '').replace(/\/$/, '')
  if (folder.split('/').includes('..') || /[%?#\\]/.test(folder))
    throw new AppError('invalid', 'Invalid model version source: it is not a plain folder.')
  if (!matched && !input.source.startsWith('models:/'))
    throw new AppError(
      'invalid',
      `Invalid model version source: '${input.source.slice(0, 200)}'. Register what a run logged here: runs:/<run>/<folder>.`,
    )
  const version = await transact(ctx, async (tx) => {
    if (!(await findModel(tx, engagementId, input.name))) throw missing(input.name)
    const said = matched?.[1] ?? (input.run_id === null || input.run_id === '' ? undefined : input.run_id)
    const run = said === undefined ? null : await getRun(tx, engagementId, toRunId(said))
    return addModelVersion(tx, ctx.actor, {
      engagementId,
      name: input.name,
      source: input.source,
      runId: run?.id ?? null,
      folder: matched ? folder : 'model',
      description: (input.description ?? '').slice(0, 5000),
      now: ctx.now,
    })
  })
  return { model_version: wireModelVersion(version) }
})

const OfVersion = z.object({ name: text, version: z.union([text, z.number()]).transform(String) })

async function versionOf(tx: Tx, engagementId: Parameters<typeof findModel>[1], input: z.infer<typeof OfVersion>) {
  if (!/^\d{1,9}$/.test(input.version))
    throw new AppError('invalid', `Model version must be an integer, got '${input.version.slice(0, 50)}'`)
  const version = await findModelVersion(tx, engagementId, { name: input.name, version: Number(input.version) })
  if (!version)
    throw new AppError('not_found', `Model Version (name=${input.name}, version=${input.version}) not found`)
  return version
}

export const getVersion = endpoint(OfVersion, async (ctx, input) => ({
  model_version: wireModelVersion(await transact(ctx, (tx) => versionOf(tx, trackedEngagement(ctx.actor), input))),
}))

export const getDownloadUri = endpoint(OfVersion, async (ctx, input) => {
  const engagementId = trackedEngagement(ctx.actor)
  return transact(ctx, async (tx) => {
    const version = await versionOf(tx, engagementId, input)
    if (version.runId === null) return { artifact_uri: version.source }
    const run = await getRun(tx, engagementId, version.runId)
    const folder =
      SOURCES.map((pattern) => pattern.exec(version.source)?.[2]).find((match) => match !== undefined) ?? 'model'
    return { artifact_uri: `${artifactUri(run)}/${folder}` }
  })
})

/** Filters by name and run_id. */
export const searchVersions = endpoint(Search, async (ctx, input) => {
  const limit = limitOf(input.max_results, VERSIONS_MAX, 200_000)
  const clauses = parseFilter(input.filter ?? '')
  const versions = await transact(ctx, (tx) =>
    listModelVersions(tx, trackedEngagement(ctx.actor), { limit: VERSIONS_MAX }),
  )
  const fitting = versions.filter((row) =>
    clauses.every((clause) =>
      fits(clause, {
        name: row.modelName,
        run_id: row.runId ?? '',
        version_number: String(row.version),
        source_path: row.source,
      }),
    ),
  )
  return fitting.length === 0 ? {} : { model_versions: fitting.slice(0, limit).map(wireModelVersion) }
})

function limitOf(asked: number | null | undefined, byDefault: number, max: number): number {
  const limit = asked ?? byDefault
  if (limit < 1 || limit > max)
    throw new AppError('invalid', `Invalid value for max_results. It must be between 1 and ${String(max)}.`)
  return limit
}

function fits(clause: Clause, row: Readonly<Record<string, string>>): boolean {
  if (clause.entity === 'tag') return clause.comparator === '!='
  const value = Object.entries(row).find(([key]) => key === clause.key)?.[1]
  if (clause.entity !== 'attribute' || value === undefined)
    throw new AppError('invalid', `Invalid attribute key '${clause.key.slice(0, 100)}' specified.`)
  const given = typeof clause.value === 'object' ? clause.value : String(clause.value)
  switch (clause.comparator) {
    case '=':
      return value === given
    case '!=':
      return value !== given
    case 'IN':
      return given.includes(value)
    case 'NOT IN':
      return !given.includes(value)
    case 'LIKE':
      return typeof given === 'string' && like(value, given)
    case 'ILIKE':
      return typeof given === 'string' && like(value.toLowerCase(), given.toLowerCase())
    default:
      throw new AppError('invalid', `Invalid comparator '${clause.comparator}' for text.`)
  }
}

/** SQL's LIKE: `%` any characters, `_` one. Linear in the text for each `%`, without backtracking over several. */
function like(value: string, pattern: string): boolean {
  let [at, star, mark, seek] = [0, -1, 0, 0]
  while (at < value.length) {
    const sign = pattern.charAt(seek)
    if (sign === '%') {
      star = seek
      mark = at
      seek += 1
    } else if (sign === '_' || (sign !== '' && sign === value.charAt(at))) {
      at += 1
      seek += 1
    } else if (star >= 0) {
      seek = star + 1
      mark += 1
      at = mark
    } else return false
  }
  return pattern.slice(seek).replaceAll('%', '') === ''
}

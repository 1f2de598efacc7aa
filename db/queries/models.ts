import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { ModelVersionState } from '#app/domain/deployment.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, ModelId, ModelVersionId, RunId } from '#app/domain/ids.ts'
import { toId, toRunId } from '#app/domain/ids.ts'
import type { ModelStage } from '#app/domain/registry.ts'
import type { ModelFiles } from '../schema/models.ts'
import { modelVersions, registeredModels } from '../schema/models.ts'
import { runs } from '../schema/runs.ts'
import type { Tx } from '../types.ts'
import type { KeyValue } from './runs.ts'

export interface ModelRow {
  readonly id: ModelId
  readonly name: string
  readonly description: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly tags: readonly KeyValue[]
  /** Where each alias stands, by name. */
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
}

export interface ModelVersionRow {
  readonly id: ModelVersionId
  readonly modelId: ModelId
  readonly modelName: string
  readonly version: number
  readonly state: ModelVersionState
  readonly runId: RunId | null
  /** What a client calls the run, when none of ours made it; empty: nothing. */
  readonly saidRunId: string
  readonly runName: string | null
  readonly source: string
  readonly description: string
  readonly userName: string
  readonly files: ModelFiles
  readonly loggedModelId: string | null
  readonly stage: ModelStage
  readonly tags: readonly KeyValue[]
  readonly aliases: readonly string[]
  readonly deletedAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Where the aliases of a model stand: the newest move of each. */
function standing(modelId: SQL): SQL {
  return sql`select distinct on (m.name) m.name, m.to_version from registry_moves m
    where m.model_id = ${modelId} and m.kind = 'alias' order by m.name, m.id desc`
}

const modelColumns = {
  id: registeredModels.id,
  name: registeredModels.name,
  description: registeredModels.description,
  createdAt: registeredModels.createdAt,
  updatedAt: registeredModels.updatedAt,
  tags: sql<KeyValue[]>`coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
    from registered_model_tags t where t.model_id = ${registeredModels.id}), '[]'::json)`,
  aliases: sql<{ alias: string; version: number }[]>`coalesce((
    select json_agg(json_build_object('alias', a.name, 'version', a.to_version) order by a.name)
    from (${standing(sql`${registeredModels.id}`)}) a where a.to_version is not null), '[]'::json)`,
}

/** By its name within the engagement; null when there is none. */
export async function findModel(tx: Tx, engagementId: EngagementId, name: string): Promise<ModelRow | null> {
  const [row] = await tx.select(modelColumns).from(registeredModels).where(isNamed(engagementId, name))
  return row ? { ...row, id: toId<ModelId>(row.id) } : null
}

const isNamed = (engagementId: EngagementId, name: string) =>
  and(
    eq(registeredModels.engagementId, engagementId),
    eq(registeredModels.name, name),
    isNull(registeredModels.deletedAt),
  )

/** Models of an engagement, by name, after a name. */
export async function listModels(
  tx: Tx,
  engagementId: EngagementId,
  page: { afterName?: string; limit: number },
): Promise<ModelRow[]> {
  const rows = await tx
    .select(modelColumns)
    .from(registeredModels)
    .where(
      and(
        eq(registeredModels.engagementId, engagementId),
        isNull(registeredModels.deletedAt),
        page.afterName === undefined ? undefined : sql`${registeredModels.name} > ${page.afterName}`,
      ),
    )
    .orderBy(asc(registeredModels.name))
    .limit(page.limit)
  return rows.map((row) => ({ ...row, id: toId<ModelId>(row.id) }))
}

/** @returns false when the name is taken */
export async function insertModel(
  tx: Tx,
  row: { id: ModelId; engagementId: EngagementId; name: string; description: string; at: Date },
): Promise<boolean> {
  const rows = await tx
    .insert(registeredModels)
    .values({ ...row, createdAt: row.at, updatedAt: row.at })
    .onConflictDoNothing()
    .returning({ id: registeredModels.id })
  return rows.length === 1
}

/** Hold a model, so that its versions are numbered one after the other. @throws AppError `not_found` */
export async function lockModel(tx: Tx, engagementId: EngagementId, name: string): Promise<ModelId> {
  const [row] = await tx
    .select({ id: registeredModels.id })
    .from(registeredModels)
    .where(isNamed(engagementId, name))
    .for('update')
  return toId<ModelId>(found(row, 'This model').id)
}

function versionsQuery(tx: Tx) {
  return tx
    .select({
      id: modelVersions.id,
      modelId: modelVersions.modelId,
      modelName: registeredModels.name,
      version: modelVersions.version,
      state: modelVersions.state,
      runId: modelVersions.runId,
      saidRunId: modelVersions.saidRunId,
      runName: runs.name,
      source: modelVersions.source,
      description: modelVersions.description,
      userName: modelVersions.userName,
      files: modelVersions.files,
      loggedModelId: modelVersions.loggedModelId,
      stage: modelVersions.stage,
      tags: sql<KeyValue[]>`coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
        from model_version_tags t where t.model_version_id = ${modelVersions.id}), '[]'::json)`,
      aliases: sql<string[]>`coalesce((select json_agg(a.name order by a.name)
        from (${standing(sql`${modelVersions.modelId}`)}) a where a.to_version = ${modelVersions.version}), '[]'::json)`,
      deletedAt: modelVersions.deletedAt,
      createdAt: modelVersions.createdAt,
      updatedAt: modelVersions.updatedAt,
    })
    .from(modelVersions)
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .leftJoin(runs, eq(runs.id, modelVersions.runId))
}

type Raw = Awaited<ReturnType<typeof versionsQuery>>[number]
const toVersion = (raw: Raw): ModelVersionRow => ({
  ...raw,
  id: toId<ModelVersionId>(raw.id),
  modelId: toId<ModelId>(raw.modelId),
  runId: raw.runId === null ? null : toRunId(raw.runId),
})

/** @throws AppError `not_found` */
export async function getModelVersion(
  tx: Tx,
  engagementId: EngagementId,
  id: ModelVersionId,
): Promise<ModelVersionRow> {
  const [row] = await versionsQuery(tx).where(
    and(eq(modelVersions.engagementId, engagementId), eq(modelVersions.id, id)),
  )
  return toVersion(found(row, 'This model version'))
}

/** By the model's name and the version's number; null when there is none. */
export async function findModelVersion(
  tx: Tx,
  engagementId: EngagementId,
  of: { name: string; version: number },
): Promise<ModelVersionRow | null> {
  const [row] = await versionsQuery(tx).where(
    and(
      eq(modelVersions.engagementId, engagementId),
      eq(registeredModels.name, of.name),
      eq(modelVersions.version, of.version),
      isNull(modelVersions.deletedAt),
      isNull(registeredModels.deletedAt),
    ),
  )
  return row ? toVersion(row) : null
}

/** Versions of an engagement, by model and newest first; of one model or one run, or after one, when asked. */
export async function listModelVersions(
  tx: Tx,
  engagementId: EngagementId,
  only: { modelName?: string; runId?: RunId; after?: { modelName: string; version: number }; limit?: number } = {},
): Promise<ModelVersionRow[]> {
  const rows = await versionsQuery(tx)
    .where(
      and(
        eq(modelVersions.engagementId, engagementId),
        isNull(modelVersions.deletedAt),
        isNull(registeredModels.deletedAt),
        only.modelName === undefined ? undefined : eq(registeredModels.name, only.modelName),
        only.runId === undefined ? undefined : eq(modelVersions.runId, only.runId),
        only.after &&
          sql`(${registeredModels.name}, -${modelVersions.version}) > (${only.after.modelName}, -${only.after.version}::int)`,
      ),
    )
    .orderBy(asc(registeredModels.name), desc(modelVersions.version))
    .limit(only.limit ?? 500)
  return rows.map(toVersion)
}

/** Versions in the order of their ids. */
export async function listVersionsById(
  tx: Tx,
  engagementId: EngagementId,
  ids: readonly ModelVersionId[],
): Promise<ModelVersionRow[]> {
  if (ids.length === 0) return []
  const rows = await versionsQuery(tx).where(
    and(eq(modelVersions.engagementId, engagementId), sql`${modelVersions.id} = any(${sql.param([...ids])}::uuid[])`),
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row ? [toVersion(row)] : []
  })
}

/** Add the next version. The model must be locked. @returns its number */
export async function insertModelVersion(
  tx: Tx,
  row: {
    id: ModelVersionId
    engagementId: EngagementId
    modelId: ModelId
    state: ModelVersionState
    runId: RunId | null
    saidRunId?: string
    source: string
    description: string
    userName: string
    files: ModelFiles
    loggedModelId: string | null
    at: Date
  },
): Promise<number> {
  const [numbered] = await tx
    .select({ next: sql<number>`coalesce(max(${modelVersions.version}), 0) + 1` })
    .from(modelVersions)
    .where(eq(modelVersions.modelId, row.modelId))
  const version = Number(numbered?.next ?? 1)
  await tx.insert(modelVersions).values({ ...row, version, createdAt: row.at, updatedAt: row.at })
  await tx.update(registeredModels).set({ updatedAt: row.at }).where(eq(registeredModels.id, row.modelId))
  return version
}

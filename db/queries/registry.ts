import { and, desc, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import type { Actor } from '#app/domain/actor.ts'
import type { EngagementId, ModelId, ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ModelStage } from '#app/domain/registry.ts'
import type { Clause, Order } from '#app/domain/search-filter.ts'
import {
  deployments,
  modelVersions,
  modelVersionTags,
  registeredModels,
  registeredModelTags,
  registryMoves,
} from '../schema/models.ts'
import type { Tx } from '../types.ts'
import type { KeyValue } from './runs.ts'
import type { Searchable, Term } from './search.ts'
import { behind, conditionsOf, epochMs, orderingOf, positionOf, termsOf } from './search.ts'

// ---- Models ---------------------------------------------------------------------------------------------------------

/** @throws a unique violation when the new name is taken; the caller has looked */
export async function saveModel(
  tx: Tx,
  id: ModelId,
  change: { readonly name?: string; readonly description?: string; readonly deletedAt?: Date; readonly at: Date },
): Promise<void> {
  const { at, ...values } = change
  await tx
    .update(registeredModels)
    .set({ ...values, updatedAt: at })
    .where(eq(registeredModels.id, id))
}

interface OfModel {
  readonly engagementId: EngagementId
  readonly modelId: ModelId
}

export async function saveModelTags(tx: Tx, of: OfModel, tags: readonly KeyValue[]): Promise<void> {
  if (tags.length === 0) return
  const { engagementId, modelId } = of
  await tx
    .insert(registeredModelTags)
    .values(tags.map((tag) => ({ engagementId, modelId, ...tag })))
    .onConflictDoUpdate({
      target: [registeredModelTags.modelId, registeredModelTags.key],
      set: { value: sql`excluded.value` },
    })
}

export async function removeModelTag(tx: Tx, modelId: ModelId, key: string): Promise<void> {
  await tx
    .delete(registeredModelTags)
    .where(and(eq(registeredModelTags.modelId, modelId), eq(registeredModelTags.key, key)))
}

// ---- Versions -------------------------------------------------------------------------------------------------------

export async function saveModelVersion(
  tx: Tx,
  id: ModelVersionId,
  change: { readonly description?: string; readonly stage?: ModelStage; readonly deletedAt?: Date; readonly at: Date },
): Promise<void> {
  const { at, ...values } = change
  await tx
    .update(modelVersions)
    .set({ ...values, updatedAt: at })
    .where(eq(modelVersions.id, id))
}

interface OfVersion {
  readonly engagementId: EngagementId
  readonly modelVersionId: ModelVersionId
}

export async function saveVersionTags(tx: Tx, of: OfVersion, tags: readonly KeyValue[]): Promise<void> {
  if (tags.length === 0) return
  const { engagementId, modelVersionId } = of
  await tx
    .insert(modelVersionTags)
    .values(tags.map((tag) => ({ engagementId, modelVersionId, ...tag })))
    .onConflictDoUpdate({
      target: [modelVersionTags.modelVersionId, modelVersionTags.key],
      set: { value: sql`excluded.value` },
    })
}

export async function removeVersionTag(tx: Tx, id: ModelVersionId, key: string): Promise<void> {
  await tx.delete(modelVersionTags).where(and(eq(modelVersionTags.modelVersionId, id), eq(modelVersionTags.key, key)))
}

/** Deployments of a version, or of any version of a model, that take traffic or are about to. */
export async function countLiveDeployments(
  tx: Tx,
  of: { readonly modelId: ModelId } | { readonly modelVersionId: ModelVersionId },
): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(deployments)
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .where(
      and(
        inArray(deployments.state, ['requested', 'probing', 'candidate', 'live']),
        'modelId' in of ? eq(modelVersions.modelId, of.modelId) : eq(modelVersions.id, of.modelVersionId),
      ),
    )
  return row?.count ?? 0
}

// ---- Moves of aliases and stages ------------------------------------------------------------------------------------

export interface RegistryMove {
  readonly kind: 'alias' | 'stage'
  readonly name: string
  readonly fromVersion: number | null
  readonly toVersion: number | null
  readonly actorName: string
  readonly at: Date
}

/** Record a move. An alias stands where its newest move put it. */
export async function insertMove(
  tx: Tx,
  who: Actor,
  of: OfModel,
  move: Omit<RegistryMove, 'actorName'>,
): Promise<void> {
  await tx.insert(registryMoves).values({
    engagementId: of.engagementId,
    modelId: of.modelId,
    ...move,
    actorName: who.name,
    personId: who.kind === 'person' ? who.personId : null,
  })
}

/** Which version an alias pointed to at a moment; null when it pointed nowhere. */
export async function aliasVersionAt(
  tx: Tx,
  engagementId: EngagementId,
  of: { readonly modelId: ModelId; readonly alias: string; readonly at: Date },
): Promise<number | null> {
  const [row] = await tx
    .select({ version: registryMoves.toVersion })
    .from(registryMoves)
    .where(
      and(
        eq(registryMoves.engagementId, engagementId),
        eq(registryMoves.modelId, of.modelId),
        eq(registryMoves.kind, 'alias'),
        eq(registryMoves.name, of.alias),
        lte(registryMoves.at, of.at),
      ),
    )
    .orderBy(desc(registryMoves.id))
    .limit(1)
  return row?.version ?? null
}

/** The moves of a model, newest first. */
export async function listMoves(
  tx: Tx,
  engagementId: EngagementId,
  modelId: ModelId,
  limit = 500,
): Promise<RegistryMove[]> {
  return tx
    .select({
      kind: registryMoves.kind,
      name: registryMoves.name,
      fromVersion: registryMoves.fromVersion,
      toVersion: registryMoves.toVersion,
      actorName: registryMoves.actorName,
      at: registryMoves.at,
    })
    .from(registryMoves)
    .where(and(eq(registryMoves.engagementId, engagementId), eq(registryMoves.modelId, modelId)))
    .orderBy(desc(registryMoves.id))
    .limit(limit)
}

// ---- Search ---------------------------------------------------------------------------------------------------------

export interface RegistrySearch {
  readonly filter: readonly Clause[]
  readonly order: readonly Order[]
  readonly limit: number
  readonly after?: readonly (string | null)[]
}

/** Clients ask for models that are no prompts by `!=` on a tag that nobody sets: true without it, as MLflow has it here. */
const MODELS: Searchable = {
  attributes: {
    name: { by: sql`${registeredModels.name}`, type: 'text' },
    creation_timestamp: { by: epochMs(registeredModels.createdAt), type: 'bigint' },
    last_updated_timestamp: { by: epochMs(registeredModels.updatedAt), type: 'bigint' },
  },
  having: {
    tag: (key, passes) =>
      passes(
        sql`coalesce((select t.value from registered_model_tags t where t.model_id = ${registeredModels.id} and t.key = ${key}), '')`,
      ),
  },
  value: {
    tag: (key) =>
      sql`(select t.value from registered_model_tags t where t.model_id = ${registeredModels.id} and t.key = ${key})`,
  },
  id: sql`${registeredModels.id}`,
  idType: 'uuid',
}

const BY_NAME: readonly Term[] = [
  { by: sql`${registeredModels.name}`, isAscending: true, type: 'text', isAlwaysThere: true },
]

export function modelPositionLength(order: readonly Order[]): number {
  return termsOf(MODELS, order, BY_NAME).length
}

/** Names of models that fit, by name unless asked otherwise; each with its position for the next page. */
export async function searchModelNames(
  tx: Tx,
  engagementId: EngagementId,
  search: RegistrySearch,
): Promise<{ readonly name: string; readonly position: readonly (string | null)[] }[]> {
  const terms = termsOf(MODELS, search.order, BY_NAME)
  return tx
    .select({ name: registeredModels.name, position: positionOf(terms) })
    .from(registeredModels)
    .where(
      and(
        eq(registeredModels.engagementId, engagementId),
        isNull(registeredModels.deletedAt),
        ...conditionsOf(MODELS, search.filter),
        search.after === undefined ? undefined : behind(terms, search.after),
      ),
    )
    .orderBy(orderingOf(terms))
    .limit(search.limit)
}

const VERSIONS: Searchable = {
  attributes: {
    name: { by: sql`${registeredModels.name}`, type: 'text' },
    run_id: { by: sql`coalesce(${modelVersions.runId}, ${modelVersions.saidRunId})`, type: 'text' },
    source_path: { by: sql`${modelVersions.source}`, type: 'text' },
    version_number: { by: sql`${modelVersions.version}`, type: 'int' },
    creation_timestamp: { by: epochMs(modelVersions.createdAt), type: 'bigint' },
    last_updated_timestamp: { by: epochMs(modelVersions.updatedAt), type: 'bigint' },
  },
  having: {
    tag: (key, passes) =>
      passes(
        sql`coalesce((select t.value from model_version_tags t where t.model_version_id = ${modelVersions.id} and t.key = ${key}), '')`,
      ),
  },
  value: {
    tag: (key) =>
      sql`(select t.value from model_version_tags t where t.model_version_id = ${modelVersions.id} and t.key = ${key})`,
  },
  id: sql`${modelVersions.id}`,
  idType: 'uuid',
}

const BY_UPDATE: readonly Term[] = [
  { by: epochMs(modelVersions.updatedAt), isAscending: false, type: 'bigint', isAlwaysThere: true },
  { by: sql`${registeredModels.name}`, isAscending: true, type: 'text', isAlwaysThere: true },
  { by: sql`${modelVersions.version}`, isAscending: false, type: 'int', isAlwaysThere: true },
]

export function versionPositionLength(order: readonly Order[]): number {
  return termsOf(VERSIONS, order, BY_UPDATE).length
}

/** Ids of versions that fit, the last changed first unless asked otherwise; each with its position for the next page. */
export async function searchVersionIds(
  tx: Tx,
  engagementId: EngagementId,
  search: RegistrySearch,
): Promise<{ readonly id: ModelVersionId; readonly position: readonly (string | null)[] }[]> {
  const terms = termsOf(VERSIONS, search.order, BY_UPDATE)
  const rows = await tx
    .select({ id: modelVersions.id, position: positionOf(terms) })
    .from(modelVersions)
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(
      and(
        eq(modelVersions.engagementId, engagementId),
        isNull(modelVersions.deletedAt),
        isNull(registeredModels.deletedAt),
        ...conditionsOf(VERSIONS, search.filter),
        search.after === undefined ? undefined : behind(terms, search.after),
      ),
    )
    .orderBy(orderingOf(terms))
    .limit(search.limit)
  return rows.map((row) => ({ ...row, id: toId<ModelVersionId>(row.id) }))
}

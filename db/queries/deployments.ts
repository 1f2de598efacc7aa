import { and, asc, desc, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import type { DeploymentMode, DeploymentState, GateItem } from '#app/domain/deployment.ts'
import type { DriftReference } from '#app/domain/drift.ts'
import { found } from '#app/domain/errors.ts'
import type {
  DeploymentId,
  EndpointId,
  EngagementId,
  ModelId,
  ModelVersionId,
  PersonId,
  WaiverId,
} from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { EngineOrder } from '#app/domain/serving-engine.ts'
import type { ModelFiles } from '../schema/models.ts'
import { datasets, datasetVersions } from '../schema/datasets.ts'
import { deployments, endpoints, modelVersions, registeredModels } from '../schema/models.ts'
import { runInputs } from '../schema/runs.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface EndpointRow {
  readonly id: EndpointId
  readonly slug: string
  readonly modelName: string
}

/** The endpoint of a model, made at its first deployment, and held. */
export async function lockEndpoint(
  tx: Tx,
  input: { id: EndpointId; engagementId: EngagementId; modelId: ModelId; slug: string; at: Date },
): Promise<{ readonly id: EndpointId; readonly slug: string }> {
  await tx
    .insert(endpoints)
    .values({
      id: input.id,
      engagementId: input.engagementId,
      modelId: input.modelId,
      slug: input.slug,
      createdAt: input.at,
    })
    .onConflictDoNothing({ target: endpoints.modelId })
  const [row] = await tx
    .select({ id: endpoints.id, slug: endpoints.slug })
    .from(endpoints)
    .where(eq(endpoints.modelId, input.modelId))
    .for('update')
  const { id, slug } = found(row, 'The endpoint')
  return { id: toId<EndpointId>(id), slug }
}

/** Null before the first deployment. */
export async function findEndpointOfModel(
  tx: Tx,
  modelId: ModelId,
): Promise<{ readonly id: EndpointId; readonly slug: string } | null> {
  const [row] = await tx
    .select({ id: endpoints.id, slug: endpoints.slug })
    .from(endpoints)
    .where(eq(endpoints.modelId, modelId))
  return row ? { id: toId<EndpointId>(row.id), slug: row.slug } : null
}

/** @throws AppError `not_found` */
export async function getEndpoint(tx: Tx, engagementId: EngagementId, id: EndpointId): Promise<EndpointRow> {
  const [row] = await tx
    .select({ id: endpoints.id, slug: endpoints.slug, modelName: registeredModels.name })
    .from(endpoints)
    .innerJoin(registeredModels, eq(registeredModels.id, endpoints.modelId))
    .where(and(eq(endpoints.engagementId, engagementId), eq(endpoints.id, id)))
  const { slug, modelName } = found(row, 'This endpoint')
  return { id, slug, modelName }
}

/** Whatever is live there; null when the viewer has no such endpoint. */
export async function findEndpointBySlug(
  tx: Tx,
  slug: string,
): Promise<{ readonly id: EndpointId; readonly engagementId: EngagementId } | null> {
  const [row] = await tx
    .select({ id: endpoints.id, engagementId: endpoints.engagementId })
    .from(endpoints)
    .where(eq(endpoints.slug, slug))
  return row ? { id: toId<EndpointId>(row.id), engagementId: toId<EngagementId>(row.engagementId) } : null
}

export interface DeploymentRow {
  readonly id: DeploymentId
  readonly endpointId: EndpointId
  readonly slug: string
  readonly modelName: string
  readonly modelVersionId: ModelVersionId
  readonly modelVersion: number
  readonly runId: string | null
  readonly revision: number
  readonly state: DeploymentState
  readonly mode: DeploymentMode
  readonly trafficPercent: number
  readonly order: EngineOrder
  readonly rollbackOf: string | null
  readonly waiverId: string | null
  readonly gate: readonly GateItem[]
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly liveFrom: Date | null
  readonly liveUntil: Date | null
  readonly probe: { readonly maxAbsDiff: number; readonly tolerance: number; readonly latencyMs: number } | null
  readonly failure: string | null
}

/** What runs a revision. */
export const orderColumns = {
  engine: deployments.engine,
  replicas: deployments.replicas,
  placement: deployments.placement,
}

function deploymentsQuery(tx: Tx) {
  return tx
    .select({
      id: deployments.id,
      endpointId: deployments.endpointId,
      slug: endpoints.slug,
      modelName: registeredModels.name,
      modelVersionId: deployments.modelVersionId,
      modelVersion: modelVersions.version,
      runId: modelVersions.runId,
      revision: deployments.revision,
      state: deployments.state,
      mode: deployments.mode,
      trafficPercent: deployments.trafficPercent,
      order: orderColumns,
      rollbackOf: deployments.rollbackOf,
      waiverId: deployments.waiverId,
      gate: deployments.gate,
      requestedByName: persons.name,
      requestedAt: deployments.requestedAt,
      liveFrom: deployments.liveFrom,
      liveUntil: deployments.liveUntil,
      probe: deployments.probe,
      failure: deployments.failure,
    })
    .from(deployments)
    .innerJoin(endpoints, eq(endpoints.id, deployments.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .innerJoin(persons, eq(persons.id, deployments.requestedBy))
}

type Raw = Awaited<ReturnType<typeof deploymentsQuery>>[number]
const toRow = (raw: Raw): DeploymentRow => ({
  ...raw,
  order: EngineOrder.parse(raw.order),
  id: toId<DeploymentId>(raw.id),
  endpointId: toId<EndpointId>(raw.endpointId),
  modelVersionId: toId<ModelVersionId>(raw.modelVersionId),
})

/** Deployments of an engagement, newest first; of one endpoint or model version when asked, or of some versions. */
export async function listDeployments(
  tx: Tx,
  engagementId: EngagementId,
  only: {
    endpointId?: EndpointId
    modelVersionId?: ModelVersionId
    modelVersionIds?: readonly ModelVersionId[]
    limit?: number
  } = {},
): Promise<DeploymentRow[]> {
  const rows = await deploymentsQuery(tx)
    .where(
      and(
        eq(deployments.engagementId, engagementId),
        only.endpointId === undefined ? undefined : eq(deployments.endpointId, only.endpointId),
        only.modelVersionId === undefined ? undefined : eq(deployments.modelVersionId, only.modelVersionId),
        only.modelVersionIds === undefined
          ? undefined
          : sql`${deployments.modelVersionId} = any(${sql.param([...only.modelVersionIds])}::uuid[])`,
      ),
    )
    .orderBy(desc(deployments.requestedAt), desc(deployments.revision), asc(deployments.id))
    .limit(only.limit ?? 500)
  return rows.map(toRow)
}

/** Add the next revision of an endpoint, which must be locked. @returns its number */
export async function insertDeployment(
  tx: Tx,
  row: {
    id: DeploymentId
    engagementId: EngagementId
    endpointId: EndpointId
    modelVersionId: ModelVersionId
    mode: DeploymentMode
    trafficPercent: number
    order: EngineOrder
    rollbackOf?: DeploymentId
    waiverId?: WaiverId
    gate: readonly GateItem[]
    requestedBy: PersonId
    at: Date
  },
): Promise<number> {
  const [numbered] = await tx
    .select({ next: sql<number>`coalesce(max(${deployments.revision}), 0) + 1` })
    .from(deployments)
    .where(eq(deployments.endpointId, row.endpointId))
  const revision = Number(numbered?.next ?? 1)
  const { at, order, ...values } = row
  await tx.insert(deployments).values({ ...values, ...order, revision, state: 'requested', requestedAt: at })
  return revision
}

export interface DeploymentWork {
  readonly id: DeploymentId
  readonly engagementId: EngagementId
  readonly endpointId: EndpointId
  readonly slug: string
  readonly revision: number
  readonly state: DeploymentState
  readonly mode: DeploymentMode
  readonly order: EngineOrder
  readonly rollbackOf: string | null
  readonly requestedAt: Date
  readonly modelVersionId: ModelVersionId
  readonly runId: string | null
  readonly reference: DriftReference | null
  readonly files: ModelFiles
}

/** What a worker needs to bring a revision up; null when it is gone. */
export async function findDeploymentWork(tx: Tx, id: DeploymentId): Promise<DeploymentWork | null> {
  const [row] = await tx
    .select({
      engagementId: deployments.engagementId,
      endpointId: deployments.endpointId,
      slug: endpoints.slug,
      revision: deployments.revision,
      state: deployments.state,
      mode: deployments.mode,
      order: orderColumns,
      rollbackOf: deployments.rollbackOf,
      requestedAt: deployments.requestedAt,
      modelVersionId: deployments.modelVersionId,
      runId: modelVersions.runId,
      reference: deployments.reference,
      files: modelVersions.files,
    })
    .from(deployments)
    .innerJoin(endpoints, eq(endpoints.id, deployments.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .where(eq(deployments.id, id))
  return row
    ? {
        ...row,
        id,
        order: EngineOrder.parse(row.order),
        engagementId: toId<EngagementId>(row.engagementId),
        endpointId: toId<EndpointId>(row.endpointId),
        modelVersionId: toId<ModelVersionId>(row.modelVersionId),
      }
    : null
}

/** As findDeploymentWork, and holds the revision, so that its state is still the one read when another is written. */
export async function lockDeploymentWork(tx: Tx, id: DeploymentId): Promise<DeploymentWork | null> {
  await tx.select({ id: deployments.id }).from(deployments).where(eq(deployments.id, id)).for('update')
  return findDeploymentWork(tx, id)
}

export async function saveDeploymentState(
  tx: Tx,
  id: DeploymentId,
  change: {
    readonly state: DeploymentState
    readonly liveFrom?: Date
    readonly liveUntil?: Date
    readonly probe?: { readonly maxAbsDiff: number; readonly tolerance: number; readonly latencyMs: number }
    readonly failure?: string
    readonly gate?: readonly GateItem[]
    readonly waiverId?: WaiverId | null
  },
): Promise<void> {
  await tx.update(deployments).set(change).where(eq(deployments.id, id))
}

export async function saveReplicas(tx: Tx, id: DeploymentId, replicas: number): Promise<void> {
  await tx.update(deployments).set({ replicas }).where(eq(deployments.id, id))
}

export async function saveDriftReference(tx: Tx, id: DeploymentId, reference: DriftReference): Promise<void> {
  await tx.update(deployments).set({ reference }).where(eq(deployments.id, id))
}

/** The stored data on which a run was measured: its newest input that it was not trained on. Null without one. */
export async function findTestData(
  tx: Tx,
  runId: string,
): Promise<{ readonly name: string; readonly sha256: string } | null> {
  const [row] = await tx
    .select({ name: datasets.name, sha256: datasetVersions.sha256 })
    .from(runInputs)
    .innerJoin(datasetVersions, eq(datasetVersions.id, runInputs.datasetVersionId))
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(and(eq(runInputs.runId, runId), ne(runInputs.role, 'training'), isNotNull(datasetVersions.sha256)))
    .orderBy(desc(datasetVersions.createdAt))
    .limit(1)
  return row && row.sha256 !== null ? { name: row.name, sha256: row.sha256 } : null
}

/** The revision of an endpoint that is live, or its candidate, held; null when there is none. The endpoint is held too. */
export async function lockServing(
  tx: Tx,
  endpointId: EndpointId,
  state: 'live' | 'candidate',
): Promise<{ readonly id: DeploymentId; readonly revision: number; readonly order: EngineOrder } | null> {
  await tx.select({ id: endpoints.id }).from(endpoints).where(eq(endpoints.id, endpointId)).for('update')
  const [row] = await tx
    .select({ id: deployments.id, revision: deployments.revision, order: orderColumns })
    .from(deployments)
    .where(and(eq(deployments.endpointId, endpointId), eq(deployments.state, state)))
    .for('update')
  return row ? { id: toId<DeploymentId>(row.id), revision: row.revision, order: EngineOrder.parse(row.order) } : null
}

/** The revision that was live before the one that is: the one to go back to. Null when there is none. */
export async function findEarlierLive(
  tx: Tx,
  endpointId: EndpointId,
  live: { readonly revision: number },
): Promise<{
  readonly id: DeploymentId
  readonly revision: number
  readonly modelVersionId: ModelVersionId
  readonly order: EngineOrder
} | null> {
  const [current] = await tx
    .select({ modelVersionId: deployments.modelVersionId })
    .from(deployments)
    .where(and(eq(deployments.endpointId, endpointId), eq(deployments.revision, live.revision)))
  const [row] = await tx
    .select({
      id: deployments.id,
      revision: deployments.revision,
      modelVersionId: deployments.modelVersionId,
      order: orderColumns,
    })
    .from(deployments)
    .where(
      and(
        eq(deployments.endpointId, endpointId),
        eq(deployments.state, 'retired'),
        isNotNull(deployments.liveFrom),
        // Going back twice must not come back to what was just taken away, and another revision of the same model is no other.
        sql`${deployments.modelVersionId} <> ${current?.modelVersionId ?? ''}`,
      ),
    )
    .orderBy(desc(deployments.liveUntil), desc(deployments.revision))
    .limit(1)
  return row
    ? {
        ...row,
        id: toId<DeploymentId>(row.id),
        modelVersionId: toId<ModelVersionId>(row.modelVersionId),
        order: EngineOrder.parse(row.order),
      }
    : null
}

export interface ServedRevision {
  readonly deploymentId: DeploymentId
  readonly revision: number
  readonly mode: DeploymentMode
  readonly trafficPercent: number
  readonly modelVersionId: ModelVersionId
  readonly modelName: string
  readonly modelVersion: number
}

/** The revisions behind a slug that take requests, among endpoints the viewer may see; null when nothing is live there. */
export async function findServedBySlug(
  tx: Tx,
  slug: string,
): Promise<{
  readonly endpointId: EndpointId
  readonly engagementId: EngagementId
  readonly live: ServedRevision
  readonly candidate: ServedRevision | null
} | null> {
  const rows = await tx
    .select({
      endpointId: endpoints.id,
      engagementId: endpoints.engagementId,
      state: deployments.state,
      deploymentId: deployments.id,
      revision: deployments.revision,
      mode: deployments.mode,
      trafficPercent: deployments.trafficPercent,
      modelVersionId: deployments.modelVersionId,
      modelName: registeredModels.name,
      modelVersion: modelVersions.version,
    })
    .from(deployments)
    .innerJoin(endpoints, eq(endpoints.id, deployments.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(and(eq(endpoints.slug, slug), inArray(deployments.state, ['live', 'candidate'])))
  const of = (state: DeploymentState): ServedRevision | null => {
    const row = rows.find((each) => each.state === state)
    return row
      ? {
          ...row,
          deploymentId: toId<DeploymentId>(row.deploymentId),
          modelVersionId: toId<ModelVersionId>(row.modelVersionId),
        }
      : null
  }
  const [first] = rows
  const live = of('live')
  if (!first || !live) return null
  return {
    endpointId: toId<EndpointId>(first.endpointId),
    engagementId: toId<EngagementId>(first.engagementId),
    live,
    candidate: of('candidate'),
  }
}

import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { DeploymentState, GateItem } from '#app/domain/deployment.ts'
import { found } from '#app/domain/errors.ts'
import type { DeploymentId, EndpointId, EngagementId, ModelId, ModelVersionId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ModelFiles } from '../schema/models.ts'
import { deployments, endpoints, modelVersions, registeredModels } from '../schema/models.ts'
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
  readonly gate: readonly GateItem[]
  readonly requestedByName: string
  readonly requestedAt: Date
  readonly liveFrom: Date | null
  readonly liveUntil: Date | null
  readonly probe: { readonly maxAbsDiff: number; readonly tolerance: number; readonly latencyMs: number } | null
  readonly failure: string | null
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
  id: toId<DeploymentId>(raw.id),
  endpointId: toId<EndpointId>(raw.endpointId),
  modelVersionId: toId<ModelVersionId>(raw.modelVersionId),
})

/** Deployments of an engagement, newest first; of one endpoint or model version when asked. */
export async function listDeployments(
  tx: Tx,
  engagementId: EngagementId,
  only: { endpointId?: EndpointId; modelVersionId?: ModelVersionId } = {},
): Promise<DeploymentRow[]> {
  const rows = await deploymentsQuery(tx)
    .where(
      and(
        eq(deployments.engagementId, engagementId),
        only.endpointId === undefined ? undefined : eq(deployments.endpointId, only.endpointId),
        only.modelVersionId === undefined ? undefined : eq(deployments.modelVersionId, only.modelVersionId),
      ),
    )
    .orderBy(desc(deployments.requestedAt), desc(deployments.revision), asc(deployments.id))
    .limit(500)
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
  const { at, ...values } = row
  await tx.insert(deployments).values({ ...values, revision, state: 'requested', requestedAt: at })
  return revision
}

export interface DeploymentWork {
  readonly id: DeploymentId
  readonly engagementId: EngagementId
  readonly endpointId: EndpointId
  readonly slug: string
  readonly revision: number
  readonly state: DeploymentState
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
      files: modelVersions.files,
    })
    .from(deployments)
    .innerJoin(endpoints, eq(endpoints.id, deployments.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .where(eq(deployments.id, id))
  return row
    ? { ...row, id, engagementId: toId<EngagementId>(row.engagementId), endpointId: toId<EndpointId>(row.endpointId) }
    : null
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
  },
): Promise<void> {
  await tx.update(deployments).set(change).where(eq(deployments.id, id))
}

/** The live revision of an endpoint, held; null when nothing is live. */
export async function lockLiveDeployment(
  tx: Tx,
  endpointId: EndpointId,
): Promise<{ readonly id: DeploymentId; readonly revision: number } | null> {
  await tx.select({ id: endpoints.id }).from(endpoints).where(eq(endpoints.id, endpointId)).for('update')
  const [row] = await tx
    .select({ id: deployments.id, revision: deployments.revision })
    .from(deployments)
    .where(and(eq(deployments.endpointId, endpointId), eq(deployments.state, 'live')))
    .for('update')
  return row ? { id: toId<DeploymentId>(row.id), revision: row.revision } : null
}

/** The live revision behind a slug, among endpoints the viewer may see; null when nothing is live there. */
export async function findLiveBySlug(
  tx: Tx,
  slug: string,
): Promise<{
  readonly deploymentId: DeploymentId
  readonly revision: number
  readonly modelName: string
  readonly modelVersion: number
} | null> {
  const [row] = await tx
    .select({
      deploymentId: deployments.id,
      revision: deployments.revision,
      modelName: registeredModels.name,
      modelVersion: modelVersions.version,
    })
    .from(deployments)
    .innerJoin(endpoints, eq(endpoints.id, deployments.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, deployments.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .where(and(eq(endpoints.slug, slug), eq(deployments.state, 'live')))
  return row ? { ...row, deploymentId: toId<DeploymentId>(row.deploymentId) } : null
}

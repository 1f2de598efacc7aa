import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '#app/domain/errors.ts'
import type { EndpointId, EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { Cell } from '#app/domain/prediction-batch.ts'
import { EngineStatus } from '#app/domain/serving-engine.ts'
import type { DeploymentRow } from '#db/queries/deployments.ts'
import { getEndpoint, listDeployments } from '#db/queries/deployments.ts'
import { getModelVersion } from '#db/queries/models.ts'
import type { Tx } from '#db/types.ts'
import type { WebDeps } from './context.server.ts'

const TIMEOUT_MS = 10_000
const STATUS_MS = 1000
const Answer = z.object({ prediction: z.union([z.number(), z.array(z.number())]) })

/** The endpoint of an address, all its revisions newest first, and the model version that is live; null: none is. */
export async function endpointOf(tx: Tx, engagementId: EngagementId, endpointId: string | undefined) {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(endpointId))
  const revisions = await listDeployments(tx, engagementId, { endpointId: endpoint.id })
  const live = revisions.find(({ state }) => state === 'live') ?? null
  const version = live === null ? null : await getModelVersion(tx, engagementId, live.modelVersionId)
  return { endpoint, revisions, live, version }
}

/**
 * How a revision stands on its engine now, as the model server knows it; null for one that runs in the model server
 * itself or that nothing should run of.
 */
export async function engineStatus(
  { serving }: WebDeps,
  { id, state, order }: Pick<DeploymentRow, 'id' | 'state' | 'order'>,
): Promise<EngineStatus | null> {
  if (order.engine === 'onnx' || !['probing', 'candidate', 'live'].includes(state)) return null
  const response = await fetch(`${serving.url}/revisions/${id}/status`, {
    headers: { 'x-serving-secret': serving.secret },
    signal: AbortSignal.timeout(STATUS_MS),
  }).catch(() => null)
  if (response?.status === 404) return { state: 'starting', detail: 'not handed to its engine yet' }
  const status = EngineStatus.safeParse(response?.ok ? await response.json() : null)
  return status.data ?? { state: 'away', detail: 'the model server does not answer' }
}

/**
 * What a live revision answers to one row.
 * @returns the answer, and the name under which its truth can be told later
 * @throws AppError `refused` when the model does not answer now
 */
export async function askOne(
  { serving }: WebDeps,
  deploymentId: string,
  row: Readonly<Record<string, Cell>>,
): Promise<{ readonly answer: number | number[]; readonly requestId: string }> {
  const requestId = randomUUID()
  const response = await fetch(`${serving.url}/revisions/${deploymentId}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-serving-secret': serving.secret, 'x-request-id': requestId },
    body: JSON.stringify(row),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null)
  if (!response?.ok) throw new AppError('refused', 'The model cannot be reached right now. Try again in some seconds.')
  return { answer: Answer.parse(await response.json()).prediction, requestId }
}

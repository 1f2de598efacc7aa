import { and, eq, gt, inArray, or, sql } from 'drizzle-orm'
import { DRAIN_SECONDS } from '#app/domain/deployment.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { EngineOrder } from '#app/domain/serving-engine.ts'
import { deployments } from '../schema/models.ts'
import type { Tx } from '../types.ts'
import { orderColumns } from './deployments.ts'

/**
 * Those that take requests; and those that were replaced while they answered a file, until its end. Where nothing is live
 * any more the model was taken down, and answers nobody.
 */
const mustAnswer = sql<boolean>`(${deployments.state} in ('candidate', 'live')
  or ${deployments.state} in ('retired', 'rolled_back')
    and ${deployments.id} in (select deployment_id from prediction_batches where state in ('queued', 'running'))
    and exists (select from deployments other where other.endpoint_id = ${deployments.endpointId} and other.state = 'live'))`

/**
 * Every revision that the serving process should have: those that must answer, those that are being brought up, and those
 * whose last requests may still be on their way.
 */
export async function listWantedRevisions(
  tx: Tx,
): Promise<{ readonly id: DeploymentId; readonly mustAnswer: boolean; readonly order: EngineOrder }[]> {
  const rows = await tx
    .select({ id: deployments.id, mustAnswer, order: orderColumns })
    .from(deployments)
    .where(
      or(
        mustAnswer,
        inArray(deployments.state, ['requested', 'probing']),
        gt(deployments.liveUntil, sql`now() - make_interval(secs => ${DRAIN_SECONDS})`),
      ),
    )
    .limit(10_000)
  return rows.map((row) => ({ ...row, id: toId<DeploymentId>(row.id), order: EngineOrder.parse(row.order) }))
}

/** Whether a revision must answer now. */
export async function mustRevisionAnswer(tx: Tx, id: DeploymentId): Promise<boolean> {
  const rows = await tx
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.id, id), mustAnswer))
  return rows.length > 0
}

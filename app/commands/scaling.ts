import type { PersonActor } from '#app/domain/actor.ts'
import { scaleRefusal } from '#app/domain/serving-engine.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure, found } from '#app/domain/errors.ts'
import type { DeploymentId, EndpointId, EngagementId } from '#app/domain/ids.ts'
import { getEndpoint, listDeployments, lockServing, saveReplicas } from '#db/queries/deployments.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/**
 * Run more or fewer replicas of a revision. Its model, its gate and its number stay; whoever keeps the engines in order
 * makes the service so.
 * @param input.replicas 1 to `REPLICAS_MAX`
 * @throws AppError `refused` for a revision that takes no traffic, or runs on an engine without replicas
 */
export async function scaleRevision(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; endpointId: EndpointId; deploymentId: DeploymentId; replicas: number },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(endedRefusal(engagement.state))
    const endpoint = await getEndpoint(tx, engagement.id, input.endpointId)
    // Holds the endpoint, so that no switch comes in between.
    await lockServing(tx, endpoint.id, 'live')
    const revisions = await listDeployments(tx, engagement.id, { endpointId: endpoint.id })
    const revision = found(
      revisions.find(({ id }) => id === input.deploymentId),
      'This revision',
    )
    ensure(scaleRefusal(standing, revision))
    if (revision.order.replicas === input.replicas) return
    await saveReplicas(tx, revision.id, input.replicas)
    await recordEvent(tx, ctx.actor, {
      kind: 'deployment.scaled',
      engagementId: engagement.id,
      subjectId: revision.id,
      summary: `${ctx.actor.name} changed revision ${String(revision.revision)} of ${endpoint.slug} from ${String(revision.order.replicas)} to ${String(input.replicas)} replicas.`,
      at: ctx.now,
    })
  })
}

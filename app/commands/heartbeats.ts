import type { Actor } from '#app/domain/actor.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { Heartbeat } from '#app/domain/heartbeat.ts'
import { ELSEWHERE_MAX, windowFault } from '#app/domain/heartbeat.ts'
import { findEndpointBySlug } from '#db/queries/deployments.ts'
import { countElsewhere, saveHeartbeat } from '#db/queries/heartbeats.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/**
 * Keep what a deployment elsewhere says of itself. Again for the same stretch of time replaces what was said.
 * @throws AppError `not_found`, `refused` for a time ahead of ours, and for more deployments than one endpoint may have
 */
export async function recordHeartbeat(
  ctx: CommandContext<Actor>,
  input: { readonly slug: string; readonly heartbeat: Heartbeat },
): Promise<void> {
  const { heartbeat } = input
  const startsAt = new Date(heartbeat.window_start)
  const fault = windowFault(startsAt, ctx.now)
  ensure(fault === null ? null : { reason: fault })
  await transact(ctx, async (tx) => {
    const endpoint = found(await findEndpointBySlug(tx, input.slug), 'This endpoint')
    const known = await countElsewhere(tx, endpoint.id, heartbeat.deployment)
    if (!known.isKnown && known.count >= ELSEWHERE_MAX)
      throw new AppError('refused', `An endpoint has at most ${String(ELSEWHERE_MAX)} deployments elsewhere.`)
    await saveHeartbeat(tx, {
      engagementId: endpoint.engagementId,
      endpointId: endpoint.id,
      name: heartbeat.deployment,
      startsAt,
      modelVersion: heartbeat.model_version,
      intervalSeconds: heartbeat.interval_seconds,
      requests: heartbeat.requests,
      errors: heartbeat.errors,
      reportedBy: ctx.actor.name,
      reportedAt: ctx.now,
    })
  })
}

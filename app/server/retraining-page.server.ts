import type { GateItem } from '#app/domain/deployment.ts'
import { isBlocking } from '#app/domain/deployment.ts'
import { approvalReasonRefusal } from '#app/domain/retraining-comparison.ts'
import { cancelRetrainingRefusal, decideRetrainingRefusal, isRetrainingOpen } from '#app/domain/retraining.ts'
import type { EngagementId, RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { compareWithLive } from '#db/queries/retraining-comparison.ts'
import { getRetraining, listRetrainingMoves } from '#db/queries/retrainings.ts'
import { findJobState } from '#db/queries/retraining-facts.ts'
import type { Tx } from '#db/types.ts'
import type { EngagementDoor } from './page.server.ts'

/**
 * Everything that the page of a retraining shows, and its decision form when somebody decides. Once decided, what was
 * decided on stands in `retraining.shown`, and nothing is compared: verdicts of now are not those that were looked at.
 * @param gateOf every condition for deploying a version, as of now
 */
export async function retrainingPage(
  { tx, engagement, engagementId, standing, params, actor, now }: EngagementDoor,
  gateOf: (tx: Tx, engagementId: EngagementId, version: ModelVersionRow) => Promise<GateItem[]>,
) {
  const retraining = await getRetraining(tx, engagementId, toId<RetrainingId>(params['retrainingId']))
  const { baseVersionId: live, candidateVersionId: candidate } = retraining
  const isCompared = candidate !== null && retraining.shown === null
  const comparison = !isCompared ? null : await compareWithLive(tx, engagementId, { live, candidate })
  const gate =
    candidate === null || retraining.state !== 'awaiting_approval'
      ? []
      : await gateOf(tx, engagementId, await getModelVersion(tx, engagementId, candidate))
  const about = { engagement: engagement.state, state: retraining.state }
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    retraining,
    isOpen: isRetrainingOpen(retraining.state),
    moves: await listRetrainingMoves(tx, retraining.id),
    job: retraining.jobId === null ? null : await findJobState(tx, retraining.jobId),
    comparison,
    isPlain: comparison !== null && approvalReasonRefusal(comparison.rows, '') === null,
    blocking: gate.filter(isBlocking).map(({ key, label, because }) => ({ key, label, because })),
    decideReason: decideRetrainingRefusal(standing, about)?.reason ?? null,
    mayCancel: cancelRetrainingRefusal(standing, about) === null,
  }
}

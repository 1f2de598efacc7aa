import { endedRefusal } from '#app/domain/engagement.ts'
import type { EndpointId, PersonId } from '#app/domain/ids.ts'
import { DRIFT_PAUSE_HOURS, retrainRefusal } from '#app/domain/retraining.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding } from '#db/queries/engagements.ts'
import { findActor } from '#db/queries/people.ts'
import { mayDriftStart } from '#db/queries/retrainings.ts'
import type { Tx } from '#db/types.ts'
import { beginRetraining } from './retrainings.ts'

/**
 * Start a retraining because of drift: one at a time, one for each alert, and after one none for a while, so that what
 * comes and goes starts no row of them. It starts as whoever made the rule; without their right it does not. The engagement
 * must be locked.
 */
export async function retrainForDrift(
  tx: Tx,
  engagement: EngagementRow,
  drift: {
    readonly endpointId: EndpointId
    /** Who made the rule. */
    readonly personId: PersonId
    readonly alertId: string
    readonly sentence: string
    readonly now: Date
  },
): Promise<void> {
  const { endpointId, alertId, now } = drift
  const noneSince = new Date(now.getTime() - DRIFT_PAUSE_HOURS * 3_600_000)
  if (!(await mayDriftStart(tx, endpointId, { alertId, noneSince }))) return
  const actor = await findActor(tx, drift.personId)
  if (actor === null || endedRefusal(engagement.state) !== null) return
  if (retrainRefusal(await getStanding(tx, actor, engagement.id), engagement.state) !== null) return
  await beginRetraining(tx, { actor, now }, { engagement, endpointId, trigger: 'drift', note: drift.sentence, alertId })
}

import { endedRefusal } from '#app/domain/engagement.ts'
import type { EndpointId, PersonId } from '#app/domain/ids.ts'
import { DRIFT_PAUSE_HOURS, retrainRefusal } from '#app/domain/retraining.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding } from '#db/queries/engagements.ts'
import { listEventsAbout, recordEvent } from '#db/queries/events.ts'
import { findActor } from '#db/queries/people.ts'
import { mayDriftStart } from '#db/queries/retrainings.ts'
import type { Tx } from '#db/types.ts'
import { beginRetraining } from './retrainings.ts'

interface Drift {
  readonly endpointId: EndpointId
  /** Who made the rule. */
  readonly personId: PersonId
  readonly alertId: string
  readonly sentence: string
  readonly now: Date
}

/**
 * Start a retraining because of drift: one at a time, one for each alert, and after one none for a while, so that what
 * comes and goes starts no row of them. It starts as whoever made the rule; without their right it does not, which is said
 * once. The engagement must be locked.
 */
export async function retrainForDrift(tx: Tx, engagement: EngagementRow, drift: Drift): Promise<void> {
  const { endpointId, alertId, now } = drift
  const noneSince = new Date(now.getTime() - DRIFT_PAUSE_HOURS * 3_600_000)
  if (!(await mayDriftStart(tx, endpointId, { alertId, noneSince }))) return
  const actor = await findActor(tx, drift.personId)
  const refusal =
    actor === null
      ? { reason: 'Whoever made the rule has no account any more.' }
      : (endedRefusal(engagement.state) ??
        retrainRefusal(await getStanding(tx, actor, engagement.id), engagement.state))
  if (actor === null || refusal !== null) return sayOnce(tx, engagement, drift, refusal?.reason ?? '')
  await beginRetraining(tx, { actor, now }, { engagement, endpointId, trigger: 'drift', note: drift.sentence, alertId })
}

/** A rule that does not do what it says is told to the team, once for an alert. */
async function sayOnce(tx: Tx, engagement: EngagementRow, { alertId, now }: Drift, reason: string): Promise<void> {
  const about = { kind: 'retraining.moved' as const, subjectId: alertId, limit: 1 }
  if ((await listEventsAbout(tx, engagement.id, about)).length > 0) return
  await recordEvent(tx, null, {
    kind: about.kind,
    engagementId: engagement.id,
    subjectId: alertId,
    summary: `Drift would have started a retraining, by a rule; it did not. ${reason}`,
    at: now,
  })
}

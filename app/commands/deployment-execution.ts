import type { DeploymentId } from '#app/domain/ids.ts'
import type { DeploymentWork } from '#db/queries/deployments.ts'
import { findDeploymentWork, lockLiveDeployment, saveDeploymentState } from '#db/queries/deployments.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Database } from '#db/types.ts'

/** Take a requested revision to be probed; null when it was settled before, so that a second delivery ends. */
export async function beginDeployment(database: Database, id: DeploymentId): Promise<DeploymentWork | null> {
  return database.as({}, async (tx) => {
    const work = await findDeploymentWork(tx, id)
    if (!work || (work.state !== 'requested' && work.state !== 'probing')) return null
    await saveDeploymentState(tx, id, { state: 'probing' })
    return work
  })
}

/** Switch the traffic to a probed revision: the one before retires in the same transaction, at the same instant. */
export async function goLive(
  database: Database,
  work: DeploymentWork,
  probe: { readonly maxAbsDiff: number; readonly tolerance: number; readonly latencyMs: number },
  now: Date,
): Promise<void> {
  await database.as({}, async (tx) => {
    const before = await lockLiveDeployment(tx, work.endpointId)
    const current = await findDeploymentWork(tx, work.id)
    if (current?.state !== 'probing') return
    if (before) await saveDeploymentState(tx, before.id, { state: 'retired', liveUntil: now })
    await saveDeploymentState(tx, work.id, { state: 'live', liveFrom: now, probe })
    await recordEvent(tx, null, {
      kind: 'deployment.live',
      engagementId: work.engagementId,
      subjectId: work.id,
      summary: `Revision ${String(work.revision)} of ${work.slug} is live.`,
      detail: { maxAbsDiff: probe.maxAbsDiff },
      at: now,
    })
  })
}

/** A revision that must not take traffic; the one before stays live. */
export async function failDeployment(
  database: Database,
  work: DeploymentWork,
  failure: string,
  now: Date,
): Promise<void> {
  await database.as({}, async (tx) => {
    await saveDeploymentState(tx, work.id, { state: 'failed', failure })
    await recordEvent(tx, null, {
      kind: 'deployment.failed',
      engagementId: work.engagementId,
      subjectId: work.id,
      summary: `Revision ${String(work.revision)} of ${work.slug} failed: ${failure}`,
      at: now,
    })
  })
}

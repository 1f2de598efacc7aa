import { rollBackGateRefusal } from '#app/domain/deployment.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import type { DeploymentId } from '#app/domain/ids.ts'
import type { DeploymentWork } from '#db/queries/deployments.ts'
import { lockDeploymentWork, lockServing, saveDeploymentState } from '#db/queries/deployments.ts'
import { lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Database, Tx } from '#db/types.ts'
import { giveWay, tryGate } from './deployments.ts'

/** Take a requested revision to be probed; null when it was settled before, so that a second delivery ends. */
export async function beginDeployment(database: Database, id: DeploymentId): Promise<DeploymentWork | null> {
  return database.as({}, async (tx) => {
    const work = await lockDeploymentWork(tx, id)
    if (!work || (work.state !== 'requested' && work.state !== 'probing')) return null
    await saveDeploymentState(tx, id, { state: 'probing' })
    return work
  })
}

interface Probe {
  readonly maxAbsDiff: number
  readonly tolerance: number
  readonly latencyMs: number
}

/**
 * Let a probed revision take requests. All of them: the one before retires in the same transaction, at the same instant.
 * A share or a copy: it stands beside the live one, in the place of an earlier candidate. A revision that was overtaken
 * by a newer one while it was probed retires at once, and one whose gate does not hold any more fails.
 */
export async function goLive(database: Database, work: DeploymentWork, probe: Probe, now: Date): Promise<void> {
  await database.as({}, async (tx) => {
    const engagement = await lockEngagement(tx, work.engagementId)
    const live = await lockServing(tx, work.endpointId, 'live')
    const candidate = await lockServing(tx, work.endpointId, 'candidate')
    const current = await lockDeploymentWork(tx, work.id)
    if (current?.state !== 'probing') return
    const isOvertaken = (live?.revision ?? 0) > work.revision
    if (isOvertaken) {
      await saveDeploymentState(tx, work.id, {
        state: 'retired',
        probe,
        failure: 'A newer revision was live before it.',
      })
      return
    }
    const version = await getModelVersion(tx, engagement.id, work.modelVersionId)
    const { gate, waiverId, refusal } = await tryGate(tx, engagement.id, { version, now })
    const stop = endedRefusal(engagement.state) ?? (work.rollbackOf === null ? refusal : rollBackGateRefusal(gate))
    if (stop) {
      await fail(tx, work, { failure: stop.reason, at: now })
      return
    }
    const passed = { probe, ...(work.rollbackOf === null ? { gate, waiverId } : {}) }
    if (work.mode === 'replace') {
      const state = work.rollbackOf === null ? 'retired' : 'rolled_back'
      if (live) await giveWay(tx, live.id, { to: work.id, state, at: now })
      // A candidate was to be compared with what is no longer live.
      if (candidate) await saveDeploymentState(tx, candidate.id, { state: 'retired', liveUntil: now })
      await saveDeploymentState(tx, work.id, { state: 'live', liveFrom: now, ...passed })
    } else {
      if (candidate) await saveDeploymentState(tx, candidate.id, { state: 'retired', liveUntil: now })
      await saveDeploymentState(tx, work.id, { state: 'candidate', ...passed })
    }
    await enqueue(tx, 'profile_deployment', { deploymentId: work.id }, { key: `profile:${work.id}` })
    await recordEvent(tx, null, {
      kind: work.rollbackOf === null ? 'deployment.live' : 'deployment.rolled_back',
      engagementId: work.engagementId,
      subjectId: work.id,
      summary: `Revision ${String(work.revision)} of ${work.slug} is ${work.mode === 'replace' ? 'live' : `a ${work.mode} candidate`}.`,
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
    const current = await lockDeploymentWork(tx, work.id)
    if (current?.state !== 'probing') return
    await fail(tx, work, { failure, at: now })
  })
}

async function fail(tx: Tx, work: DeploymentWork, { failure, at }: { failure: string; at: Date }): Promise<void> {
  await saveDeploymentState(tx, work.id, { state: 'failed', failure })
  await recordEvent(tx, null, {
    kind: 'deployment.failed',
    engagementId: work.engagementId,
    subjectId: work.id,
    summary: `Revision ${String(work.revision)} of ${work.slug} failed: ${failure}`.slice(0, 2000),
    at,
  })
}

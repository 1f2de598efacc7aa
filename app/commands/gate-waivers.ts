import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId, WaiverId } from '#app/domain/ids.ts'
import type { WaiverInput } from '#app/domain/gate-waiver.ts'
import { decideWaiverRefusal, requestWaiverRefusal, waivableItems } from '#app/domain/gate-waiver.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/seats.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getModelVersion } from '#db/queries/models.ts'
import { expireWaivers, insertWaiver, listWaivers, lockWaiver, saveWaiverDecision } from '#db/queries/gate-waivers.ts'
import type { Database } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { gateOf } from './deployments.ts'

/** Ask the client to let a model version pass the items of its gate that are unmet now. */
export async function requestWaiver(
  ctx: CommandContext<PersonActor>,
  input: WaiverInput & { engagementId: EngagementId; modelVersionId: ModelVersionId; origin: string },
): Promise<WaiverId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const version = await getModelVersion(tx, engagement.id, input.modelVersionId)
    const gate = await gateOf(tx, engagement.id, version)
    ensure(requestWaiverRefusal(await getStanding(tx, ctx.actor, engagement.id), gate))
    ensure(endedRefusal(engagement.state))
    const open = (await listWaivers(tx, engagement.id, { modelVersionId: version.id })).find(
      ({ state }) => state === 'requested' || state === 'active',
    )
    if (open) throw new AppError('conflict', 'A waiver for this version is open already.')
    const id = newId<WaiverId>()
    await insertWaiver(tx, {
      id,
      engagementId: engagement.id,
      modelVersionId: version.id,
      items: waivableItems(gate),
      reason: input.reason,
      risk: input.risk,
      days: input.days,
      requestedBy: ctx.actor.personId,
      requestedAt: ctx.now,
    })
    const name = `${version.modelName} version ${String(version.version)}`
    for (const seat of await listSeats(tx, engagement.id)) {
      if (seat.raci !== 'A' || seat.personEmail === null || seat.personName === null) continue
      await queueMail(tx, {
        to: { name: seat.personName, email: seat.personEmail },
        subject: `A waiver is asked of you: ${name}`,
        body: `${ctx.actor.name} asks to put ${name} live although not every condition is met, for ${String(input.days)} days. The page says which and why. Opening it changes nothing.`,
        links: [{ label: 'Read and decide', url: `${input.origin}${paths.modelVersion(engagement.id, version.id)}` }],
        now: ctx.now,
      })
    }
    await recordEvent(tx, ctx.actor, {
      kind: 'waiver.requested',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} asked for a waiver of ${String(input.days)} days for ${name}.`,
      at: ctx.now,
    })
    return id
  })
}

/** Grant or refuse a waiver. It counts from now, for the days that were asked for. */
export async function decideWaiver(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; waiverId: WaiverId; outcome: 'granted' | 'refused' },
): Promise<ModelVersionId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const waiver = await lockWaiver(tx, engagement.id, input.waiverId)
    ensure(decideWaiverRefusal(await getStanding(tx, ctx.actor, engagement.id), waiver))
    const isGranted = input.outcome === 'granted'
    await saveWaiverDecision(tx, waiver.id, {
      state: isGranted ? 'active' : 'refused',
      decidedBy: ctx.actor.personId,
      decidedAt: ctx.now,
      expiresAt: isGranted ? new Date(ctx.now.getTime() + waiver.days * 86_400_000) : null,
    })
    await recordEvent(tx, ctx.actor, {
      kind: isGranted ? 'waiver.granted' : 'waiver.refused',
      engagementId: engagement.id,
      subjectId: waiver.id,
      summary: `${ctx.actor.name} ${isGranted ? `granted a waiver of ${String(waiver.days)} days` : 'refused a waiver'} for ${waiver.modelName} version ${String(waiver.modelVersion)}.`,
      at: ctx.now,
    })
    return waiver.modelVersionId
  })
}

/** End waivers whose time is over. What they let live stays live and is told as such: nobody agreed to a silent stop. */
export async function expireOldWaivers(database: Database, now: Date): Promise<void> {
  await database.as({}, async (tx) => {
    for (const waiver of await expireWaivers(tx, now)) {
      await recordEvent(tx, null, {
        kind: 'waiver.expired',
        engagementId: waiver.engagementId,
        subjectId: waiver.id,
        summary: 'A waiver expired. What it let live has to meet its conditions, be replaced, or be waived anew.',
        at: now,
      })
    }
  })
}

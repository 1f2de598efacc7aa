import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, ModelVersionId, WaiverId } from '#app/domain/ids.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { gateRefusal } from '#app/domain/deployment.ts'
import type { WaiverInput } from '#app/domain/gate-waiver.ts'
import {
  decideWaiverRefusal,
  requestWaiverRefusal,
  waivableItems,
  waiverAsksPassword,
} from '#app/domain/gate-waiver.ts'
import { raciFor } from '#app/domain/seat.ts'
import { signingSeat } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/seats.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getModelVersion } from '#db/queries/models.ts'
import {
  endWaiver,
  expireWaivers,
  findActiveWaiver,
  insertWaiver,
  listWaivers,
  lockWaiver,
  saveWaiverDecision,
} from '#db/queries/gate-waivers.ts'
import type { Database } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { gateOf } from './deployments.ts'
import { ensurePasswordAgain, isOwnPassword } from './sign-offs.ts'
import { engagementHead } from './problems.ts'

/**
 * Ask the client to let a model version pass the items of its gate that are unmet now. An earlier waiver that does not
 * cover all of them ends.
 */
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
    const active = await findActiveWaiver(tx, version.id, ctx.now)
    if (open?.state === 'requested' || (active && gateRefusal(gate, active.keys) === null))
      throw new AppError('conflict', 'A waiver for this version is open already.')
    if (open) await endWaiver(tx, open.id)
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
      if (raciFor(seat, 'model_version') !== 'A' || seat.personEmail === null || seat.personName === null) continue
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

/**
 * Grant or refuse a waiver: a decision of the record. It counts from now, for the days that were asked for.
 * @throws AppError `invalid` for a wrong password where the risk tier asks for it
 */
export async function decideWaiver(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; waiverId: WaiverId; outcome: 'granted' | 'refused'; password?: string },
): Promise<ModelVersionId> {
  const isPasswordRight = await isOwnPassword(ctx, input.password)
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const waiver = await lockWaiver(tx, engagement.id, input.waiverId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(decideWaiverRefusal(standing, waiver))
    ensure(endedRefusal(engagement.state))
    ensurePasswordAgain(waiverAsksPassword(engagement.riskTier), isPasswordRight)
    const seat = found(signingSeat(standing, 'model_version'))
    const isGranted = input.outcome === 'granted'
    const expiresAt = isGranted ? new Date(ctx.now.getTime() + waiver.days * 86_400_000) : null
    await saveWaiverDecision(tx, waiver.id, {
      state: isGranted ? 'active' : 'refused',
      decidedBy: ctx.actor.personId,
      decidedAt: ctx.now,
      expiresAt,
    })
    await appendDecision(tx, {
      actor: ctx.actor,
      organisationId: engagement.clientOrganisationId,
      engagementId: engagement.id,
      signOffId: null,
      subject: { type: 'waiver', id: waiver.id },
      title: `Waiver of the deployment gate: ${waiver.modelName} version ${String(waiver.modelVersion)}`,
      document: canonicalJson({
        format: 'throughline.waiver/1',
        engagement: engagementHead(engagement),
        gate: 'deployment',
        modelVersion: { id: waiver.modelVersionId, name: waiver.modelName, version: waiver.modelVersion },
        missing: waiver.items.map((item) => ({ label: item.label, because: item.because })),
        reason: waiver.reason,
        risk: waiver.risk,
        requestedBy: waiver.requestedByName,
        expiresAt: expiresAt?.toISOString() ?? null,
      }),
      outcome: isGranted ? 'waived' : 'rejected',
      rationale: waiver.reason,
      onBehalfOf: seat.onBehalfOf ?? null,
      authority: SEAT_FUNCTION_WORDS[seat.function],
      method: isPasswordRight ? 'password again' : 'password session',
      at: ctx.now,
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

import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { WaiverForm } from '#app/domain/readiness.ts'
import { readinessGate, WAIVER_DAYS_MAX, waiverRefusal } from '#app/domain/readiness.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { gatherReadiness } from '#db/queries/readiness.ts'
import { closeWaivers, insertWaiver, listWaivers } from '#db/queries/waivers.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { followRecord } from './engagements.ts'
import { engagementHead } from './problems.ts'

const DAY_MS = 86_400_000

/** An executive opens the readiness gate in spite of missing seats: a decision of the record, in sight until it is closed. */
export async function waiveReadiness(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId } & z.infer<typeof WaiverForm>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const facts = await gatherReadiness(tx, engagement.id, ctx.now)
    const missing = readinessGate({ ...facts, problemAgreed: true, criteriaAgreedCount: 1 }).filter(
      (item) => !item.isMet,
    )
    ensure(
      waiverRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state, {
        missingCount: missing.length,
        isWaived: facts.isWaived,
      }),
    )
    const expiresAt = new Date(`${input.expiresOn}T23:59:59.999Z`)
    if (expiresAt <= ctx.now || expiresAt.getTime() > ctx.now.getTime() + WAIVER_DAYS_MAX * DAY_MS)
      throw new AppError('invalid', 'Choose another day.', {
        fields: { expiresOn: `A waiver ends in the next ${String(WAIVER_DAYS_MAX)} days.` },
      })
    const id = newId()
    await closeWaivers(tx, engagement.id, 'A new waiver took its place.', ctx.now)
    await insertWaiver(tx, {
      id,
      engagementId: engagement.id,
      reason: input.reason,
      risk: input.risk,
      approvedBy: ctx.actor.personId,
      at: ctx.now,
      expiresAt,
    })
    await appendDecision(tx, {
      actor: ctx.actor,
      organisationId: engagement.clientOrganisationId,
      engagementId: engagement.id,
      signOffId: null,
      subject: { type: 'waiver', id },
      title: 'Waiver of the readiness gate',
      document: canonicalJson({
        format: 'throughline.waiver/1',
        engagement: engagementHead(engagement),
        gate: 'readiness',
        missing: missing.map((item) => ({ label: item.label, because: item.because })),
        reason: input.reason,
        risk: input.risk,
        expiresAt: expiresAt.toISOString(),
      }),
      outcome: 'waived',
      rationale: input.reason,
      authority: ctx.actor.role === 'owner' ? 'Owner of the consultancy' : 'Executive of the consultancy',
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'waiver.opened',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} waived the readiness gate until ${input.expiresOn}: ${input.reason}`,
      at: ctx.now,
    })
    await followRecord(tx, ctx, engagement)
  })
}

/** An executive takes a waiver back. The engagement stays where it is; what is missing stands on its page. */
export async function revokeWaiver(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; reason: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const [open] = await listWaivers(tx, engagement.id, { openOnly: true })
    if (!open) throw new AppError('refused', 'There is no open waiver.')
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(waiverRefusal(standing, 'readiness', { missingCount: 1, isWaived: false }))
    await closeWaivers(tx, engagement.id, input.reason, ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'waiver.closed',
      engagementId: engagement.id,
      subjectId: open.id,
      summary: `${ctx.actor.name} took the waiver of the readiness gate back: ${input.reason}`,
      at: ctx.now,
    })
  })
}

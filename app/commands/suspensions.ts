import type { z } from 'zod'
import type { Actor, PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { CriterionId, CriterionVersionId, EngagementId } from '#app/domain/ids.ts'
import { raciFor } from '#app/domain/seat.ts'
import { isRefused, signOffAfter } from '#app/domain/sign-off-case.ts'
import type { ReportForm, SuspensionReason } from '#app/domain/suspension.ts'
import { breachOf, reportRefusal, suspendRefusal, SUSPENSION_WORDS } from '#app/domain/suspension.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { insertCriterionReport } from '#db/queries/criterion-reports.ts'
import { lockCriterion } from '#db/queries/criteria.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { gatherSignOffCase } from '#db/queries/sign-off-case.ts'
import { listSignOffsOf, lockSignOff, saveSignOffState } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { settleSubject } from './settling.ts'
import { tellSeats } from './telling.ts'

/**
 * Suspend a signed version of a criterion for a named reason, in the caller's transaction. It is restored only by a new
 * decision of the client. Nothing happens when it is not in force. The engagement must be locked.
 */
export async function suspendVersion(
  tx: Tx,
  /** `actor` null: the portal itself, when live traffic broke what was signed. */
  ctx: { readonly actor: Actor | null; readonly now: Date },
  input: {
    readonly engagement: EngagementRow
    readonly criterionVersionId: CriterionVersionId
    readonly reason: SuspensionReason
    readonly evidence: string
    readonly origin: string
  },
): Promise<void> {
  const { engagement } = input
  for (const { id } of await listSignOffsOf(tx, engagement.id, input.criterionVersionId)) {
    const signOff = await lockSignOff(tx, engagement.id, id)
    const next = signOffAfter(await gatherSignOffCase(tx, signOff), { kind: 'suspend' })
    if (isRefused(next)) continue
    const words = `${SUSPENSION_WORDS[input.reason]}. ${input.evidence}`
    await saveSignOffState(tx, signOff.id, { state: next.state, reason: words, at: ctx.now })
    await settleSubject(tx, ctx.now, signOff, next.state)
    await recordEvent(tx, ctx.actor, {
      kind: 'criterion.suspended',
      engagementId: engagement.id,
      subjectId: signOff.subjectId,
      summary: `“${signOff.title}” is suspended. ${words}`,
      detail: { reason: input.reason },
      at: ctx.now,
    })
    await tellSeats(tx, {
      engagement,
      isConcerned: (seat) => raciFor(seat, signOff.subjectType) === 'A' || raciFor(seat, signOff.subjectType) === 'R',
      subject: `Suspended: ${signOff.title}`,
      body: `${words} It counts again only when who is accountable at the client decides so.`,
      links: [{ label: 'Read and decide', url: `${input.origin}${paths.signOff(engagement.id, signOff.id)}` }],
      now: ctx.now,
    })
  }
}

/** Suspend what is signed, for a named reason and with the evidence. */
export async function suspendCriterion(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    criterionId: CriterionId
    reason: SuspensionReason
    evidence: string
    origin: string
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const { versions } = await lockCriterion(tx, engagement.id, input.criterionId)
    const agreed = versions.find((version) => version.state === 'agreed')
    ensure(suspendRefusal(await getStanding(tx, ctx.actor, engagement.id), agreed?.state ?? 'draft'))
    await suspendVersion(tx, ctx, { ...input, engagement, criterionVersionId: found(agreed).id })
  })
}

/** Report a figure that no run can measure; one on the wrong side of the floor suspends the agreement at once. */
export async function reportCriterion(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; criterionId: CriterionId; origin: string } & z.infer<typeof ReportForm>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const { criterion, versions } = await lockCriterion(tx, engagement.id, input.criterionId)
    const version = versions.find(({ state }) => state === 'agreed' || state === 'suspended')
    if (!version) throw new AppError('refused', 'Only what is signed can be reported on.')
    ensure(reportRefusal(await getStanding(tx, ctx.actor, engagement.id), version.state))
    await insertCriterionReport(tx, {
      id: newId(),
      engagementId: engagement.id,
      criterionVersionId: version.id,
      value: input.value,
      windowFrom: input.windowFrom,
      windowTo: input.windowTo,
      note: input.note,
      reportedBy: ctx.actor.personId,
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'criterion.reported',
      engagementId: engagement.id,
      subjectId: criterion.id,
      summary: `${ctx.actor.name} reported ${String(input.value)} for ${criterion.key}, ${input.windowFrom} to ${input.windowTo}.`,
      at: ctx.now,
    })
    const breach = breachOf(version.content, input.value)
    if (breach === null) return
    await suspendVersion(tx, ctx, {
      engagement,
      criterionVersionId: version.id,
      reason: 'breach',
      evidence: breach,
      origin: input.origin,
    })
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { withdrawChangeRefusal } from '#app/domain/change.ts'
import { deliverableAfter, withdrawDeliverableRefusal } from '#app/domain/deliverable.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { DeliverableId, EngagementId } from '#app/domain/ids.ts'
import { isOpen } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { getChange, saveChangeState } from '#db/queries/changes.ts'
import { getDeliverable, listDeliverableVersions, saveDeliverableState } from '#db/queries/deliverables.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listSignOffsOf, lockSignOff } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { recordVoid } from './sign-off-acts.ts'
import { tellSeats } from './telling.ts'

interface Withdrawing {
  readonly engagementId: EngagementId
  readonly reason: string
  readonly origin: string
}

/** Withdraw a change before both sides decided. What was asked of the client is voided with it, and everybody hears why. */
export async function withdrawChange(
  ctx: CommandContext<PersonActor>,
  input: Withdrawing & { changeId: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const change = await getChange(tx, engagement.id, input.changeId)
    const signOffs = await listSignOffsOf(tx, engagement.id, change.id)
    ensure(
      withdrawChangeRefusal(await getStanding(tx, ctx.actor, engagement.id), {
        state: change.state,
        wasProposed: signOffs.length > 0,
      }),
    )
    await voidOpen(tx, ctx, { engagement, subjectIds: [change.id], reason: input.reason })
    await saveChangeState(tx, change.id, { state: 'withdrawn', withdrawnReason: input.reason, at: ctx.now })
    await tellWithdrawn(tx, ctx, {
      ...{ engagement, input, kind: 'change.withdrawn', subjectId: change.id },
      title: `Change ${String(change.number)}: ${change.content.title}`,
      path: paths.change(engagement.id, change.id),
    })
  })
}

/** Withdraw a deliverable that was not accepted. A version that waits is voided with it, and everybody hears why. */
export async function withdrawDeliverable(
  ctx: CommandContext<PersonActor>,
  input: Withdrawing & { deliverableId: DeliverableId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const deliverable = await getDeliverable(tx, engagement.id, input.deliverableId)
    ensure(withdrawDeliverableRefusal(await getStanding(tx, ctx.actor, engagement.id), deliverable))
    const versions = await listDeliverableVersions(tx, engagement.id, deliverable.id)
    await voidOpen(tx, ctx, { engagement, subjectIds: versions.map(({ id }) => id), reason: input.reason })
    const next = deliverableAfter(deliverable, 'withdraw')
    if ('reason' in next) throw new AppError('refused', next.reason)
    await saveDeliverableState(tx, deliverable.id, {
      state: next.state,
      round: next.round,
      withdrawnReason: input.reason,
    })
    await tellWithdrawn(tx, ctx, {
      ...{ engagement, input, kind: 'deliverable.withdrawn', subjectId: deliverable.id },
      title: `${deliverable.key} ${deliverable.title}`,
      path: paths.deliverable(engagement.id, deliverable.id),
    })
  })
}

async function voidOpen(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: { readonly engagement: EngagementRow; readonly subjectIds: readonly string[]; readonly reason: string },
): Promise<void> {
  const { engagement, reason } = input
  for (const subjectId of input.subjectIds)
    for (const { id, state } of await listSignOffsOf(tx, engagement.id, subjectId))
      if (isOpen(state))
        await recordVoid(tx, ctx, { engagement, reason, signOff: await lockSignOff(tx, engagement.id, id) })
}

async function tellWithdrawn(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  told: {
    readonly engagement: EngagementRow
    readonly input: Withdrawing
    readonly kind: 'change.withdrawn' | 'deliverable.withdrawn'
    readonly subjectId: string
    readonly title: string
    readonly path: string
  },
): Promise<void> {
  const { engagement, input, title } = told
  await recordEvent(tx, ctx.actor, {
    kind: told.kind,
    engagementId: engagement.id,
    subjectId: told.subjectId,
    summary: `${ctx.actor.name} withdrew “${title}”: ${input.reason}`,
    at: ctx.now,
  })
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) => seat.personId !== ctx.actor.personId,
    subject: `Withdrawn: ${title}`,
    body: `${ctx.actor.name} withdrew it in ${engagement.name}, so nothing is asked of you about it any more. The reason: ${input.reason}`,
    links: [{ label: 'Read it', url: `${input.origin}${told.path}` }],
    now: ctx.now,
  })
}

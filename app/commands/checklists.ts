import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import type { ChecklistItemForm, ChecklistMark } from '#app/domain/checklist.ts'
import { CHECKLIST_ITEMS_MAX, CHECKLIST_MARK_WORDS, checklistRefusal, switchOffRefusal } from '#app/domain/checklist.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { newId } from '#db/new-id.ts'
import { getChecklistItem, insertChecklistItems, insertChecklistMark } from '#db/queries/checklists.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Add an item of one's own. */
export async function addChecklistItem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId } & z.infer<typeof ChecklistItemForm>,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(checklistRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const item = { id: newId(), phase: input.phase, label: input.label }
    const count = await insertChecklistItems(tx, engagement.id, [
      { ...item, createdBy: ctx.actor.personId, createdAt: ctx.now },
    ])
    if (count > CHECKLIST_ITEMS_MAX)
      throw new AppError('refused', `A checklist has at most ${String(CHECKLIST_ITEMS_MAX)} items.`)
    await recordEvent(tx, ctx.actor, {
      kind: 'checklist.changed',
      engagementId: engagement.id,
      subjectId: item.id,
      summary: `${ctx.actor.name} added “${item.label}” to the checklist.`,
      at: ctx.now,
    })
  })
}

/**
 * Say of an item that it is done, open, or off. Saying the same again changes nothing.
 * @param input.reason needed for `off`; stays in sight
 * @throws AppError `refused`: what is off is switched on before it is ticked
 */
export async function markChecklistItem(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; itemId: string; mark: ChecklistMark; reason?: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    ensure(checklistRefusal(standing))
    ensure(endedRefusal(engagement.state))
    const item = await getChecklistItem(tx, engagement.id, input.itemId, ctx.now)
    if (item.mark === input.mark) return
    if (item.mark === 'off' || input.mark === 'off') ensure(switchOffRefusal(standing))
    if (item.mark === 'off' && input.mark === 'done') ensure({ reason: 'It is switched off; switch it on first.' })
    await insertChecklistMark(tx, {
      engagementId: engagement.id,
      itemId: item.id,
      mark: input.mark,
      reason: input.reason ?? '',
      markedBy: ctx.actor.personId,
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'checklist.changed',
      engagementId: engagement.id,
      subjectId: item.id,
      summary: `${ctx.actor.name} on the checklist: “${item.label}” is ${CHECKLIST_MARK_WORDS[input.mark].toLowerCase()}.${input.reason ? ` ${input.reason}` : ''}`,
      at: ctx.now,
    })
  })
}

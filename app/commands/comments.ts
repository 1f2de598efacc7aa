import type { PersonActor } from '#app/domain/actor.ts'
import type { Audience } from '#app/domain/comment.ts'
import { commentRefusal } from '#app/domain/comment.ts'
import { ensure } from '#app/domain/errors.ts'
import { EXPLAINER } from '#app/domain/explainer.ts'
import type { EngagementId, SignOffId } from '#app/domain/ids.ts'
import { newId } from '#db/new-id.ts'
import { hasAcknowledged, insertAcknowledgement, insertComment } from '#db/queries/comments.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { getSignOff } from '#db/queries/sign-offs.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Write into one of the two threads of a sign-off. There is no way from one thread to the other. */
export async function writeComment(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; signOffId: SignOffId; audience: Audience; body: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    ensure(commentRefusal(await getStanding(tx, ctx.actor, engagement.id), input.audience))
    const signOff = await getSignOff(tx, engagement.id, input.signOffId)
    await insertComment(tx, input.audience, {
      id: newId(),
      engagementId: engagement.id,
      objectId: signOff.id,
      body: input.body,
      authorId: ctx.actor.personId,
      authorName: ctx.actor.name,
      at: ctx.now,
    })
    if (input.audience === 'team') return
    await recordEvent(tx, ctx.actor, {
      kind: 'comment.written',
      engagementId: engagement.id,
      subjectId: signOff.id,
      summary: `${ctx.actor.name} commented on “${signOff.title}”.`,
      at: ctx.now,
    })
  })
}

/** Confirm that one has read how this goes. Once for each version of the page; repeating it changes nothing. */
export async function acknowledgeExplainer(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const read = { personId: ctx.actor.personId, page: EXPLAINER.page, pageVersion: EXPLAINER.version }
    if (await hasAcknowledged(tx, engagement.id, read)) return
    await insertAcknowledgement(tx, { id: newId(), engagementId: engagement.id, ...read, at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'page.acknowledged',
      engagementId: engagement.id,
      subjectId: engagement.id,
      summary: `${ctx.actor.name} read how this will go.`,
      at: ctx.now,
    })
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import type { ChangeAct, ChangeContent } from '#app/domain/change.ts'
import { changeAfter, changeRefusal, changeRows } from '#app/domain/change.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, PersonId, SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { pageDocument } from '#app/domain/page-document.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import {
  getChange,
  insertAsk,
  insertChange,
  saveAskAnswer,
  saveChangeContent,
  saveChangeState,
} from '#db/queries/changes.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'
import { engagementHead } from './problems.ts'
import { listSigners, openSignOff } from './sign-offs.ts'
import { tellSeats } from './telling.ts'

/** Write a change down, or write it anew while it is a draft. @returns its id */
export async function draftChange(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    changeId: string | null
    content: ChangeContent
    startedFrom?: string | undefined
  },
): Promise<string> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(changeRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    if (input.changeId !== null) {
      const change = await getChange(tx, engagement.id, input.changeId)
      if (change.state !== 'draft') throw new AppError('refused', 'Only a draft can be written anew.')
      ensureSameDraft(input.startedFrom, change.content)
      await saveChangeContent(tx, change.id, { content: input.content, by: ctx.actor.personId })
      return change.id
    }
    return writeChangeDraft(tx, ctx, engagement.id, input.content)
  })
}

/** Put a draft among the changes and its event into the log. The engagement must be locked. @returns its id */
export async function writeChangeDraft(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  engagementId: EngagementId,
  content: ChangeContent,
): Promise<string> {
  const id = newId()
  const number = await insertChange(tx, { id, engagementId, content, raisedBy: ctx.actor.personId, at: ctx.now })
  await recordEvent(tx, ctx.actor, {
    kind: 'change.raised',
    engagementId,
    subjectId: id,
    summary: `${ctx.actor.name} drafted change ${String(number)}: ${content.title}.`,
    at: ctx.now,
  })
  return id
}

/** Propose a change: our side approves it by sending; when the client approves, it is applied in the same transaction. */
export async function proposeChange(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; changeId: string; origin: string },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(changeRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const change = await getChange(tx, engagement.id, input.changeId)
    const signers = await listSigners(tx, engagement, 'change_request')
    if (signers.length === 0)
      throw new AppError(
        'refused',
        'Nobody at the client is accountable for changes yet: invite a person to such a seat first.',
      )
    await saveChangeState(tx, change.id, { state: moved(change.state, 'propose'), at: ctx.now })
    const title = `Change ${String(change.number)}: ${change.content.title}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'change_request', id: change.id },
      document: canonicalJson(
        pageDocument(engagementHead(engagement), 'change', {
          title,
          rows: changeRows(change.content),
          consequence:
            'Approving applies all of it at once: the scope, the dates and the deliverables are what stands above from that moment. Criteria and the problem statement keep their own signatures.',
        }),
      ),
      title,
      authorId: toId<PersonId>(change.raisedById),
      signers,
      origin: input.origin,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'change.sent',
      engagementId: engagement.id,
      subjectId: change.id,
      summary: `${ctx.actor.name} proposed “${title}”.`,
      at: ctx.now,
    })
    return signOff.id
  })
}

/** @throws AppError `refused` */
function moved(state: Parameters<typeof changeAfter>[0], act: ChangeAct) {
  const next = changeAfter(state, act)
  if (typeof next !== 'string') throw new AppError('refused', next.reason)
  return next
}

/** Ask for something, in one's own words: the team says how it stands to the signed scope. */
export async function askForSomething(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; text: string; origin: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const id = newId()
    await insertAsk(tx, {
      id,
      engagementId: engagement.id,
      text: input.text,
      askedBy: ctx.actor.personId,
      askedAt: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'ask.raised',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} asked for something.`,
      at: ctx.now,
    })
    await tellSeats(tx, {
      engagement,
      isConcerned: (seat) => seat.function === 'engagement_lead' && seat.personId !== ctx.actor.personId,
      subject: `${ctx.actor.name} asks for something in ${engagement.name}`,
      body: input.text,
      links: [{ label: 'Answer', url: `${input.origin}${paths.scope(engagement.id)}` }],
      now: ctx.now,
    })
  })
}

/** Say how an ask stands to the signed scope. */
export async function answerAsk(
  ctx: CommandContext<PersonActor>,
  input: {
    engagementId: EngagementId
    askId: string
    answer: string
    standing: 'in_scope' | 'out_of_scope' | 'question'
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(leadActRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    const isSaved = await saveAskAnswer(tx, {
      engagementId: engagement.id,
      id: input.askId,
      answer: input.answer,
      standing: input.standing,
      by: ctx.actor.personId,
      at: ctx.now,
    })
    if (!isSaved) throw new AppError('refused', 'This was answered before, or is not there.')
    await recordEvent(tx, ctx.actor, {
      kind: 'ask.answered',
      engagementId: engagement.id,
      subjectId: input.askId,
      summary: `${ctx.actor.name} answered what was asked for.`,
      at: ctx.now,
    })
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { HandoverContent } from '#app/domain/handover.ts'
import {
  draftHandoverRefusal,
  HANDOVER_CONSEQUENCE,
  handoverFaults,
  handoverRows,
  sendHandoverRefusal,
  stateByHandover,
} from '#app/domain/handover.ts'
import type { EngagementId, SignOffId } from '#app/domain/ids.ts'
import { pageDocument } from '#app/domain/page-document.ts'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import { newId } from '#db/new-id.ts'
import { getStanding, lockEngagement, saveEngagementState } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { HandoverRow } from '#db/queries/handovers.ts'
import { insertHandover, listHandovers, saveHandoverDraft, saveHandoverSent } from '#db/queries/handovers.ts'
import { findStandingSignOff } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'
import { gatherHandoverFacts } from './handover-facts.ts'
import { engagementHead } from './problems.ts'
import { listSigners, openSignOff } from './sign-offs.ts'

/** Write the hand-over down. A draft is changed in place; after what was sent comes a new version. */
export async function draftHandover(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; content: HandoverContent; startedFrom?: string | undefined },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const [newest] = await listHandovers(tx, engagement.id)
    ensure(
      draftHandoverRefusal(await getStanding(tx, ctx.actor, engagement.id), {
        state: engagement.state,
        signOff: await standingState(tx, engagement.id, newest),
      }),
    )
    const faults = handoverFaults(input.content, ctx.now)
    if (Object.keys(faults).length > 0) throw new AppError('invalid', 'A day is over already.', { fields: faults })
    if (newest) ensureSameDraft(input.startedFrom, newest.content)
    if (newest?.sentAt === null) {
      await saveHandoverDraft(tx, newest.id, { content: input.content, by: ctx.actor.personId })
      return
    }
    const id = newId()
    const version = (newest?.version ?? 0) + 1
    await insertHandover(tx, {
      id,
      engagementId: engagement.id,
      version,
      content: input.content,
      createdBy: ctx.actor.personId,
      createdAt: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'handover.drafted',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} drafted version ${String(version)} of the hand-over.`,
      at: ctx.now,
    })
  })
}

/**
 * Send the drafted hand-over for the client's signature, with what the record says now. An active engagement is being
 * handed over from then on; the signature without open conditions puts it into operation.
 */
export async function sendHandover(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; origin: string },
): Promise<SignOffId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const [newest] = await listHandovers(tx, engagement.id)
    const signers = await listSigners(tx, engagement, 'handover')
    ensure(
      sendHandoverRefusal(await getStanding(tx, ctx.actor, engagement.id), {
        state: engagement.state,
        signOff: await standingState(tx, engagement.id, newest),
        isDrafted: newest?.sentAt === null,
        signerCount: signers.length,
      }),
    )
    const handover = found(newest, 'The hand-over')
    const title = `Hand-over, version ${String(handover.version)}`
    const signOff = await openSignOff(tx, ctx, {
      engagement,
      subject: { type: 'handover', id: handover.id },
      document: canonicalJson(
        pageDocument(engagementHead(engagement), 'handover', {
          title,
          rows: handoverRows(handover.content, await gatherHandoverFacts(tx, engagement, ctx.now)),
          consequence: HANDOVER_CONSEQUENCE,
        }),
      ),
      title,
      authorId: handover.createdBy,
      signers,
      origin: input.origin,
    })
    await saveHandoverSent(tx, handover.id, ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'handover.sent',
      engagementId: engagement.id,
      subjectId: handover.id,
      summary: `${ctx.actor.name} sent “${title}” for signature.`,
      at: ctx.now,
    })
    const next = stateByHandover(engagement.state, 'awaiting_approval')
    if (next !== engagement.state) {
      await saveEngagementState(tx, engagement.id, next, ctx.now)
      await recordEvent(tx, ctx.actor, {
        kind: 'engagement.moved',
        engagementId: engagement.id,
        subjectId: engagement.id,
        summary: `The engagement moved from ${engagement.state} to ${next}: its hand-over was sent.`,
        at: ctx.now,
      })
    }
    return signOff.id
  })
}

/** Of a draft after one that was sent, nothing is asked any more. */
async function standingState(
  tx: Tx,
  engagementId: EngagementId,
  newest: HandoverRow | undefined,
): Promise<SignOffState | null> {
  if (newest === undefined || newest.sentAt === null) return null
  return (await findStandingSignOff(tx, engagementId, newest.id))?.state ?? null
}

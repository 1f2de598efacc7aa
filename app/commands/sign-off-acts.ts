import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, SignOffId } from '#app/domain/ids.ts'
import type { FeedbackGrade } from '#app/domain/outcome.ts'
import { FEEDBACK_WORDS } from '#app/domain/outcome.ts'
import { raciFor } from '#app/domain/seat.ts'
import {
  answerRefusal,
  feedbackRefusal,
  leadActRefusal,
  meetConditionRefusal,
  restorationDocument,
  restoreRefusal,
  signingSeat,
  staleRefusal,
} from '#app/domain/sign-off.ts'
import type { RestoreInput } from '#app/domain/sign-off.ts'
import type { SignOffAct, SignOffCase } from '#app/domain/sign-off-case.ts'
import { isRefused, signOffAfter } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import {
  gatherSignOffCase,
  getShownDocument,
  insertFeedback,
  saveConditionMet,
  saveFeedbackAnswer,
} from '#db/queries/sign-off-case.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { lockSignOff } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { aboutSignOff, appendDecision } from './decisions.ts'
import { ensurePasswordAgain, isOwnPassword, moveSignOff } from './sign-offs.ts'
import { tellSeats } from './telling.ts'

interface AtSignOff {
  readonly engagementId: EngagementId
  readonly signOffId: SignOffId
  readonly origin: string
}

interface Open {
  readonly tx: Tx
  readonly engagement: EngagementRow
  readonly signOff: SignOffRow
  readonly standing: Awaited<ReturnType<typeof getStanding>>
}

function atSignOff(
  ctx: CommandContext<PersonActor>,
  input: AtSignOff,
  work: (open: Open) => Promise<void>,
): Promise<void> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    const signOff = await lockSignOff(tx, engagement.id, input.signOffId)
    await work({ tx, engagement, signOff, standing: await getStanding(tx, ctx.actor, engagement.id) })
  })
}

/** Do an act to a sign-off by its machine. @throws AppError `refused` */
async function act(
  ctx: CommandContext,
  { tx, signOff }: Omit<Open, 'standing'>,
  one: SignOffAct,
  reason?: string,
): Promise<SignOffCase> {
  const next = signOffAfter(await gatherSignOffCase(tx, signOff), one)
  if (isRefused(next)) throw new AppError('refused', next.reason)
  await moveSignOff(tx, ctx, { signOff, next, ...(reason === undefined ? {} : { reason }) })
  return next
}

function told(
  ctx: CommandContext,
  { tx, engagement, signOff }: Omit<Open, 'standing'>,
  summary: string,
): Promise<void> {
  return recordEvent(tx, ctx.actor, {
    kind: 'sign_off.changed',
    engagementId: engagement.id,
    subjectId: signOff.subjectId,
    summary,
    at: ctx.now,
  })
}

/** Say what one thinks before it is decided. A major issue stops approvals until our lead has answered it. */
export function giveFeedback(
  ctx: CommandContext<PersonActor>,
  input: AtSignOff & { grade: FeedbackGrade; note: string },
): Promise<void> {
  return atSignOff(ctx, input, async (open) => {
    const { tx, engagement, signOff, standing } = open
    ensure(feedbackRefusal(standing, signOff.state, signOff.subjectType))
    const id = newId()
    await act(ctx, open, { kind: 'feedback', id, by: ctx.actor.personId, grade: input.grade })
    await insertFeedback(tx, {
      id,
      engagementId: engagement.id,
      signOffId: signOff.id,
      personId: ctx.actor.personId,
      grade: input.grade,
      note: input.note,
      at: ctx.now,
    })
    await told(ctx, open, `${ctx.actor.name} on “${signOff.title}”: ${FEEDBACK_WORDS[input.grade].toLowerCase()}.`)
    await tellSeats(tx, {
      engagement,
      isConcerned: (seat) => seat.function === 'engagement_lead' && input.grade !== 'ok',
      subject: `${ctx.actor.name} has an issue with ${signOff.title}`,
      body: `${FEEDBACK_WORDS[input.grade]}: ${input.note}`,
      links: [{ label: 'Answer it', url: `${input.origin}${paths.signOff(engagement.id, signOff.id)}` }],
      now: ctx.now,
    })
  })
}

/** Our lead answers an issue, or overrides it: either way with words that everybody reads beside it. */
export function answerFeedback(
  ctx: CommandContext<PersonActor>,
  input: AtSignOff & { feedbackId: string; answer: string },
): Promise<void> {
  return atSignOff(ctx, input, async (open) => {
    ensure(answerRefusal(open.standing, open.signOff.state))
    const isSaved = await saveFeedbackAnswer(open.tx, {
      engagementId: open.engagement.id,
      signOffId: open.signOff.id,
      id: input.feedbackId,
      text: input.answer,
      by: ctx.actor.personId,
      at: ctx.now,
    })
    if (!isSaved) throw new AppError('refused', 'This issue was answered before, or is none of this sign-off.')
    await act(ctx, open, { kind: 'answer', feedbackId: input.feedbackId })
    await told(ctx, open, `${ctx.actor.name} answered an issue with “${open.signOff.title}”.`)
  })
}

/** Go on to the approval although not everybody consulted has answered. */
export function goOnWithoutFeedback(ctx: CommandContext<PersonActor>, input: AtSignOff): Promise<void> {
  return atSignOff(ctx, input, async (open) => {
    ensure(leadActRefusal(open.standing))
    await act(ctx, open, { kind: 'go_on' })
    await told(ctx, open, `${ctx.actor.name} went on to the approval of “${open.signOff.title}”.`)
  })
}

/** Take back what waits for a signature. Whoever was asked hears of it; what was sent stays readable. */
export function voidSignOff(ctx: CommandContext<PersonActor>, input: AtSignOff & { reason: string }): Promise<void> {
  return atSignOff(ctx, input, async (open) => {
    const { tx, engagement, signOff } = open
    ensure(leadActRefusal(open.standing))
    await recordVoid(tx, ctx, { engagement, signOff, reason: input.reason })
    await tellSeats(tx, {
      engagement,
      isConcerned: (seat) => raciFor(seat, signOff.subjectType) !== 'I' && seat.personId !== ctx.actor.personId,
      subject: `Voided: ${signOff.title}`,
      body: `${ctx.actor.name} took it back, so nothing is asked of you here any more. The reason: ${input.reason}`,
      links: [{ label: 'Read it', url: `${input.origin}${paths.signOff(engagement.id, signOff.id)}` }],
      now: ctx.now,
    })
  })
}

/** Void a sign-off that is held, with its decision and its event; whoever was asked is told by the caller. */
export async function recordVoid(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: { readonly engagement: EngagementRow; readonly signOff: SignOffRow; readonly reason: string },
): Promise<void> {
  const { engagement, signOff, reason } = input
  const open = { tx, engagement, signOff }
  await act(ctx, open, { kind: 'void' }, reason)
  await appendDecision(tx, {
    actor: ctx.actor,
    ...aboutSignOff(engagement, signOff),
    document: await getShownDocument(tx, engagement.id, signOff.id),
    outcome: 'voided',
    rationale: reason,
    authority: SEAT_FUNCTION_WORDS.engagement_lead,
    at: ctx.now,
  })
  await told(ctx, open, `${ctx.actor.name} voided “${signOff.title}”: ${reason}`)
}

/** The client confirms that a condition of their approval is met; with the last one the approval is whole. */
export function meetCondition(
  ctx: CommandContext<PersonActor>,
  input: AtSignOff & { conditionId: string; note: string },
): Promise<void> {
  return atSignOff(ctx, input, async (open) => {
    ensure(meetConditionRefusal(open.standing, open.signOff.subjectType, open.signOff.state))
    const isSaved = await saveConditionMet(open.tx, {
      engagementId: open.engagement.id,
      signOffId: open.signOff.id,
      id: input.conditionId,
      by: ctx.actor.personId,
      note: input.note,
      at: ctx.now,
    })
    if (!isSaved) throw new AppError('refused', 'This condition was met before, or is none of this sign-off.')
    const given = await gatherSignOffCase(open.tx, open.signOff)
    // The condition just met is no more among the open ones; the machine counts it from before.
    const next = signOffAfter(
      { ...given, openConditionCount: given.openConditionCount + 1 },
      { kind: 'meet_condition' },
    )
    if (isRefused(next)) throw new AppError('refused', next.reason)
    await moveSignOff(open.tx, ctx, { signOff: open.signOff, next })
    await told(ctx, open, `${ctx.actor.name} confirmed a condition of “${open.signOff.title}”.`)
  })
}

/**
 * The client restores what was suspended: a decision of its own on the reason and on the text as it was signed, under the
 * rule that it was signed by. It counts again when as many persons said so as had to sign.
 * @throws AppError `refused`; `conflict` when another suspension was shown; `invalid` for a wrong password
 */
export async function restoreSignOff(ctx: CommandContext<PersonActor>, input: AtSignOff & RestoreInput): Promise<void> {
  const isPasswordRight = await isOwnPassword(ctx, input.password)
  await atSignOff(ctx, input, async (open) => {
    const { tx, engagement, signOff, standing } = open
    ensure(restoreRefusal(standing, signOff.subjectType, signOff.state))
    const document = restorationDocument(signOff)
    const stale = staleRefusal(input.shownHash, sha256(document))
    if (stale) throw new AppError('conflict', stale.reason)
    ensurePasswordAgain(signOff.rule.asksPasswordAgain, isPasswordRight)
    const seat = found(signingSeat(standing, signOff.subjectType))
    const next = signOffAfter(await gatherSignOffCase(tx, signOff), {
      kind: 'restore',
      by: ctx.actor.personId,
      for: seat.onBehalfOf?.id ?? ctx.actor.personId,
    })
    if (isRefused(next)) throw new AppError('refused', next.reason)
    await appendDecision(tx, {
      actor: ctx.actor,
      ...aboutSignOff(engagement, signOff),
      document,
      outcome: 'restored',
      rationale: input.reason,
      onBehalfOf: seat.onBehalfOf ?? null,
      authority: SEAT_FUNCTION_WORDS[seat.function],
      method: isPasswordRight ? 'password again' : 'password session',
      at: ctx.now,
    })
    await moveSignOff(tx, ctx, { signOff, next })
    const still = next.rule.quorum - next.restorations.length
    const words = next.state === 'suspended' ? `${input.reason} ${String(still)} more must say so.` : input.reason
    await told(ctx, open, `${ctx.actor.name} restored “${signOff.title}”: ${words}`)
    await tellSeats(tx, {
      engagement,
      isConcerned: (one) => raciFor(one, signOff.subjectType) !== 'I' && one.personId !== ctx.actor.personId,
      subject: `Restored: ${signOff.title}`,
      body: `${ctx.actor.name} restored it: ${words}`,
      links: [{ label: 'Read it', url: `${input.origin}${paths.signOff(engagement.id, signOff.id)}` }],
      now: ctx.now,
    })
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EventKind } from '#app/domain/event.ts'
import type { DecisionId, EngagementId, PersonId, SignOffId } from '#app/domain/ids.ts'
import { OUTCOME_VERBS } from '#app/domain/outcome.ts'
import { raciFor } from '#app/domain/seat.ts'
import type { SignInput } from '#app/domain/sign-off.ts'
import { conditionFaults, signingSeat, signRefusal, staleRefusal } from '#app/domain/sign-off.ts'
import type { SignOffCase, SignOffState } from '#app/domain/sign-off-case.ts'
import { isInForce, isRefused, signOffAfter } from '#app/domain/sign-off-case.ts'
import { ruleFor } from '#app/domain/signing-rule.ts'
import type { SignOffSubject } from '#app/domain/subject.ts'
import { paths } from '#app/paths.ts'
import { sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { SeatRow } from '#db/queries/seats.ts'
import { listSeats, saveHolderAccepted, saveSeatState } from '#db/queries/seats.ts'
import { gatherSignOffCase, getShownDocument, insertConditions } from '#db/queries/sign-off-case.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { insertSignOff, lockSignOff, saveSignOffState } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'
import { checkPassword, queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import type { Decided } from './decisions.ts'
import { aboutSignOff, appendDecision } from './decisions.ts'
import { followRecord } from './engagements.ts'
import { settleSubject } from './settling.ts'
import { tellSeats } from './telling.ts'

const DAY_MS = 86_400_000

const DECIDED_EVENT: Readonly<Record<SignOffSubject, EventKind>> = {
  problem_statement: 'problem.decided',
  criterion_version: 'criterion.decided',
  deliverable_version: 'deliverable.decided',
  model_version: 'model_version.decided',
  change_request: 'change.decided',
  handover: 'handover.decided',
}

/** The client’s people who decide about a kind of thing, in the order of their seats. */
export async function listSigners(tx: Tx, engagement: EngagementRow, kind: SignOffSubject): Promise<SeatRow[]> {
  return (await listSeats(tx, engagement.id)).filter(
    (held) => held.personId !== null && raciFor(held, kind) === 'A' && held.organisationName === engagement.client,
  )
}

/** Open a sign-off for a frozen document, record our side's approval, and ask the client's people by mail. */
export async function openSignOff(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: {
    engagement: EngagementRow
    subject: { type: SignOffSubject; id: string }
    document: string
    title: string
    /** Who wrote the text as it is sent; null when it was written elsewhere, as the file of a deliverable is. */
    authorId: PersonId | null
    signers: readonly SeatRow[]
    origin: string
  },
): Promise<{ readonly id: SignOffId; readonly subjectHash: string }> {
  const { engagement, subject } = input
  const signerIds = input.signers.flatMap((seat) => (seat.personId === null ? [] : [String(seat.personId)]))
  const rule = ruleFor(engagement.riskTier, engagement.signingRule, signerIds)
  if (rule.isAuthorExcluded && input.authorId === ctx.actor.personId)
    throw new AppError(
      'refused',
      'The risk tier asks for a second person on our side: who wrote this does not send it. Another lead has to.',
    )
  const signOff = {
    id: newId<SignOffId>(),
    engagementId: engagement.id,
    subjectType: subject.type,
    subjectId: subject.id,
    subjectHash: sha256(input.document),
  }
  const consulted = (await listSeats(tx, engagement.id)).filter(
    (seat) => seat.personId !== null && raciFor(seat, subject.type) === 'C',
  )
  const waits = rule.awaitsFeedback && consulted.length > 0
  await insertSignOff(tx, {
    ...signOff,
    title: input.title,
    state: waits ? 'collecting_feedback' : 'awaiting_approval',
    rule,
    authorId: input.authorId,
    sentBy: ctx.actor.personId,
    sentAt: ctx.now,
  })
  await appendDecision(tx, {
    actor: ctx.actor,
    organisationId: engagement.clientOrganisationId,
    engagementId: engagement.id,
    signOffId: signOff.id,
    subject,
    title: input.title,
    document: input.document,
    outcome: 'approved',
    rationale: 'Sent for the client’s signature.',
    authority: SEAT_FUNCTION_WORDS.engagement_lead,
    at: ctx.now,
  })
  const url = `${input.origin}${paths.signOff(engagement.id, signOff.id)}`
  const signerSet = new Set(signerIds)
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) => seat.personId !== null && signerSet.has(seat.personId),
    subject: `Please read and decide: ${input.title}`,
    body: `${ctx.actor.name} asks for your decision on “${input.title}” in ${engagement.name}.${waits ? ' The consulted are heard first; you can read it already.' : ''} The page shows exactly what you would sign. Opening it changes nothing.`,
    links: [{ label: 'Read and decide', url }],
    now: ctx.now,
  })
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) => consulted.some((one) => one.id === seat.id),
    subject: `What do you think? ${input.title}`,
    body: `${ctx.actor.name} asks what you think of “${input.title}” before it is signed. Say that it is fine, or name an issue; a major one is answered before anybody can sign.`,
    links: [{ label: 'Read and answer', url }],
    now: ctx.now,
  })
  await followRecord(tx, ctx, engagement)
  return signOff
}

/**
 * Decide on a sign-off: approve, approve with conditions, ask for changes, or reject. It counts for exactly the text that
 * was shown, and under both names when a delegate decides.
 * @throws AppError `refused` when the asker may not decide now; `conflict` when the page was stale; `invalid` for a wrong password
 */
export async function decideSignOff(
  ctx: CommandContext<PersonActor>,
  input: SignInput & { engagementId: EngagementId; signOffId: SignOffId; origin: string },
): Promise<DecisionId> {
  const isPasswordRight = await isOwnPassword(ctx, input.password)
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const signOff = await lockSignOff(tx, engagement.id, input.signOffId)
    const standing = await getStanding(tx, ctx.actor, engagement.id)
    const stale = staleRefusal(input.shownHash, signOff.subjectHash)
    if (stale) throw new AppError('conflict', stale.reason)
    if (signOff.state === 'voided' || signOff.state === 'superseded')
      throw new AppError('conflict', 'This changed while you were reading. What takes its place stands on this page.')
    ensure(endedRefusal(engagement.state))
    ensure(signRefusal(standing, signOff.state, signOff.subjectType))
    ensurePasswordAgain(signOff.rule.asksPasswordAgain, isPasswordRight)
    const seat = signingSeat(standing, signOff.subjectType)
    const conditions = input.conditions ?? []
    const faults = conditionFaults(conditions, ctx.now)
    if (Object.keys(faults).length > 0)
      throw new AppError('invalid', 'A condition falls due on a day after today.', { fields: faults })
    const next = signOffAfter(await gatherSignOffCase(tx, signOff), {
      kind: 'decide',
      by: ctx.actor.personId,
      for: seat?.onBehalfOf?.id ?? ctx.actor.personId,
      outcome: input.outcome,
      conditionCount: conditions.length,
    })
    if (isRefused(next)) throw new AppError('refused', next.reason)
    await acceptOwnSeats(tx, ctx, engagement)
    const decided = await appendDecision(tx, {
      actor: ctx.actor,
      ...aboutSignOff(engagement, signOff),
      document: await getShownDocument(tx, engagement.id, signOff.id),
      outcome: input.outcome,
      rationale: input.rationale,
      conditions,
      onBehalfOf: seat?.onBehalfOf ?? null,
      authority: seat === null ? '' : SEAT_FUNCTION_WORDS[seat.function],
      method: isPasswordRight ? 'password again' : 'password session',
      at: ctx.now,
    })
    await insertConditions(
      tx,
      conditions.map((condition) => ({
        id: newId(),
        engagementId: engagement.id,
        signOffId: signOff.id,
        ...condition,
        createdBy: ctx.actor.personId,
        createdAt: ctx.now,
      })),
    )
    await moveSignOff(tx, ctx, { signOff, next })
    await followRecord(tx, ctx, engagement)
    await tellOfDecision(tx, ctx, { engagement, signOff, next, decided, input })
    await recordEvent(tx, ctx.actor, {
      kind: DECIDED_EVENT[signOff.subjectType],
      engagementId: engagement.id,
      subjectId: signOff.subjectId,
      summary: `${ctx.actor.name} ${OUTCOME_VERBS[input.outcome]} “${signOff.title}”.`,
      at: ctx.now,
    })
    return decided.id
  })
}

/** Save where a sign-off came to, bring its subject along, and put its next dates on the queue. */
export async function moveSignOff(
  tx: Tx,
  ctx: CommandContext,
  { signOff, next, reason }: { signOff: SignOffRow; next: SignOffCase; reason?: string },
): Promise<void> {
  if (next.state === signOff.state) return
  const isLive = isInForce(next.state)
  const expiresAt =
    isLive && next.rule.recurDays !== null && signOff.expiresAt === null
      ? new Date(ctx.now.getTime() + next.rule.recurDays * DAY_MS)
      : undefined
  await saveSignOffState(tx, signOff.id, {
    state: next.state,
    at: ctx.now,
    ...(reason === undefined ? {} : { reason }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  })
  await settleSubject(tx, ctx.now, signOff, next.state)
  if (isLive) await enqueue(tx, 'settle_sign_off', { signOffId: signOff.id }, { key: `sign-off:${signOff.id}` })
}

/** Deciding under a seat says yes to it: an act of the person, like accepting it by hand. */
async function acceptOwnSeats(tx: Tx, ctx: CommandContext<PersonActor>, engagement: EngagementRow): Promise<void> {
  const { personId } = ctx.actor
  for (const seat of await listSeats(tx, engagement.id)) {
    if (seat.personId !== personId || seat.state !== 'invited') continue
    await saveSeatState(tx, seat.id, { state: 'accepted', personId, at: ctx.now })
    await saveHolderAccepted(tx, seat.id, ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'seat.accepted',
      engagementId: engagement.id,
      subjectId: seat.id,
      summary: `${ctx.actor.name} accepted the seat “${SEAT_FUNCTION_WORDS[seat.function]}” by deciding under it.`,
      at: ctx.now,
    })
  }
}

/** @throws AppError `invalid` beside the field, when a decision asks for the password again and it was not right */
export function ensurePasswordAgain(isAsked: boolean, isPasswordRight: boolean): void {
  if (isAsked && !isPasswordRight)
    throw new AppError('invalid', 'Your password is asked for.', {
      fields: { password: 'This decision asks for your password again, and this is not it.' },
    })
}

/** True when a password was given and is the actor's own. It is checked before the transaction, which it would hold open. */
export async function isOwnPassword(ctx: CommandContext<PersonActor>, password: string | undefined): Promise<boolean> {
  if (password === undefined || password === '') return false
  return checkPassword(ctx.database, { email: ctx.actor.email, password }).then(
    (personId) => personId === ctx.actor.personId,
    () => false,
  )
}

const ENDED: readonly SignOffState[] = ['changes_requested', 'rejected']

/** The signer gets a receipt that can be a witness; our lead hears of everything, the whole table of a decline. */
async function tellOfDecision(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  told: {
    engagement: EngagementRow
    signOff: SignOffRow
    next: SignOffCase
    decided: Decided
    input: SignInput & { origin: string }
  },
): Promise<void> {
  const { engagement, signOff, next, decided, input } = told
  const links = [{ label: 'Open the record', url: `${input.origin}${paths.decision(engagement.id, decided.id)}` }]
  const did = `${OUTCOME_VERBS[input.outcome]} “${signOff.title}”`
  await queueMail(tx, {
    to: ctx.actor,
    subject: `Receipt: you ${OUTCOME_VERBS[input.outcome]} ${signOff.title}`,
    body: `On ${ctx.now.toISOString()} you ${did} in ${engagement.name}. SHA-256 of what you read: ${signOff.subjectHash}. Record no. ${String(decided.seq)}, hash ${decided.hash}. Keep this mail: it is your witness of the record.`,
    links,
    now: ctx.now,
  })
  const missing = next.rule.quorum - next.votes.length
  const still =
    next.state === 'awaiting_approval'
      ? ` ${String(missing)} more approval${missing === 1 ? ' is' : 's are'} needed.`
      : ''
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) =>
      seat.personId !== ctx.actor.personId &&
      (seat.function === 'engagement_lead' ||
        (ENDED.includes(next.state) && raciFor(seat, signOff.subjectType) !== 'I')),
    subject: `${ctx.actor.name} ${OUTCOME_VERBS[input.outcome]} ${signOff.title}`,
    body: `${input.rationale === '' ? 'No reason was given.' : `The reason: ${input.rationale}`}${still}`,
    links,
    now: ctx.now,
  })
}

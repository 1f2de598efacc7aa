import type { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import type { Raci } from '#app/domain/engagement.ts'
import { endedRefusal, RACI_WORDS, SEAT_FUNCTION_WORDS, seatSide } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EventKind } from '#app/domain/event.ts'
import type { EngagementId, SeatId } from '#app/domain/ids.ts'
import type { AddSeatForm, DelegateForm, DenyForm, RaciByKind, RequireForm, SeatAct } from '#app/domain/seat.ts'
import { actRefusal, delegateRefusal, isRefusal, raciFor, seatAfter, seatChangeRefusal } from '#app/domain/seat.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { insertRegisterItem } from '#db/queries/registers.ts'
import type { SeatRow } from '#db/queries/seats.ts'
import {
  endHolders,
  insertDelegation,
  insertSeat,
  listSeats,
  lockSeat,
  saveHolderAccepted,
  saveSeatRaci,
  saveSeatRequired,
  saveSeatState,
} from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import { ensurePerson, mailInvitation, queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { appendDecision } from './decisions.ts'
import { followRecord } from './engagements.ts'
import { engagementHead } from './problems.ts'
import { suspendVersion } from './suspensions.ts'

interface AtSeat {
  readonly engagementId: EngagementId
  readonly seatId: SeatId
}

interface Open {
  readonly tx: Tx
  readonly engagement: EngagementRow
  readonly seat: SeatRow
}

/** Hold an engagement and one of its seats, and do something to them. */
function atSeat(ctx: CommandContext<PersonActor>, input: AtSeat, work: (open: Open) => Promise<void>): Promise<void> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(endedRefusal(engagement.state))
    await work({ tx, engagement, seat: await lockSeat(tx, engagement.id, input.seatId) })
  })
}

/** Move a seat by its machine. @throws AppError `refused` */
async function move(
  ctx: CommandContext,
  { tx, seat }: Open,
  act: SeatAct,
  why: { reason?: string; by?: string } = {},
): Promise<void> {
  const next = seatAfter(seat, act)
  if (isRefusal(next)) throw new AppError('refused', next.reason)
  await saveSeatState(tx, seat.id, { ...next, ...why, at: ctx.now })
}

function tell(ctx: CommandContext, { tx, engagement, seat }: Open, kind: EventKind, words: string): Promise<void> {
  return recordEvent(tx, ctx.actor, {
    kind,
    engagementId: engagement.id,
    subjectId: seat.id,
    summary: `${words} (seat “${SEAT_FUNCTION_WORDS[seat.function]}”)`,
    at: ctx.now,
  })
}

/** Put an open seat at the table: somebody must be there, whoever it will be. */
export async function addSeat(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId } & z.infer<typeof AddSeatForm>,
): Promise<SeatId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(seatChangeRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const id = newId<SeatId>()
    await insertSeat(tx, {
      id,
      engagementId: engagement.id,
      function: input.function,
      raci: input.raci,
      required: input.required === 'yes',
      neededBy: input.neededBy,
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'seat.added',
      engagementId: engagement.id,
      subjectId: id,
      summary: `${ctx.actor.name} added the ${input.required === 'yes' ? 'required ' : ''}seat “${SEAT_FUNCTION_WORDS[input.function]}” (${RACI_WORDS[input.raci]}).`,
      at: ctx.now,
    })
    return id
  })
}

/** Take a seat that one was invited to; the last missing one makes the engagement active. */
export function acceptSeat(ctx: CommandContext<PersonActor>, input: AtSeat): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    await move(ctx, open, { kind: 'accept', by: ctx.actor.personId })
    await saveHolderAccepted(open.tx, open.seat.id, ctx.now)
    await tell(ctx, open, 'seat.accepted', `${ctx.actor.name} accepted the seat`)
    await followRecord(open.tx, ctx, open.engagement)
  })
}

export function declineSeat(ctx: CommandContext<PersonActor>, input: AtSeat & { reason: string }): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    const act = { kind: 'decline', by: ctx.actor.personId } as const
    ensure(actRefusal(open.seat, act))
    await tell(ctx, open, 'seat.declined', `${ctx.actor.name} declined: ${input.reason}`)
    await endHolders(open.tx, open.seat.id, `Declined: ${input.reason}`, ctx.now)
    // Last: after it the engagement is no more there for who left.
    await move(ctx, open, act, { reason: input.reason, by: ctx.actor.name })
  })
}

/** The client’s organisation will not fill a seat: it is kept, with who denied it and why, and opens a risk. */
export function denySeat(ctx: CommandContext<PersonActor>, input: AtSeat & z.infer<typeof DenyForm>): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    ensure(seatChangeRefusal(await getStanding(open.tx, ctx.actor, open.engagement.id)))
    await move(ctx, open, { kind: 'deny' }, { reason: input.reason, by: input.deniedBy })
    await endHolders(open.tx, open.seat.id, `Denied by ${input.deniedBy}: ${input.reason}`, ctx.now)
    const words = SEAT_FUNCTION_WORDS[open.seat.function]
    await insertRegisterItem(open.tx, {
      id: newId(),
      engagementId: open.engagement.id,
      kind: 'risk',
      title: `No ${words.toLowerCase()} at the table`,
      body: `The seat “${words}” was denied by ${input.deniedBy}: ${input.reason}`,
      state: 'open',
      ownerId: ctx.actor.personId,
      likelihood: 'high',
      impact: open.seat.required ? 'high' : 'medium',
      due: open.seat.neededBy,
      sourceRule: 'A seat was denied',
      audience: 'team',
      createdBy: null,
      at: ctx.now,
    })
    await tell(ctx, open, 'seat.denied', `${input.deniedBy} denied the seat: ${input.reason}`)
  })
}

/** The holder leaves, or the lead says that they left. What they signed stays; what waits for them waits for somebody else. */
export function vacateSeat(
  ctx: CommandContext<PersonActor>,
  input: AtSeat & { reason: string; origin: string },
): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    const isOwn = open.seat.personId === ctx.actor.personId
    if (!isOwn) ensure(seatChangeRefusal(await getStanding(open.tx, ctx.actor, open.engagement.id)))
    if (isOwn && open.seat.function === 'engagement_lead')
      throw new AppError('refused', 'An engagement is never without a lead: give the lead’s seat to somebody first.')
    ensure(actRefusal(open.seat, { kind: 'vacate' }))
    await tell(ctx, open, 'seat.vacated', `${open.seat.personName ?? 'The holder'} left the seat: ${input.reason}`)
    await suspendWithoutApprover(ctx, open, input.origin)
    await endHolders(open.tx, open.seat.id, input.reason, ctx.now)
    // Last: after it the engagement is no more there for who left.
    await move(ctx, open, { kind: 'vacate' }, { reason: input.reason, by: ctx.actor.name })
  })
}

/** When nobody else at the client is accountable, what is signed has nobody who answers for it: it is suspended. */
async function suspendWithoutApprover(ctx: CommandContext, open: Open, origin: string): Promise<void> {
  const { tx, engagement, seat } = open
  const isAccountable = (one: SeatRow) =>
    one.personId !== null && seatSide(one.function) === 'client' && raciFor(one, 'criterion_version') === 'A'
  const others = (await listSeats(tx, engagement.id)).filter((one) => one.id !== seat.id && isAccountable(one))
  if (!isAccountable(seat) || others.length > 0) return
  const agreed = (await listCriterionVersions(tx, engagement.id)).filter((version) => version.state === 'agreed')
  for (const version of agreed)
    await suspendVersion(tx, ctx, {
      engagement,
      criterionVersionId: version.id,
      reason: 'approver_left',
      evidence: `${seat.personName ?? 'The holder'} left the seat “${SEAT_FUNCTION_WORDS[seat.function]}”.`,
      origin,
    })
}

/** Ask a colleague to act in one's seat until a day. The holder stays accountable and hears of what is decided. */
export function delegateSeat(
  ctx: CommandContext<PersonActor>,
  input: AtSeat & z.infer<typeof DelegateForm> & { origin: string },
): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    ensure(delegateRefusal(open.seat, ctx.actor.personId))
    const until = new Date(`${input.until}T23:59:59.999Z`)
    if (until <= ctx.now)
      throw new AppError('invalid', 'This day is past.', { fields: { until: 'Choose a day that is not past.' } })
    const { personId, hasJoined } = await ensurePerson(open.tx, {
      name: input.name,
      email: input.email,
      organisationId: ctx.actor.organisationId,
      organisationKind: ctx.actor.organisationKind,
      role: 'member',
      now: ctx.now,
    })
    if (personId === ctx.actor.personId)
      throw new AppError('invalid', 'This is yourself.', { fields: { email: 'Name somebody else.' } })
    await insertDelegation(open.tx, {
      id: newId(),
      engagementId: open.engagement.id,
      seatId: open.seat.id,
      fromPersonId: ctx.actor.personId,
      toPersonId: personId,
      note: input.note,
      at: ctx.now,
      until,
    })
    const about = open.engagement.name
    if (!hasJoined) await mailInvitation(open.tx, { ctx, personId, to: input, origin: input.origin, about })
    await queueMail(open.tx, {
      to: input,
      subject: `You act for ${ctx.actor.name} at ${about} until ${input.until}`,
      body: `${ctx.actor.name} asks you to act in the seat “${SEAT_FUNCTION_WORDS[open.seat.function]}” until ${input.until}. What you decide is recorded under both names. ${input.note}`,
      links: [{ label: 'Open the engagement', url: `${input.origin}${paths.engagement(open.engagement.id)}` }],
      now: ctx.now,
    })
    await tell(ctx, open, 'seat.delegated', `${ctx.actor.name} delegated to ${input.name} until ${input.until}`)
  })
}

/** Whether the work may begin without a seat is decided on the record. */
async function decideOnNeed(
  ctx: CommandContext<PersonActor>,
  { tx, engagement, seat }: Open,
  { isRequired, reason }: { isRequired: boolean; reason: string },
): Promise<void> {
  const words = SEAT_FUNCTION_WORDS[seat.function]
  await appendDecision(tx, {
    actor: ctx.actor,
    organisationId: engagement.clientOrganisationId,
    engagementId: engagement.id,
    signOffId: null,
    subject: { type: 'seat', id: seat.id },
    title: `The seat “${words}” is ${isRequired ? 'required' : 'not required'}`,
    document: canonicalJson({
      format: 'throughline.seat_need/1',
      engagement: engagementHead(engagement),
      seat: { id: seat.id, function: seat.function },
      isRequired,
      reason,
    }),
    outcome: isRequired ? 'restored' : 'waived',
    rationale: reason,
    authority: SEAT_FUNCTION_WORDS.engagement_lead,
    at: ctx.now,
  })
}

/** Ask for a seat, or do without one: then the reason stays in sight. */
export function requireSeat(
  ctx: CommandContext<PersonActor>,
  input: AtSeat & z.infer<typeof RequireForm>,
): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    ensure(seatChangeRefusal(await getStanding(open.tx, ctx.actor, open.engagement.id)))
    const isRequired = input.required === 'yes'
    await saveSeatRequired(open.tx, open.seat.id, isRequired, isRequired ? '' : input.reason)
    if (isRequired !== open.seat.required) await decideOnNeed(ctx, open, { isRequired, reason: input.reason })
    await tell(
      ctx,
      open,
      'seat.changed',
      isRequired ? `${ctx.actor.name} made the seat required` : `${ctx.actor.name} does without it: ${input.reason}`,
    )
    await followRecord(open.tx, ctx, open.engagement)
  })
}

/** Say what a seat does in decisions, of all kinds and of single ones. */
export function setSeatRaci(
  ctx: CommandContext<PersonActor>,
  input: AtSeat & { raci: Raci; byKind: RaciByKind },
): Promise<void> {
  return atSeat(ctx, input, async (open) => {
    ensure(seatChangeRefusal(await getStanding(open.tx, ctx.actor, open.engagement.id)))
    await saveSeatRaci(open.tx, open.seat.id, input.raci, input.byKind)
    await tell(ctx, open, 'seat.changed', `${ctx.actor.name} changed what the seat does in decisions`)
  })
}

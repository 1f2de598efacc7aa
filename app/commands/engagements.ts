import { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import { isFirmAdmin } from '#app/domain/actor.ts'
import type { EngagementInput, EngagementState, Raci, SeatFunction } from '#app/domain/engagement.ts'
import {
  ENGAGEMENT_STATES,
  endedRefusal,
  inviteRefusal,
  linesOf,
  moveRefusal,
  openEngagementRefusal,
  RACI,
  RACI_WORDS,
  SEAT_FUNCTION_WORDS,
  SEAT_FUNCTIONS,
  seatSide,
} from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import { isReady, readinessGate, stateByRecord } from '#app/domain/readiness.ts'
import type { EngagementId, PersonId, ProblemStatementId, SeatId } from '#app/domain/ids.ts'
import { SigningRule } from '#app/domain/signing-rule.ts'
import type { Template } from '#app/domain/template.ts'
import { TEMPLATES } from '#app/domain/template.ts'
import { emailAddress, line } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { newId } from '#db/new-id.ts'
import { insertChecklistItems } from '#db/queries/checklists.ts'
import { gatherReadiness } from '#db/queries/readiness.ts'
import {
  getStanding,
  insertEngagement,
  lockEngagement,
  nextEngagementCode,
  saveEngagementState,
  saveSigningRule,
} from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listOrganisations } from '#db/queries/people.ts'
import { insertProblem } from '#db/queries/problems.ts'
import { insertHolder, insertSeat, listSeats, saveSeatRaci, saveSeatState } from '#db/queries/seats.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'
import { closeWaivers } from '#db/queries/waivers.ts'
import type { Tx } from '#db/types.ts'
import { ensurePerson, mailInvitation, queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/**
 * Open an engagement for a client: its first problem statement is a draft, and who opens it leads it.
 * @param input.code the client's next free one when absent
 */
export async function openEngagement(
  ctx: CommandContext<PersonActor>,
  input: EngagementInput & { readonly code?: string },
): Promise<EngagementId> {
  ensure(openEngagementRefusal(ctx.actor))
  return transact(ctx, async (tx) => {
    const client = (await listOrganisations(tx, 'client')).find(({ id }) => id === input.clientOrganisationId)
    if (!client)
      throw new AppError('invalid', 'Choose a client.', {
        fields: { clientOrganisationId: 'Choose a client of the list.' },
      })
    const id = newId<EngagementId>()
    await insertEngagement(tx, {
      id,
      code: input.code ?? (await nextEngagementCode(tx, client.name)),
      name: input.name,
      clientOrganisationId: client.id,
      targetEnd: input.targetEnd ?? null,
      template: input.template,
      createdBy: ctx.actor.personId,
      at: ctx.now,
    })
    await takeOwnSeat(tx, ctx, id)
    await followTemplate(tx, ctx, id, TEMPLATES[input.template ?? 'blank'])
    await insertProblem(tx, {
      id: newId<ProblemStatementId>(),
      engagementId: id,
      version: 1,
      content: {
        problem: input.problem,
        decisionSupported: input.decisionSupported,
        affectedPeople: input.affectedPeople,
        inScope: linesOf(input.inScope),
        outOfScope: linesOf(input.outOfScope),
      },
      createdBy: ctx.actor.personId,
      at: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'engagement.opened',
      engagementId: id,
      subjectId: id,
      summary: `${ctx.actor.name} opened the engagement for ${client.name}.`,
      at: ctx.now,
    })
    return id
  })
}

/** Give a new engagement what its template says: its tier, its required seats, its checklist. */
async function followTemplate(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  engagementId: EngagementId,
  template: Template,
): Promise<void> {
  if (template.riskTier !== 'standard')
    await saveSigningRule(tx, engagementId, template.riskTier, SigningRule.parse({}))
  for (const seat of template.seats)
    await insertSeat(tx, { ...seat, id: newId<SeatId>(), engagementId, required: true, at: ctx.now })
  await insertChecklistItems(
    tx,
    engagementId,
    template.checklist.map((item) => ({
      ...item,
      id: newId(),
      createdBy: ctx.actor.personId,
      createdAt: ctx.now,
    })),
  )
}

export const SeatForm = z.object({
  name: line(120, 'A name'),
  email: emailAddress,
  function: z.enum(SEAT_FUNCTIONS, { error: 'Choose a function.' }),
  raci: z.enum(RACI, { error: 'Choose what this person does in decisions.' }),
})

/**
 * Invite a person to a seat: one of that function that is free, else a new one. They are told by mail, and the seat is
 * theirs when they accept it.
 * @throws AppError `refused`, `conflict` when the person holds this seat already
 */
export async function giveSeat(
  ctx: CommandContext<PersonActor>,
  input: z.infer<typeof SeatForm> & { engagementId: EngagementId; origin: string },
): Promise<PersonId> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(inviteRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const isOurs = seatSide(input.function) === 'consultancy'
    const { personId, isNew, hasJoined } = await ensurePerson(tx, {
      name: input.name,
      email: input.email,
      organisationId: isOurs ? ctx.actor.organisationId : engagement.clientOrganisationId,
      organisationKind: isOurs ? 'consultancy' : 'client',
      role: 'member',
      now: ctx.now,
    })
    ensure(
      isNew && isOurs && !isFirmAdmin(ctx.actor)
        ? { reason: 'Nobody of our firm has this address. An owner or administrator invites new colleagues first.' }
        : null,
    )
    const seatId = await inviteToSeat(tx, ctx, {
      engagementId: engagement.id,
      personId,
      function: input.function,
      raci: input.raci,
    })
    if (!hasJoined) await mailInvitation(tx, { ctx, personId, to: input, origin: input.origin, about: engagement.name })
    await queueMail(tx, {
      to: input,
      subject: `You are asked to take a seat at ${engagement.name}`,
      body: `${ctx.actor.name} asks you to take the seat “${SEAT_FUNCTION_WORDS[input.function]}” at ${engagement.name}: ${RACI_WORDS[input.raci].toLowerCase()}. The page says what that means, and you accept or decline there. Opening it changes nothing.`,
      links: [{ label: 'Read and answer', url: `${input.origin}${paths.seat(engagement.id, seatId)}` }],
      now: ctx.now,
    })
    await recordEvent(tx, ctx.actor, {
      kind: 'seat.given',
      engagementId: engagement.id,
      subjectId: seatId,
      summary: `${ctx.actor.name} invited ${input.name} to the seat “${SEAT_FUNCTION_WORDS[input.function]}”.`,
      at: ctx.now,
    })
    return personId
  })
}

/** @throws AppError `conflict` when the person holds this seat already */
async function inviteToSeat(
  tx: Tx,
  ctx: CommandContext,
  input: { engagementId: EngagementId; personId: PersonId; function: SeatFunction; raci: Raci },
): Promise<SeatId> {
  const same = (await listSeats(tx, input.engagementId)).filter((seat) => seat.function === input.function)
  if (same.some((held) => held.personId === input.personId))
    throw new AppError('conflict', 'This person holds this seat already.', {
      fields: { email: 'This person holds this seat already.' },
    })
  const free = same.find((seat) => seat.personId === null)
  const id = free?.id ?? newId<SeatId>()
  if (free) await saveSeatRaci(tx, free.id, input.raci, free.raciByKind)
  else await insertSeat(tx, { ...input, id, required: false, at: ctx.now })
  await saveSeatState(tx, id, { state: 'invited', personId: input.personId, at: ctx.now })
  await insertHolder(tx, { ...input, id: newId(), seatId: id, at: ctx.now, isAccepted: false })
  return id
}

/** Who opens an engagement leads it: nobody else has to be asked. */
async function takeOwnSeat(tx: Tx, ctx: CommandContext<PersonActor>, engagementId: EngagementId): Promise<void> {
  const id = newId<SeatId>()
  const { personId } = ctx.actor
  await insertSeat(tx, { id, engagementId, function: 'engagement_lead', raci: 'A', required: false, at: ctx.now })
  await saveSeatState(tx, id, { state: 'accepted', personId, at: ctx.now })
  await insertHolder(tx, { id: newId(), engagementId, seatId: id, personId, at: ctx.now, isAccepted: true })
}

export const MoveForm = z.object({ to: z.enum(ENGAGEMENT_STATES, { error: 'Choose a state.' }) })

/** Pause, resume, hand over, close or cancel. @throws AppError `refused` */
export async function moveEngagement(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; to: EngagementState },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(moveRefusal(await getStanding(tx, ctx.actor, engagement.id), engagement.state, input.to))
    if (
      input.to === 'active' &&
      engagement.state !== 'paused' &&
      !isReady(await gatherReadiness(tx, engagement.id, ctx.now))
    )
      ensure({ reason: 'An engagement becomes active by itself when everything of its readiness gate is there.' })
    await saveEngagementState(tx, engagement.id, input.to, ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'engagement.moved',
      engagementId: engagement.id,
      subjectId: engagement.id,
      summary: `${ctx.actor.name} moved the engagement from ${engagement.state} to ${input.to}.`,
      at: ctx.now,
    })
  })
}

/**
 * Move the engagement to where its record says it is, and close a waiver that nothing needs any more. The engagement must
 * be locked.
 */
export async function followRecord(
  tx: Tx,
  ctx: CommandContext,
  engagement: { id: EngagementId; state: EngagementState },
): Promise<void> {
  const facts = await gatherReadiness(tx, engagement.id, ctx.now)
  if (facts.hasOpenWaiver && readinessGate(facts).every((item) => item.isMet)) {
    await closeWaivers(tx, engagement.id, 'Every required seat is accepted.', ctx.now)
    await recordEvent(tx, ctx.actor, {
      kind: 'waiver.closed',
      engagementId: engagement.id,
      subjectId: engagement.id,
      summary: 'The waiver of the readiness gate closed: every required seat is accepted.',
      at: ctx.now,
    })
  }
  const sentForSignature = (await listSignOffs(tx, engagement.id)).length > 0
  const next = stateByRecord(engagement.state, { ...facts, sentForSignature })
  if (next === engagement.state) return
  await saveEngagementState(tx, engagement.id, next, ctx.now)
  await recordEvent(tx, ctx.actor, {
    kind: 'engagement.moved',
    engagementId: engagement.id,
    subjectId: engagement.id,
    summary: `The engagement moved from ${engagement.state} to ${next}.`,
    at: ctx.now,
  })
}

import { z } from 'zod'
import type { PersonActor } from '#app/domain/actor.ts'
import type { EngagementInput, EngagementState, Raci, SeatFunction } from '#app/domain/engagement.ts'
import {
  ENGAGEMENT_STATES,
  endedRefusal,
  inviteRefusal,
  linesOf,
  moveRefusal,
  openEngagementRefusal,
  RACI,
  SEAT_FUNCTION_WORDS,
  SEAT_FUNCTIONS,
  seatSide,
  stateByRecord,
} from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, PersonId, ProblemStatementId, SeatId } from '#app/domain/ids.ts'
import { emailAddress, line } from '#app/domain/text.ts'
import { newId } from '#db/new-id.ts'
import { listCriterionVersions } from '#db/queries/criteria.ts'
import {
  getStanding,
  insertEngagement,
  insertSeat,
  listSeats,
  lockEngagement,
  nextEngagementCode,
  saveEngagementState,
} from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { listOrganisations } from '#db/queries/people.ts'
import { insertProblem, listProblems } from '#db/queries/problems.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import { ensurePerson, mailInvitation, queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Open an engagement for a client: its first problem statement is a draft, and who opens it leads it. */
export async function openEngagement(ctx: CommandContext<PersonActor>, input: EngagementInput): Promise<EngagementId> {
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
      code: await nextEngagementCode(tx, client.name),
      name: input.name,
      clientOrganisationId: client.id,
      targetEnd: input.targetEnd ?? null,
      createdBy: ctx.actor.personId,
      at: ctx.now,
    })
    await seat(tx, ctx, { engagementId: id, function: 'engagement_lead', raci: 'A', personId: ctx.actor.personId })
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

export const SeatForm = z.object({
  name: line(120, 'A name'),
  email: emailAddress,
  function: z.enum(SEAT_FUNCTIONS, { error: 'Choose a function.' }),
  raci: z.enum(RACI, { error: 'Choose what this person does in decisions.' }),
})

/**
 * Give a seat at the table: to a colleague, or to a person of the client, who is invited by mail when new.
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
    const { personId, isNew } = await ensurePerson(tx, {
      name: input.name,
      email: input.email,
      organisationId: isOurs ? ctx.actor.organisationId : engagement.clientOrganisationId,
      organisationKind: isOurs ? 'consultancy' : 'client',
      role: 'member',
      now: ctx.now,
    })
    const isHeld = (await listSeats(tx, engagement.id)).some(
      (held) => held.personId === personId && held.function === input.function,
    )
    if (isHeld)
      throw new AppError('conflict', 'This person holds this seat already.', {
        fields: { email: 'This person holds this seat already.' },
      })
    await seat(tx, ctx, { engagementId: engagement.id, function: input.function, raci: input.raci, personId })
    if (isNew) await mailInvitation(tx, { ctx, personId, to: input, origin: input.origin, about: engagement.name })
    else
      await queueMail(tx, {
        to: input,
        subject: `You have a seat at ${engagement.name}`,
        body: `${ctx.actor.name} gave you the seat “${SEAT_FUNCTION_WORDS[input.function]}” at ${engagement.name}.`,
        links: [{ label: 'Open the engagement', url: `${input.origin}/engagements/${engagement.id}` }],
        now: ctx.now,
      })
    await recordEvent(tx, ctx.actor, {
      kind: 'seat.given',
      engagementId: engagement.id,
      subjectId: personId,
      summary: `${input.name} took the seat “${SEAT_FUNCTION_WORDS[input.function]}”.`,
      at: ctx.now,
    })
    return personId
  })
}

async function seat(
  tx: Tx,
  ctx: CommandContext,
  input: { engagementId: EngagementId; function: SeatFunction; raci: Raci; personId: PersonId | null },
): Promise<void> {
  await insertSeat(tx, { id: newId<SeatId>(), required: false, at: ctx.now, ...input })
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
    if (input.to === 'active' && engagement.state !== 'paused')
      ensure({ reason: 'An engagement becomes active by itself when the problem and a criterion are signed.' })
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

/** Move the engagement to where its record says it is. The engagement must be locked. */
export async function followRecord(
  tx: Tx,
  ctx: CommandContext,
  engagement: { id: EngagementId; state: EngagementState },
): Promise<void> {
  const problems = await listProblems(tx, engagement.id)
  const versions = await listCriterionVersions(tx, engagement.id)
  const next = stateByRecord(engagement.state, {
    sentForSignature: (await listSignOffs(tx, engagement.id)).length > 0,
    problemAgreed: problems.some((problem) => problem.state === 'agreed'),
    criteriaAgreedCount: versions.filter((version) => version.state === 'agreed').length,
  })
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

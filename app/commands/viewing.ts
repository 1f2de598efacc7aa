import type { PersonActor } from '#app/domain/actor.ts'
import { ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, SeatId } from '#app/domain/ids.ts'
import type { Viewing } from '#app/domain/viewing.ts'
import { VIEWING_MINUTES, viewAsRefusal, viewingSummary } from '#app/domain/viewing.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { saveSessionViewing } from '#db/queries/people.ts'
import { getSeat } from '#db/queries/seats.ts'
import type { CommandContext } from './context.ts'

/**
 * Look at an engagement as the person who holds one of its client seats, in this session, read only, until the time is
 * over. It is an event of the engagement, which the client reads, too.
 * @throws AppError `refused`
 */
export async function startViewing(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; seatId: SeatId; storedSessionId: string },
): Promise<void> {
  // As the person, so that nothing else is there; at the door, because only it writes sessions.
  await ctx.database.as({ personId: ctx.actor.personId, door: 'auth' }, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const seat = await getSeat(tx, engagement.id, input.seatId)
    ensure(viewAsRefusal(await getStanding(tx, ctx.actor, engagement.id), seat))
    const until = new Date(ctx.now.getTime() + VIEWING_MINUTES * 60_000)
    const personId = found(seat.personId, 'This person')
    await saveSessionViewing(tx, input.storedSessionId, { engagementId: engagement.id, personId, until })
    await recordEvent(tx, ctx.actor, {
      kind: 'view_as.started',
      engagementId: engagement.id,
      subjectId: seat.id,
      summary: viewingSummary(ctx.actor, { name: seat.personName ?? '', function: seat.function }),
      detail: { asPersonId: personId, until: until.toISOString() },
      at: ctx.now,
    })
  })
}

/** Be oneself again. */
export async function endViewing(
  ctx: CommandContext<PersonActor>,
  input: { viewing: Viewing; storedSessionId: string },
): Promise<void> {
  const { engagementId, as } = input.viewing
  await ctx.database.as({ personId: ctx.actor.personId, door: 'auth' }, async (tx) => {
    if (!(await saveSessionViewing(tx, input.storedSessionId, null))) return
    await recordEvent(tx, ctx.actor, {
      kind: 'view_as.ended',
      engagementId,
      subjectId: engagementId,
      summary: `${ctx.actor.name} stopped looking at this engagement as ${as.name}.`,
      at: ctx.now,
    })
  })
}

import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal, seatSide } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EventKind } from '#app/domain/event.ts'
import type { EngagementId, MeetingId, PersonId } from '#app/domain/ids.ts'
import type { MeetingInput } from '#app/domain/meeting.ts'
import { closeRefusal, correctionRefusal, meetingRefusal, openMeetingRefusal } from '#app/domain/meeting.ts'
import { newId } from '#db/new-id.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { Attendee, MeetingRow } from '#db/queries/meetings.ts'
import { insertPoints, listOpenItems } from '#db/queries/agendas.ts'
import {
  findMeeting,
  getMeeting,
  insertCorrection,
  insertMeeting,
  listAttendees,
  saveAttendees,
  saveMeeting,
  saveMeetingEnd,
} from '#db/queries/meetings.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { tellAttendees } from './meeting-mail.ts'

export interface AtMeeting {
  readonly engagementId: EngagementId
  readonly meetingId: MeetingId
}

/**
 * Plan a meeting, put what is open on its agenda, and tell who is asked to come. Planning one with the id of one that exists
 * here changes nothing: the form was sent twice.
 */
export async function planMeeting(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { audience: 'team' | 'shared'; form: MeetingInput; origin: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    ensure(meetingRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    if ((await findMeeting(tx, engagement.id, input.meetingId)) !== null) return
    const { attendeeIds, ...form } = input.form
    const people = await peopleOf(tx, engagement.id, { audience: input.audience, attendeeIds })
    const row = { ...form, id: input.meetingId, engagementId: engagement.id, audience: input.audience }
    const isNew = await insertMeeting(tx, { ...row, plannedBy: ctx.actor.personId, at: ctx.now })
    if (!isNew) throw new AppError('conflict', 'Open the page again: this form was used elsewhere.')
    await saveAttendees(tx, row, people)
    const items = await listOpenItems(tx, engagement.id, row)
    await insertPoints(
      tx,
      row,
      items.map((item) => ({ ...item, id: newId() })),
    )
    const meeting = await getMeeting(tx, engagement.id, row.id)
    await tellAttendees(tx, ctx, {
      engagement,
      meeting,
      to: await listAttendees(tx, [row.id]),
      news: 'planned',
      ...input,
    })
    await recordMeeting(tx, ctx, { engagement, meeting, kind: 'meeting.planned', verb: 'planned' })
  })
}

/**
 * Change a meeting. Who stays or comes new gets the meeting anew, who is no longer asked gets its cancellation.
 * @throws AppError `conflict` when it was changed since the form was opened
 */
export async function changeMeeting(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { sequence: number; form: MeetingInput; origin: string },
): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, before) => {
    if (before.sequence !== input.sequence)
      throw new AppError(
        'conflict',
        'Somebody changed this meeting meanwhile. Open the page again to see how it is now.',
      )
    const { attendeeIds, ...form } = input.form
    const asked = await listAttendees(tx, [before.id])
    const people = await peopleOf(tx, engagement.id, { audience: before.audience, attendeeIds })
    await saveMeeting(tx, before.id, { ...form, at: ctx.now })
    await saveAttendees(tx, { ...before, engagementId: engagement.id }, people)
    const meeting = await getMeeting(tx, engagement.id, before.id)
    const gone = asked.filter((one) => !people.includes(one.personId))
    const told = { engagement, meeting, origin: input.origin }
    await tellAttendees(tx, ctx, { ...told, to: await listAttendees(tx, [before.id]), news: 'changed' })
    await tellAttendees(tx, ctx, { ...told, to: gone, news: 'not_asked' })
    await recordMeeting(tx, ctx, { engagement, meeting, kind: 'meeting.changed', verb: 'changed' })
  })
}

/** Call a meeting off. It stays in the list, as cancelled. */
export async function cancelMeeting(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { reason: string; origin: string },
): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, { id }) => {
    const to: readonly Attendee[] = await listAttendees(tx, [id])
    await saveMeetingEnd(tx, id, { state: 'cancelled', reason: input.reason, by: ctx.actor.personId, at: ctx.now })
    const meeting = await getMeeting(tx, engagement.id, id)
    await tellAttendees(tx, ctx, { engagement, meeting, to, news: 'cancelled', origin: input.origin })
    await recordMeeting(tx, ctx, { engagement, meeting, kind: 'meeting.cancelled', verb: 'cancelled' })
  })
}

/** Close the minutes: from here on they stand as they are. */
export async function closeMeeting(ctx: CommandContext<PersonActor>, input: AtMeeting): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, meeting) => {
    ensure(closeRefusal(await getStanding(tx, ctx.actor, engagement.id), meeting, ctx.now))
    await saveMeetingEnd(tx, meeting.id, { state: 'held', reason: '', by: ctx.actor.personId, at: ctx.now })
    await recordMeeting(tx, ctx, { engagement, meeting, kind: 'meeting.closed', verb: 'closed the minutes of' })
  })
}

/** Add to closed minutes what was wrong in them. */
export async function correctMinutes(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { text: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const meeting = await getMeeting(tx, engagement.id, input.meetingId)
    ensure(correctionRefusal(await getStanding(tx, ctx.actor, engagement.id), meeting.state))
    ensure(endedRefusal(engagement.state))
    await insertCorrection(tx, {
      id: newId(),
      engagementId: engagement.id,
      meetingId: meeting.id,
      audience: meeting.audience,
      text: input.text,
      writtenBy: ctx.actor.personId,
      at: ctx.now,
    })
    await recordMeeting(tx, ctx, { engagement, meeting, kind: 'meeting.corrected', verb: 'corrected the minutes of' })
  })
}

/** Work on a meeting that is still planned, by who may plan meetings, with its engagement held. */
export async function inOpenMeeting<T>(
  ctx: CommandContext<PersonActor>,
  at: AtMeeting,
  work: (tx: Tx, engagement: EngagementRow, meeting: MeetingRow) => Promise<T>,
): Promise<T> {
  return transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, at.engagementId)
    ensure(meetingRefusal(await getStanding(tx, ctx.actor, engagement.id)))
    ensure(endedRefusal(engagement.state))
    const meeting = await getMeeting(tx, engagement.id, at.meetingId)
    ensure(openMeetingRefusal(meeting.state))
    return work(tx, engagement, meeting)
  })
}

/** @throws AppError `invalid` when somebody has no seat here, or is the client's and the meeting is the team's own */
async function peopleOf(
  tx: Tx,
  engagementId: EngagementId,
  asked: { readonly audience: 'team' | 'shared'; readonly attendeeIds: readonly string[] },
): Promise<PersonId[]> {
  const people = new Map<string, PersonId>()
  for (const seat of await listSeats(tx, engagementId))
    if (seat.personId !== null && (asked.audience === 'shared' || seatSide(seat.function) === 'consultancy'))
      people.set(seat.personId, seat.personId)
  return asked.attendeeIds.map((id) => {
    const person = people.get(id)
    if (person === undefined) {
      const message =
        asked.audience === 'team'
          ? 'A meeting of the team asks only people of the team.'
          : 'Only people with a seat here can be asked.'
      throw new AppError('invalid', message, { fields: { attendees: message } })
    }
    return person
  })
}

/** The log is the client's, too: what is the team's is told under a kind that only the team reads. */
async function recordMeeting(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  what: {
    readonly engagement: EngagementRow
    readonly meeting: MeetingRow
    readonly kind: Extract<EventKind, `meeting.${string}`>
    readonly verb: string
  },
): Promise<void> {
  await recordEvent(tx, ctx.actor, {
    kind: what.meeting.audience === 'team' ? 'team_meeting.changed' : what.kind,
    engagementId: what.engagement.id,
    subjectId: what.meeting.id,
    summary: `${ctx.actor.name} ${what.verb} the meeting “${what.meeting.title}”.`,
    at: ctx.now,
  })
}

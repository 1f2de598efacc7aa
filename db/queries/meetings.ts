import { and, asc, desc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, MeetingId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { MeetingState } from '#app/domain/meeting.ts'
import { meetingAttendees, meetingCorrections, meetings } from '../schema/meetings.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface MeetingRow {
  readonly id: MeetingId
  readonly audience: 'team' | 'shared'
  readonly title: string
  readonly startsAt: Date
  readonly timeZone: string
  readonly lengthMinutes: number
  readonly place: string
  readonly state: MeetingState
  readonly stateReason: string
  readonly sequence: number
  readonly plannedByName: string
  readonly plannedByEmail: string
  readonly changedAt: Date
  readonly endedAt: Date | null
}

const columns = {
  id: meetings.id,
  audience: meetings.audience,
  title: meetings.title,
  startsAt: meetings.startsAt,
  timeZone: meetings.timeZone,
  lengthMinutes: meetings.lengthMinutes,
  place: meetings.place,
  state: meetings.state,
  stateReason: meetings.stateReason,
  sequence: meetings.sequence,
  plannedByName: persons.name,
  plannedByEmail: persons.email,
  changedAt: meetings.changedAt,
  endedAt: meetings.endedAt,
}

const toRow = (row: Omit<MeetingRow, 'id'> & { id: string }): MeetingRow => ({ ...row, id: toId<MeetingId>(row.id) })

const selectMeetings = (tx: Tx) =>
  tx.select(columns).from(meetings).innerJoin(persons, eq(persons.id, meetings.plannedBy))

/** Still to be held, or held with open minutes: soonest first. */
export async function listComingMeetings(tx: Tx, engagementId: EngagementId, now: Date): Promise<MeetingRow[]> {
  const rows = await selectMeetings(tx)
    .where(
      and(
        eq(meetings.engagementId, engagementId),
        or(eq(meetings.state, 'planned'), gt(meetings.startsAt, now)) ?? sql`true`,
      ),
    )
    .orderBy(asc(meetings.startsAt), asc(meetings.id))
    .limit(100)
  return rows.map(toRow)
}

/** A place in the list of past meetings. */
export interface MeetingCursor {
  readonly startsAt: Date
  readonly id: string
}

/** Closed and cancelled meetings that are over, newest first. @param page.before the last one of the page before */
export async function listPastMeetings(
  tx: Tx,
  engagementId: EngagementId,
  page: { readonly now: Date; readonly before: MeetingCursor | null; readonly limit: number },
): Promise<MeetingRow[]> {
  const { before } = page
  const rows = await selectMeetings(tx)
    .where(
      and(
        eq(meetings.engagementId, engagementId),
        sql`${meetings.state} <> 'planned' and ${meetings.startsAt} <= ${page.now.toISOString()}`,
        before === null
          ? undefined
          : or(
              lt(meetings.startsAt, before.startsAt),
              and(eq(meetings.startsAt, before.startsAt), lt(meetings.id, before.id)),
            ),
      ),
    )
    .orderBy(desc(meetings.startsAt), desc(meetings.id))
    .limit(page.limit)
  return rows.map(toRow)
}

/** Meetings of an engagement for a calendar: those that began after `since`, cancelled ones too, at most 1,000. */
export async function listCalendarMeetings(tx: Tx, engagementId: EngagementId, since: Date): Promise<MeetingRow[]> {
  const rows = await selectMeetings(tx)
    .where(and(eq(meetings.engagementId, engagementId), gt(meetings.startsAt, since)))
    .orderBy(asc(meetings.startsAt), asc(meetings.id))
    .limit(1000)
  return rows.map(toRow)
}

/** @throws AppError `not_found` */
export async function getMeeting(tx: Tx, engagementId: EngagementId, id: MeetingId): Promise<MeetingRow> {
  const [row] = await selectMeetings(tx).where(and(eq(meetings.engagementId, engagementId), eq(meetings.id, id)))
  return toRow(found(row, 'This meeting'))
}

/** As getMeeting; null when it does not exist for the viewer. */
export async function findMeeting(tx: Tx, engagementId: EngagementId, id: MeetingId): Promise<MeetingRow | null> {
  const [row] = await selectMeetings(tx).where(and(eq(meetings.engagementId, engagementId), eq(meetings.id, id)))
  return row ? toRow(row) : null
}

export interface NewMeeting {
  readonly id: MeetingId
  readonly engagementId: EngagementId
  readonly audience: 'team' | 'shared'
  readonly title: string
  readonly startsAt: Date
  readonly timeZone: string
  readonly lengthMinutes: number
  readonly place: string
  readonly plannedBy: PersonId
  readonly at: Date
}

/** @returns false when a meeting with this id exists already */
export async function insertMeeting(tx: Tx, row: NewMeeting): Promise<boolean> {
  const { at, ...values } = row
  const made = await tx
    .insert(meetings)
    .values({ ...values, createdAt: at, changedAt: at })
    .onConflictDoNothing()
    .returning({ id: meetings.id })
  return made.length > 0
}

/** Save what people have to hear of: the sequence grows. */
export async function saveMeeting(
  tx: Tx,
  id: MeetingId,
  next: Pick<NewMeeting, 'title' | 'startsAt' | 'timeZone' | 'lengthMinutes' | 'place' | 'at'>,
): Promise<void> {
  const { at, ...values } = next
  await tx
    .update(meetings)
    .set({ ...values, changedAt: at, sequence: sql`${meetings.sequence} + 1` })
    .where(eq(meetings.id, id))
}

/** End a meeting, for good. A cancellation is a change that people have to hear of. */
export async function saveMeetingEnd(
  tx: Tx,
  id: MeetingId,
  end: { readonly state: 'held' | 'cancelled'; readonly reason: string; readonly by: PersonId; readonly at: Date },
): Promise<void> {
  await tx
    .update(meetings)
    .set({
      state: end.state,
      stateReason: end.reason,
      endedBy: end.by,
      endedAt: end.at,
      changedAt: end.at,
      sequence: end.state === 'cancelled' ? sql`${meetings.sequence} + 1` : meetings.sequence,
    })
    .where(eq(meetings.id, id))
}

export interface Attendee {
  readonly personId: PersonId
  readonly name: string
  readonly email: string
}

/** Who was asked to come, by meeting and name. */
export async function listAttendees(
  tx: Tx,
  meetingIds: readonly MeetingId[],
): Promise<(Attendee & { readonly meetingId: string })[]> {
  if (meetingIds.length === 0) return []
  const rows = await tx
    .select({
      meetingId: meetingAttendees.meetingId,
      personId: meetingAttendees.personId,
      name: persons.name,
      email: persons.email,
    })
    .from(meetingAttendees)
    .innerJoin(persons, eq(persons.id, meetingAttendees.personId))
    .where(inArray(meetingAttendees.meetingId, [...meetingIds]))
    .orderBy(asc(persons.name), asc(persons.id))
    .limit(20_000)
  return rows.map((row) => ({ ...row, personId: toId<PersonId>(row.personId) }))
}

/** Say anew who is asked to come. */
export async function saveAttendees(
  tx: Tx,
  meeting: { readonly id: MeetingId; readonly engagementId: EngagementId; readonly audience: 'team' | 'shared' },
  personIds: readonly PersonId[],
): Promise<void> {
  await tx.delete(meetingAttendees).where(eq(meetingAttendees.meetingId, meeting.id))
  if (personIds.length === 0) return
  await tx.insert(meetingAttendees).values(
    personIds.map((personId) => ({
      engagementId: meeting.engagementId,
      meetingId: meeting.id,
      audience: meeting.audience,
      personId,
    })),
  )
}

export interface CorrectionRow {
  readonly id: string
  readonly text: string
  readonly writtenByName: string
  readonly at: Date
}

/** What was corrected after the minutes were closed, oldest first. */
export async function listCorrections(tx: Tx, meetingId: MeetingId): Promise<CorrectionRow[]> {
  return tx
    .select({
      id: meetingCorrections.id,
      text: meetingCorrections.text,
      writtenByName: persons.name,
      at: meetingCorrections.at,
    })
    .from(meetingCorrections)
    .innerJoin(persons, eq(persons.id, meetingCorrections.writtenBy))
    .where(eq(meetingCorrections.meetingId, meetingId))
    .orderBy(asc(meetingCorrections.at), asc(meetingCorrections.id))
    .limit(500)
}

export async function insertCorrection(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    meetingId: MeetingId
    audience: 'team' | 'shared'
    text: string
    writtenBy: PersonId
    at: Date
  },
): Promise<void> {
  await tx.insert(meetingCorrections).values(row)
}

import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, MeetingId } from '#app/domain/ids.ts'
import type { PointSubject } from '#app/domain/meeting.ts'
import { meetingPoints } from '../schema/meetings.ts'
import type { Tx } from '../types.ts'

export interface PointRow {
  readonly id: string
  readonly meetingId: string
  readonly position: number
  readonly text: string
  readonly subject: PointSubject
  readonly subjectId: string | null
  readonly minutes: string
  readonly version: number
}

const pointColumns = {
  id: meetingPoints.id,
  meetingId: meetingPoints.meetingId,
  position: meetingPoints.position,
  text: meetingPoints.text,
  subject: meetingPoints.subject,
  subjectId: meetingPoints.subjectId,
  minutes: meetingPoints.minutes,
  version: meetingPoints.version,
}

/** The agendas of meetings with their minutes, in order. */
export async function listPoints(tx: Tx, meetingIds: readonly MeetingId[]): Promise<PointRow[]> {
  if (meetingIds.length === 0) return []
  return tx
    .select(pointColumns)
    .from(meetingPoints)
    .where(inArray(meetingPoints.meetingId, [...meetingIds]))
    .orderBy(asc(meetingPoints.position), asc(meetingPoints.id))
    .limit(20_000)
}

/** @throws AppError `not_found` */
export async function getPoint(tx: Tx, meetingId: MeetingId, id: string): Promise<PointRow> {
  const [row] = await tx
    .select(pointColumns)
    .from(meetingPoints)
    .where(and(eq(meetingPoints.meetingId, meetingId), eq(meetingPoints.id, id)))
  return found(row, 'This point')
}

export interface NewPoint {
  readonly id: string
  readonly text: string
  readonly subject: PointSubject
  readonly subjectId: string | null
}

/** Put points at the end of an agenda; one about a thing that is on it already is left out. The engagement must be locked. */
export async function insertPoints(
  tx: Tx,
  meeting: { readonly id: MeetingId; readonly engagementId: EngagementId; readonly audience: 'team' | 'shared' },
  points: readonly NewPoint[],
): Promise<void> {
  if (points.length === 0) return
  const [last] = await tx
    .select({ position: sql<number>`coalesce(max(${meetingPoints.position}), 0)::int` })
    .from(meetingPoints)
    .where(eq(meetingPoints.meetingId, meeting.id))
  await tx
    .insert(meetingPoints)
    .values(
      points.map((point, index) => ({
        ...point,
        engagementId: meeting.engagementId,
        meetingId: meeting.id,
        audience: meeting.audience,
        position: (last?.position ?? 0) + index + 1,
      })),
    )
    .onConflictDoNothing()
}

/** @returns false when another text was saved since `version` */
export async function savePoint(
  tx: Tx,
  point: { readonly id: string; readonly version: number; readonly text: string; readonly minutes: string },
): Promise<boolean> {
  const saved = await tx
    .update(meetingPoints)
    .set({ text: point.text, minutes: point.minutes, version: point.version + 1 })
    .where(and(eq(meetingPoints.id, point.id), eq(meetingPoints.version, point.version)))
    .returning({ id: meetingPoints.id })
  return saved.length > 0
}

export async function deletePoint(tx: Tx, meetingId: MeetingId, id: string): Promise<void> {
  await tx.delete(meetingPoints).where(and(eq(meetingPoints.meetingId, meetingId), eq(meetingPoints.id, id)))
}

export interface OpenItem {
  readonly subject: Exclude<PointSubject, 'own'>
  readonly subjectId: string
  readonly text: string
}

const PROPOSED_MAX = 30

/**
 * What is open and not on the agenda yet: sign-offs that wait, asks without an answer, entries of the registers that are due
 * by the meeting, changes that wait. For a shared meeting only what the client sees as well.
 */
export async function listOpenItems(
  tx: Tx,
  engagementId: EngagementId,
  meeting: { readonly id: MeetingId; readonly audience: 'team' | 'shared'; readonly startsAt: Date },
): Promise<OpenItem[]> {
  const isTeam = meeting.audience === 'team'
  const rows = await tx.execute<{ subject: OpenItem['subject']; id: string; words: string }>(sql`
    with open as (
      select 1 as rank, 'sign_off' as subject, id, title as words, sent_at as since from sign_offs
      where engagement_id = ${engagementId} and state in ('collecting_feedback', 'awaiting_approval', 'suspended')
        and subject_type <> 'change_request'
      union all
      select 2, 'change', id, 'Change ' || number || ': ' || (content ->> 'title'), created_at from change_requests
      where engagement_id = ${engagementId} and (state = 'proposed' or (${isTeam} and state = 'draft'))
      union all
      select 3, 'ask', id, text, asked_at from asks where engagement_id = ${engagementId} and answered_at is null
      union all
      select 4, 'register_item', id, key || ' ' || title, due::timestamptz from register_items
      where engagement_id = ${engagementId} and state in ('open', 'unvalidated', 'expired')
        and due <= (${meeting.startsAt.toISOString()}::timestamptz)::date and (${isTeam} or audience = 'shared')
    )
    select subject, id, left(words, 300) as words from open
    where not exists (select from meeting_points p where p.meeting_id = ${meeting.id} and p.subject_id = open.id)
    order by rank, since, id limit ${PROPOSED_MAX}`)
  return [...rows].map(({ subject, id, words }) => ({
    subject,
    subjectId: id,
    text: words.replaceAll(/\s+/g, ' ').trim(),
  }))
}

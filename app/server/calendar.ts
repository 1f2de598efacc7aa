import { calendarText } from '#app/domain/calendar.ts'
import { paths } from '#app/paths.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import type { MeetingRow } from '#db/queries/meetings.ts'
import { listPoints } from '#db/queries/agendas.ts'
import type { Tx } from '#db/types.ts'

/** Meetings of an engagement as a calendar file, without the addresses of those who come. */
export async function calendarResponse(
  tx: Tx,
  input: {
    readonly engagement: EngagementRow
    readonly meetings: readonly MeetingRow[]
    readonly origin: string
    readonly now: Date
    readonly fileName: string
  },
): Promise<Response> {
  const { engagement, meetings, origin, now, fileName } = input
  const points = await listPoints(
    tx,
    meetings.map(({ id }) => id),
  )
  const entries = meetings.map((meeting) => ({
    ...meeting,
    url: `${origin}${paths.meeting(engagement.id, meeting.id)}`,
    agenda: points.filter((point) => point.meetingId === meeting.id).map((point) => point.text),
    organizer: null,
  }))
  return new Response(calendarText(entries, { method: 'publish', name: engagement.name }, now), {
    headers: {
      'content-type': 'text/calendar; charset=utf-8; method=PUBLISH',
      'content-disposition': `attachment; filename="${fileName}"`,
      'cache-control': 'private, no-store',
    },
  })
}

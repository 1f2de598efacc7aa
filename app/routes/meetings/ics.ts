import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { calendarResponse } from '#app/server/calendar.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getMeeting } from '#db/queries/meetings.ts'

export const handle = { policy: 'engagement' }

/** One meeting as a calendar file. */
export const loader = engagementLoader(async ({ tx, engagement, params, portal, now }) => {
  const meeting = await getMeeting(tx, engagement.id, toId<MeetingId>(params['meetingId']))
  const fileName = `${engagement.code}-meeting.ics`
  return calendarResponse(tx, { engagement, meetings: [meeting], origin: portal.deps.publicOrigin, now, fileName })
})

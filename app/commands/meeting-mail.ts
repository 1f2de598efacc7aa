import type { PersonActor } from '#app/domain/actor.ts'
import type { CalendarEntry } from '#app/domain/calendar.ts'
import { calendarText } from '#app/domain/calendar.ts'
import { paths } from '#app/paths.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import type { Attendee, MeetingRow } from '#db/queries/meetings.ts'
import { listPoints } from '#db/queries/agendas.ts'
import type { Tx } from '#db/types.ts'
import { queueMail } from './accounts.ts'
import type { CommandContext } from './context.ts'

type News = 'planned' | 'changed' | 'not_asked' | 'cancelled'

const SUBJECT: Readonly<Record<News, string>> = {
  planned: 'Meeting',
  changed: 'Meeting changed',
  not_asked: 'You need not come',
  cancelled: 'Meeting cancelled',
}

/** Mail each attendee but the actor what is new about a meeting, with an entry for their calendar. One that is over is not told of. */
export async function tellAttendees(
  tx: Tx,
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagement: EngagementRow
    readonly meeting: MeetingRow
    readonly to: readonly Attendee[]
    readonly news: News
    readonly origin: string
  },
): Promise<void> {
  const { engagement, meeting, news, origin } = input
  if (meeting.startsAt.getTime() + meeting.lengthMinutes * 60_000 < ctx.now.getTime()) return
  const agenda = (await listPoints(tx, [meeting.id])).map((point) => point.text)
  const url = `${origin}${paths.meeting(engagement.id, meeting.id)}`
  const entry: CalendarEntry = {
    ...meeting,
    agenda,
    url,
    organizer: { name: meeting.plannedByName, email: meeting.plannedByEmail },
  }
  const when = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: meeting.timeZone,
  }).format(meeting.startsAt)
  for (const attendee of input.to) {
    if (attendee.personId === ctx.actor.personId) continue
    const method = news === 'planned' || news === 'changed' ? 'request' : 'cancel'
    await queueMail(tx, {
      to: attendee,
      subject: `${SUBJECT[news]}: ${meeting.title}`,
      body: [
        `${meeting.title}, ${engagement.name}`,
        `${when} (${meeting.timeZone}), ${String(meeting.lengthMinutes)} minutes`,
        ...(meeting.place === '' ? [] : [`Where: ${meeting.place}`]),
        ...(news === 'cancelled' ? [`It was cancelled: ${meeting.stateReason}`] : []),
        ...(news === 'not_asked' ? ['You are no longer asked to come.'] : []),
        ...(method === 'request' && agenda.length > 0 ? ['', 'Agenda:', ...agenda.map((point) => `- ${point}`)] : []),
      ].join('\n'),
      links: news === 'not_asked' ? [] : [{ label: 'Open the meeting', url }],
      calendar: calendarText([entry], { method, attendee }, ctx.now),
      now: ctx.now,
    })
  }
}

import { Link } from '@remix-run/react'
import type { MeetingState } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { Visibility } from '#app/ui/badge.tsx'
import { Time } from '#app/ui/time.tsx'
import { MeetingBadge } from './meeting-badge.tsx'

/** Meetings, each with when, how long and where. */
export function MeetingList({
  meetings,
  engagementId,
  zone,
}: {
  meetings: readonly {
    readonly id: string
    readonly title: string
    readonly startsAt: Date
    readonly lengthMinutes: number
    readonly place: string
    readonly state: MeetingState
    readonly stateReason: string
    readonly audience: 'team' | 'shared'
  }[]
  engagementId: string
  zone: string
}) {
  return (
    <ul className="grid gap-2">
      {meetings.map((meeting) => (
        <li key={meeting.id} className="rounded-md border border-line bg-surface px-3 py-2">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Link to={paths.meeting(engagementId, meeting.id)} className="font-semibold">
              {meeting.title}
            </Link>
            <MeetingBadge state={meeting.state} />
            <Visibility sharedWith={meeting.audience === 'shared' ? 'client' : 'team'} />
          </p>
          <p className="text-sm text-muted wrap-anywhere">
            <Time at={meeting.startsAt} zone={zone} /> · {meeting.lengthMinutes} min
            {meeting.place === '' ? '' : ` · ${meeting.place}`}
            {meeting.stateReason === '' ? '' : ` · ${meeting.stateReason}`}
          </p>
        </li>
      ))}
    </ul>
  )
}

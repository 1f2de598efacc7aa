import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { meetingRefusal, readMeetingCursor } from '#app/domain/meeting.ts'
import { MeetingList } from '#app/features/meetings/meeting-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listComingMeetings, listPastMeetings } from '#db/queries/meetings.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Meetings · Throughline' }]

const SHOWN_MAX = 50

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, now, url }) => {
  const before = readMeetingCursor(url.searchParams.get('before'))
  return {
    engagementId,
    zone: actor.timeZone,
    coming: before === null ? await listComingMeetings(tx, engagementId, now) : [],
    past: await listPastMeetings(tx, engagementId, { now, before, limit: SHOWN_MAX }),
    isFirstPage: before === null,
    mayPlan: meetingRefusal(standing) === null,
  }
})

export default function Meetings() {
  const { engagementId, zone, coming, past, isFirstPage, mayPlan } = useLoaderData<typeof loader>()
  const last = past.at(-1)
  const plan = (
    <LinkButton to={paths.newMeeting(engagementId)} look="primary">
      Plan a meeting
    </LinkButton>
  )
  return (
    <>
      <PageHeader
        title="When do we talk, and what was said?"
        verdict={
          coming.length === 0
            ? 'No meeting is planned.'
            : `${String(coming.length)} ${coming.length === 1 ? 'meeting is' : 'meetings are'} planned or waits for its minutes.`
        }
        action={mayPlan ? plan : undefined}
      />
      {!isFirstPage ? null : (
        <Section title="Coming" aside={<Link to={paths.calendarLinks(engagementId)}>In your calendar</Link>}>
          {coming.length === 0 ? (
            <EmptyState title="Nothing is planned">
              A meeting begins with what is open, and what is decided in it stands in the registers.
            </EmptyState>
          ) : (
            <MeetingList meetings={coming} engagementId={engagementId} zone={zone} />
          )}
        </Section>
      )}
      <Section title="Past">
        {past.length === 0 ? (
          <p className="text-muted">No meeting was held or cancelled yet.</p>
        ) : (
          <MeetingList meetings={past} engagementId={engagementId} zone={zone} />
        )}
        {last === undefined || past.length < SHOWN_MAX ? null : (
          <p className="mt-3">
            <Link to={`?before=${new Date(last.startsAt).toISOString()}_${last.id}`}>Earlier meetings</Link>
          </p>
        )}
      </Section>
    </>
  )
}

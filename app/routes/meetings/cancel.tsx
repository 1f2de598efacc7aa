import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { cancelMeeting } from '#app/commands/meetings.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { MeetingReasonForm, meetingRefusal, openMeetingRefusal } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getMeeting } from '#db/queries/meetings.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Cancel a meeting · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const meeting = await getMeeting(tx, engagementId, toId<MeetingId>(params['meetingId']))
  const refusal = meetingRefusal(standing) ?? openMeetingRefusal(meeting.state)
  return { engagementId, meeting, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(MeetingReasonForm, async ({ ctx, engagementId, params, form, portal }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  await cancelMeeting(ctx, { engagementId, meetingId, reason: form.reason, origin: portal.deps.publicOrigin })
  return redirect(paths.meeting(engagementId, meetingId))
})

export default function CancelMeeting() {
  const { engagementId, meeting, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Meetings', to: paths.meetings(engagementId) },
          { label: meeting.title, to: paths.meeting(engagementId, meeting.id) },
        ]}
        title="Cancel the meeting"
        verdict="Whoever was asked to come is told, with the reason. The meeting stays in the list as cancelled."
      />
      <AskReason
        state={problemOf(useActionData<typeof action>())}
        verb="Cancel it"
        look="danger"
        disabledReason={refusal}
      />
    </>
  )
}

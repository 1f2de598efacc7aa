import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { changeMeeting } from '#app/commands/meetings.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { MeetingChangeForm, MeetingForm, meetingRefusal, openMeetingRefusal } from '#app/domain/meeting.ts'
import { wallClockOf } from '#app/domain/zone.ts'
import { MeetingFields } from '#app/features/meetings/meeting-fields.tsx'
import { paths } from '#app/paths.ts'
import { inviteesOf } from '#app/server/invitees.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getMeeting, listAttendees } from '#db/queries/meetings.ts'
import { listSeats } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Change a meeting · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const meeting = await getMeeting(tx, engagementId, toId<MeetingId>(params['meetingId']))
  const refusal = meetingRefusal(standing) ?? openMeetingRefusal(meeting.state)
  return {
    engagementId,
    meeting,
    start: wallClockOf(meeting.startsAt, meeting.timeZone),
    invitees: inviteesOf(await listSeats(tx, engagementId)),
    asked: (await listAttendees(tx, [meeting.id])).map(({ personId }) => personId),
    refusal: refusal?.reason ?? null,
  }
})

export const action = engagementAction(MeetingForm.and(MeetingChangeForm), async (door) => {
  const { ctx, engagementId, params, portal } = door
  const { sequence, ...form } = door.form
  const meetingId = toId<MeetingId>(params['meetingId'])
  await changeMeeting(ctx, { engagementId, meetingId, sequence, form, origin: portal.deps.publicOrigin })
  return redirect(paths.meeting(engagementId, meetingId))
})

export default function EditMeeting() {
  const { engagementId, meeting, start, invitees, asked, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Meetings', to: paths.meetings(engagementId) },
          { label: meeting.title, to: paths.meeting(engagementId, meeting.id) },
        ]}
        title="Change the meeting"
        verdict="Whoever is asked to come hears of it, with the change for their calendar."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <HiddenField name="sequence" value={String(meeting.sequence)} />
        <MeetingFields given={{ ...meeting, start }} invitees={invitees} asked={asked} />
        <SubmitButton disabledReason={refusal}>Change it and tell them</SubmitButton>
      </PostForm>
    </>
  )
}

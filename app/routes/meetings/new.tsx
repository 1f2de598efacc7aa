import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { planMeeting } from '#app/commands/meetings.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { AudienceForm, MeetingForm, meetingRefusal } from '#app/domain/meeting.ts'
import { wallClockOf } from '#app/domain/zone.ts'
import { MeetingFields } from '#app/features/meetings/meeting-fields.tsx'
import { paths } from '#app/paths.ts'
import { inviteesOf } from '#app/server/invitees.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf, RadioGroup } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { newId } from '#db/new-id.ts'
import { listSeats } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Plan a meeting · Throughline' }]

const DAY_MS = 86_400_000

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, now }) => ({
  engagementId,
  meetingId: newId<MeetingId>(),
  start: `${wallClockOf(new Date(now.getTime() + DAY_MS), actor.timeZone).slice(0, 10)}T10:00`,
  timeZone: actor.timeZone,
  invitees: inviteesOf(await listSeats(tx, engagementId)),
  refusal: meetingRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(MeetingForm.and(AudienceForm), async ({ ctx, engagementId, form, portal }) => {
  const { audience, meetingId: id, ...meeting } = form
  const meetingId = toId<MeetingId>(id)
  await planMeeting(ctx, { engagementId, meetingId, audience, form: meeting, origin: portal.deps.publicOrigin })
  return redirect(paths.meeting(engagementId, meetingId))
})

export default function NewMeeting() {
  const { engagementId, meetingId, start, timeZone, invitees, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Meetings', to: paths.meetings(engagementId) }]}
        title="When do we talk?"
        verdict="What is open comes on the agenda by itself; each point can be taken off again."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <HiddenField name="meetingId" value={meetingId} />
        <RadioGroup
          name="audience"
          label="Who sees it"
          hint="This stays as it is: points of the team’s own must not come before the client later."
          defaultValue="shared"
          options={[
            { value: 'shared', label: 'The team and the client' },
            { value: 'team', label: 'The team only', hint: 'Only people of the team can be asked.' },
          ]}
        />
        <MeetingFields
          given={{ title: '', start, timeZone, lengthMinutes: 60, place: '' }}
          invitees={invitees}
          asked={invitees.map((person) => person.personId)}
        />
        <SubmitButton disabledReason={refusal}>Plan it and tell them</SubmitButton>
      </PostForm>
    </>
  )
}

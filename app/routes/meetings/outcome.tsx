import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { recordOutcome } from '#app/commands/minutes.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { meetingRefusal, openMeetingRefusal, OutcomeForm } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { inviteesOf } from '#app/server/invitees.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, SelectField, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getPoint } from '#db/queries/agendas.ts'
import { getMeeting } from '#db/queries/meetings.ts'
import { listSeats } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'What came of it · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const meeting = await getMeeting(tx, engagementId, toId<MeetingId>(params['meetingId']))
  const refusal = meetingRefusal(standing) ?? openMeetingRefusal(meeting.state)
  return {
    engagementId,
    meeting,
    point: await getPoint(tx, meeting.id, toId(params['pointId'])),
    people: inviteesOf(await listSeats(tx, engagementId)),
    refusal: refusal?.reason ?? null,
  }
})

export const action = engagementAction(OutcomeForm, async ({ ctx, engagementId, params, form }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  await recordOutcome(ctx, { engagementId, meetingId, pointId: toId(params['pointId']), form })
  return redirect(paths.meeting(engagementId, meetingId))
})

export default function RecordOutcome() {
  const { engagementId, meeting, point, people, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Meetings', to: paths.meetings(engagementId) },
          { label: meeting.title, to: paths.meeting(engagementId, meeting.id) },
        ]}
        title="What came of it?"
        verdict={`Under “${point.text}”. It goes into the registers, seen by ${meeting.audience === 'shared' ? 'the team and the client' : 'the team only'}.`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <RadioGroup
          name="kind"
          label="It is"
          defaultValue="action"
          options={[
            { value: 'action', label: 'An action', hint: 'Somebody does something by a day.' },
            {
              value: 'decision',
              label: 'A decision',
              hint: 'It holds from here on. What is signed is signed elsewhere.',
            },
          ]}
        />
        <TextField name="title" label="What was decided or is to be done" />
        <TextArea name="body" label="Description" rows={3} optional />
        <SelectField
          name="ownerId"
          label="Who answers for it"
          empty="Choose a person"
          options={people.map((person) => ({
            value: person.personId,
            label: `${person.name}, ${person.organisation}`,
          }))}
        />
        <TextField name="due" label="Due" type="date" optional />
        <SubmitButton disabledReason={refusal}>Write it down</SubmitButton>
      </PostForm>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { writeMinutes } from '#app/commands/minutes.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { meetingRefusal, MinutesForm, openMeetingRefusal } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { getPoint } from '#db/queries/agendas.ts'
import { getMeeting } from '#db/queries/meetings.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Minutes · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const meeting = await getMeeting(tx, engagementId, toId<MeetingId>(params['meetingId']))
  const refusal = meetingRefusal(standing) ?? openMeetingRefusal(meeting.state)
  const point = await getPoint(tx, meeting.id, toId(params['pointId']))
  return { engagementId, meeting, point, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(MinutesForm, async ({ ctx, engagementId, params, form }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  await writeMinutes(ctx, { engagementId, meetingId, pointId: toId(params['pointId']), ...form })
  return redirect(paths.meeting(engagementId, meetingId))
})

export default function Point() {
  const { engagementId, meeting, point, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const isStale = problem !== null && problem.values['version'] !== String(point.version)
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Meetings', to: paths.meetings(engagementId) },
          { label: meeting.title, to: paths.meeting(engagementId, meeting.id) },
        ]}
        title="What was said?"
      />
      {!isStale ? null : (
        <Section title={`As it is saved now: ${point.text}`}>
          {point.minutes === '' ? <p className="text-muted">Nothing is written.</p> : <Prose text={point.minutes} />}
        </Section>
      )}
      <PostForm state={problem}>
        <HiddenField name="version" value={String(point.version)} />
        <TextField name="text" label="Point" defaultValue={point.text} />
        <TextArea
          name="minutes"
          label="Minutes"
          hint="Lists, emphasis and links as in Markdown."
          rows={10}
          defaultValue={point.minutes}
          optional
        />
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}

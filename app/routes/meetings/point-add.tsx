import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { addPoint } from '#app/commands/minutes.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { PointForm } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'A point of your own · Throughline' }]

export const loader = verbLoader((params) => paths.meeting(params['engagementId'] ?? '', params['meetingId'] ?? ''))

export const action = engagementAction(PointForm, async ({ ctx, engagementId, params, form }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  await addPoint(ctx, { engagementId, meetingId, ...form })
  return redirect(paths.meeting(engagementId, meetingId))
})

/** What the form on the meeting's page comes back with when it was not accepted. */
export default function AddPoint() {
  const { engagementId = '', meetingId = '' } = useParams()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'The meeting', to: paths.meeting(engagementId, meetingId) }]}
        title="A point of your own"
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextField name="text" label="The point" />
        <SubmitButton>Put it on the agenda</SubmitButton>
      </PostForm>
    </>
  )
}

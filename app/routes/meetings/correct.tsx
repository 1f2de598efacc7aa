import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { correctMinutes } from '#app/commands/meetings.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { CorrectionForm } from '#app/domain/meeting.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Correct the minutes · Throughline' }]

export const loader = verbLoader((params) => paths.meeting(params['engagementId'] ?? '', params['meetingId'] ?? ''))

export const action = engagementAction(CorrectionForm, async ({ ctx, engagementId, params, form }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  await correctMinutes(ctx, { engagementId, meetingId, ...form })
  return redirect(paths.meeting(engagementId, meetingId))
})

/** What the form on the meeting's page comes back with when it was not accepted. */
export default function CorrectMinutes() {
  const { engagementId = '', meetingId = '' } = useParams()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'The meeting', to: paths.meeting(engagementId, meetingId) }]}
        title="Correct the minutes"
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextArea name="text" label="What is wrong in the minutes, and what is right" />
        <SubmitButton>Add the correction</SubmitButton>
      </PostForm>
    </>
  )
}

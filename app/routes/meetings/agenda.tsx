import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { proposePoints } from '#app/commands/minutes.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.meeting(params['engagementId'] ?? '', params['meetingId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const meetingId = toId<MeetingId>(params['meetingId'])
  const count = await proposePoints(ctx, { engagementId, meetingId })
  return redirect(`${paths.meeting(engagementId, meetingId)}?added=${String(count)}`)
})

export default function ProposePoints() {
  const { engagementId = '', meetingId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.meeting(engagementId, meetingId)}
      backLabel="Back to the meeting"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { pauseSchedule } from '#app/commands/schedules.ts'
import type { ScheduleId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.schedule(params['engagementId'] ?? '', params['scheduleId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const scheduleId = toId<ScheduleId>(params['scheduleId'])
  await pauseSchedule(ctx, { engagementId, scheduleId, isPaused: false })
  return redirect(paths.schedule(engagementId, scheduleId))
})

export default function ResumeSchedule() {
  const { engagementId = '', scheduleId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.schedule(engagementId, scheduleId)}
      backLabel="Back to the schedule"
    />
  )
}

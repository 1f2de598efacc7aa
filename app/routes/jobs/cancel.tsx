import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { cancelJob } from '#app/commands/jobs.ts'
import type { JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.jobs(params['engagementId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const jobId = toId<JobId>(params['jobId'])
  await cancelJob(ctx, { engagementId, jobId })
  return redirect(paths.job(engagementId, jobId))
})

export default function CancelJob() {
  const { engagementId = '', jobId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.job(engagementId, jobId)}
      backLabel="Back to the job"
    />
  )
}

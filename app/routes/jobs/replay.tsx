import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { replayJob } from '#app/commands/jobs.ts'
import type { JobId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.jobs(params['engagementId'] ?? ''))

export const action = engagementAction(
  z.object({ requestKey: z.uuid() }),
  async ({ ctx, engagementId, params, form }) => {
    const jobId = toId<JobId>(params['jobId'])
    const replayId = await replayJob(ctx, { engagementId, jobId, idempotencyKey: form.requestKey })
    return redirect(paths.job(engagementId, replayId))
  },
)

export default function ReplayJob() {
  const { engagementId = '', jobId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.job(engagementId, jobId)}
      backLabel="Back to the job"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { startTimer, stopTimer } from '#app/commands/work.ts'
import { prose } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.work(params['engagementId'] ?? ''))

const TimerForm = z.object({ verb: z.enum(['start', 'stop']), note: prose(500, 'The note').default('') })

export const action = engagementAction(TimerForm, async ({ ctx, engagementId, form }) => {
  if (form.verb === 'start') await startTimer(ctx, { engagementId, note: form.note })
  else await stopTimer(ctx, { note: form.note })
  return redirect(paths.work(engagementId))
})

export default function Timer() {
  const { engagementId = '' } = useParams()
  const problem = problemOf(useActionData<typeof action>())
  const said = problem && { ...problem, message: problem.message ?? Object.values(problem.errors)[0] ?? null }
  return <RefusedVerb state={said} backTo={paths.work(engagementId)} backLabel="Back to the work" />
}

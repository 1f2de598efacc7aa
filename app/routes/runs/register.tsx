import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { registerRunModel } from '#app/commands/models.ts'
import { toRunId } from '#app/domain/ids.ts'
import { line } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.run(params['engagementId'] ?? '', params['runId'] ?? ''))

const RegisterForm = z.object({
  name: line(200, 'A name').refine((name) => !/[/:]/.test(name), 'A model’s name holds neither “/” nor “:”.'),
})

export const action = engagementAction(RegisterForm, async ({ ctx, engagementId, params, form }) => {
  const versionId = await registerRunModel(ctx, { engagementId, runId: toRunId(params['runId']), name: form.name })
  return redirect(paths.modelVersion(engagementId, versionId))
})

export default function Register() {
  const { engagementId = '', runId = '' } = useParams()
  const problem = problemOf(useActionData<typeof action>())
  const said = problem && { ...problem, message: problem.message ?? Object.values(problem.errors)[0] ?? null }
  return <RefusedVerb state={said} backTo={paths.run(engagementId, runId)} backLabel="Back to the run" />
}

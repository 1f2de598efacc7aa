import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { sendProblem } from '#app/commands/problems.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.definition(params['engagementId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, portal }) => {
  const signOffId = await sendProblem(ctx, { engagementId, origin: portal.deps.publicOrigin })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function SendProblem() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.definition(engagementId)}
      backLabel="Back to the definition"
    />
  )
}

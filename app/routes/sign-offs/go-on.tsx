import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { goOnWithoutFeedback } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.signOff(params['engagementId'] ?? '', params['signOffId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await goOnWithoutFeedback(ctx, { engagementId, signOffId, origin: portal.deps.publicOrigin })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function GoOn() {
  const { engagementId = '', signOffId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.signOff(engagementId, signOffId)}
      backLabel="Back to the sign-off"
    />
  )
}

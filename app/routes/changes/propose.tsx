import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { proposeChange } from '#app/commands/changes.ts'
import { found } from '#app/domain/errors.ts'
import { isId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.change(params['engagementId'] ?? '', params['changeId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params, portal }) => {
  const asked = params['changeId'] ?? ''
  const changeId = found(isId(asked) ? asked : null, 'This change')
  const signOffId = await proposeChange(ctx, { engagementId, changeId, origin: portal.deps.publicOrigin })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function ProposeChange() {
  const { engagementId = '', changeId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.change(engagementId, changeId)}
      backLabel="Back to the change"
    />
  )
}

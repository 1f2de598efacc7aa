import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { sendCriterion } from '#app/commands/criteria.ts'
import type { CriterionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.definition(params['engagementId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params, portal }) => {
  const criterionId = toId<CriterionId>(params['criterionId'])
  const signOffId = await sendCriterion(ctx, { engagementId, criterionId, origin: portal.deps.publicOrigin })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function SendCriterion() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.definition(engagementId)}
      backLabel="Back to the definition"
    />
  )
}

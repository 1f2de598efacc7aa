import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { decideWaiver } from '#app/commands/gate-waivers.ts'
import type { WaiverId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { WaiverDecisionForm } from '#app/domain/gate-waiver.ts'
import { paths } from '#app/paths.ts'
import { countingFailures } from '#app/server/limits.server.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) => paths.models(params['engagementId'] ?? ''))

export const action = engagementAction(WaiverDecisionForm, async ({ ctx, engagementId, params, form, portal }) => {
  const waiverId = toId<WaiverId>(params['waiverId'])
  const versionId = await countingFailures(portal, { actor: ctx.actor, password: form.password }, () =>
    decideWaiver(ctx, { engagementId, waiverId, ...form }),
  )
  return redirect(paths.modelVersion(engagementId, versionId))
})

export default function WaiverDecision() {
  const { engagementId = '' } = useParams()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <RefusedVerb
      state={problem && { ...problem, message: problem.message ?? problem.errors['password'] ?? null }}
      backTo={paths.models(engagementId)}
      backLabel="Back to the models"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { decideWaiver } from '#app/commands/gate-waivers.ts'
import type { WaiverId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) => paths.models(params['engagementId'] ?? ''))

export const action = engagementAction(
  z.object({ outcome: z.enum(['granted', 'refused'], { error: 'Grant or refuse it.' }) }),
  async ({ ctx, engagementId, params, form }) => {
    const waiverId = toId<WaiverId>(params['waiverId'])
    const versionId = await decideWaiver(ctx, { engagementId, waiverId, outcome: form.outcome })
    return redirect(paths.modelVersion(engagementId, versionId))
  },
)

export default function WaiverDecision() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.models(engagementId)}
      backLabel="Back to the models"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { cancelRetraining } from '#app/commands/retrainings.ts'
import type { RetrainingId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) =>
  paths.retraining(params['engagementId'] ?? '', params['retrainingId'] ?? ''),
)

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const retrainingId = toId<RetrainingId>(params['retrainingId'])
  await cancelRetraining(ctx, { engagementId, retrainingId })
  return redirect(paths.retraining(engagementId, retrainingId))
})

export default function CancelRetraining() {
  const { engagementId = '', retrainingId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.retraining(engagementId, retrainingId)}
      backLabel="Back to the retraining"
    />
  )
}

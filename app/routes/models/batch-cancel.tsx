import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { cancelBatch } from '#app/commands/prediction-batches.ts'
import type { BatchId, EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) => paths.answers(params['engagementId'] ?? '', params['endpointId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  const batchId = toId<BatchId>(params['batchId'])
  await cancelBatch(ctx, { engagementId, endpointId, batchId })
  return redirect(paths.batch(engagementId, endpointId, batchId))
})

export default function CancelBatch() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.answers(engagementId, endpointId)}
      backLabel="Back to the answers"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { recordTruth } from '#app/commands/prediction-batches.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { TruthForm } from '#app/domain/prediction-batch.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) => paths.answers(params['engagementId'] ?? '', params['endpointId'] ?? ''))

/** Also where it was told, to come back to it. */
const Told = TruthForm.extend({ batchId: z.uuid().optional(), from: z.coerce.number().int().min(0).optional() })

export const action = engagementAction(Told, async ({ ctx, engagementId, params, form }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  const { requestId, row, value } = form
  await recordTruth(ctx, { engagementId, endpointId, requestId, row, value })
  return redirect(
    form.batchId === undefined
      ? `${paths.answers(engagementId, endpointId)}?told=1`
      : `${paths.batch(engagementId, endpointId, form.batchId)}?from=${String(form.from ?? 0)}`,
  )
})

export default function Truth() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.answers(engagementId, endpointId)}
      backLabel="Back to the answers"
    />
  )
}

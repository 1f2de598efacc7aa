import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { rollBack } from '#app/commands/deployments.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'engagement' }

export const loader = verbLoader((params) => paths.endpoint(params['engagementId'] ?? '', params['endpointId'] ?? ''))

export const action = engagementAction(
  z.object({ liveRevision: z.coerce.number().int() }),
  async ({ ctx, engagementId, params, form }) => {
    const endpointId = toId<EndpointId>(params['endpointId'])
    await rollBack(ctx, { engagementId, endpointId, liveRevision: form.liveRevision })
    return redirect(paths.endpoint(engagementId, endpointId))
  },
)

export default function RollBack() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.endpoint(engagementId, endpointId)}
      backLabel="Back to the endpoint"
    />
  )
}

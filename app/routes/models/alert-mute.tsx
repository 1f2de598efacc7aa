import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { muteOpenAlert } from '#app/commands/monitoring.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.monitoring(params['engagementId'] ?? '', params['endpointId'] ?? ''))

export const action = engagementAction(
  z.object({ hours: z.coerce.number().int().min(1).max(168).default(24) }),
  async ({ ctx, engagementId, params, form }) => {
    const endpointId = toId<EndpointId>(params['endpointId'])
    await muteOpenAlert(ctx, { engagementId, endpointId, alertId: toId(params['alertId']), hours: form.hours })
    return redirect(paths.monitoring(engagementId, endpointId))
  },
)

export default function MuteAlert() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.monitoring(engagementId, endpointId)}
      backLabel="Back to the monitor"
    />
  )
}

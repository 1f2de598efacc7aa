import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { removeAlertRule } from '#app/commands/monitoring.ts'
import type { EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.monitoring(params['engagementId'] ?? '', params['endpointId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const endpointId = toId<EndpointId>(params['endpointId'])
  await removeAlertRule(ctx, { engagementId, endpointId, ruleId: toId(params['ruleId']) })
  return redirect(paths.monitoring(engagementId, endpointId))
})

export default function EndAlertRule() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.monitoring(engagementId, endpointId)}
      backLabel="Back to the monitor"
    />
  )
}

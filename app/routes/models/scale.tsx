import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { scaleRevision } from '#app/commands/scaling.ts'
import type { DeploymentId, EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ReplicaCount } from '#app/domain/serving-engine.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.endpoint(params['engagementId'] ?? '', params['endpointId'] ?? ''))

export const action = engagementAction(
  z.object({ replicas: ReplicaCount }),
  async ({ ctx, engagementId, params, form }) => {
    const endpointId = toId<EndpointId>(params['endpointId'])
    const deploymentId = toId<DeploymentId>(params['deploymentId'])
    await scaleRevision(ctx, { engagementId, endpointId, deploymentId, replicas: form.replicas })
    return redirect(paths.endpoint(engagementId, endpointId))
  },
)

export default function Scale() {
  const { engagementId = '', endpointId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.endpoint(engagementId, endpointId)}
      backLabel="Back to the endpoint"
    />
  )
}

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { deployModelVersion } from '#app/commands/deployments.ts'
import { DEPLOYMENT_MODES } from '#app/domain/deployment.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { engineOrder, PlacementLines, ReplicaCount, SERVING_ENGINES } from '#app/domain/serving-engine.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) =>
  paths.modelVersion(params['engagementId'] ?? '', params['modelVersionId'] ?? ''),
)

const DeployForm = z.object({
  mode: z.enum(DEPLOYMENT_MODES).default('replace'),
  trafficPercent: z.coerce
    .number({ error: 'Give a share in percent.' })
    .int('Give whole percents.')
    .min(1, 'At least 1 %.')
    .max(100, 'At most 100 %.')
    .default(100),
  engine: z.enum(SERVING_ENGINES).optional(),
  replicas: ReplicaCount.default(1),
  placement: PlacementLines,
})

export const action = engagementAction(DeployForm, async ({ ctx, engagementId, params, form, portal }) => {
  const modelVersionId = toId<ModelVersionId>(params['modelVersionId'])
  const { engine: asked, replicas, placement, ...how } = form
  const order = engineOrder({ asked, replicas, placement }, portal.deps.servingEngines)
  const endpointId = await deployModelVersion(ctx, { engagementId, modelVersionId, ...how, order })
  return redirect(paths.endpoint(engagementId, endpointId))
})

export default function Deploy() {
  const { engagementId = '', modelVersionId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.modelVersion(engagementId, modelVersionId)}
      backLabel="Back to the model"
    />
  )
}

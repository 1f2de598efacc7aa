import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { deployModelVersion } from '#app/commands/models.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) =>
  paths.modelVersion(params['engagementId'] ?? '', params['modelVersionId'] ?? ''),
)

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params }) => {
  const modelVersionId = toId<ModelVersionId>(params['modelVersionId'])
  return redirect(paths.endpoint(engagementId, await deployModelVersion(ctx, { engagementId, modelVersionId })))
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

import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { sendModelVersion } from '#app/commands/model-sign-offs.ts'
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

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params, portal }) => {
  const modelVersionId = toId<ModelVersionId>(params['modelVersionId'])
  const signOffId = await sendModelVersion(ctx, { engagementId, modelVersionId, origin: portal.deps.publicOrigin })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function SendModelVersion() {
  const { engagementId = '', modelVersionId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.modelVersion(engagementId, modelVersionId)}
      backLabel="Back to the model version"
    />
  )
}

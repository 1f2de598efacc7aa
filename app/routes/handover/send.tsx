import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { sendHandover } from '#app/commands/handovers.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.handover(params['engagementId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, portal }) =>
  redirect(paths.signOff(engagementId, await sendHandover(ctx, { engagementId, origin: portal.deps.publicOrigin }))),
)

export default function SendHandover() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.handover(engagementId)}
      backLabel="Back to the hand-over"
    />
  )
}

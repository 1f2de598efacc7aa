import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { z } from 'zod'
import { startViewing } from '#app/commands/viewing.ts'
import { found } from '#app/domain/errors.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.seat(params['engagementId'] ?? '', params['seatId'] ?? ''))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, params, portal }) => {
  const storedSessionId = found(await portal.storedSessionId(), 'The session')
  await startViewing(ctx, { engagementId, seatId: toId<SeatId>(params['seatId']), storedSessionId })
  return redirect(paths.engagement(engagementId))
})

export default function StartViewing() {
  const { engagementId = '', seatId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.seat(engagementId, seatId)}
      backLabel="Back to the seat"
    />
  )
}

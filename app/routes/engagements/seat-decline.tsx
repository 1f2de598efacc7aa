import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { declineSeat } from '#app/commands/seats.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { actRefusal, ReasonForm } from '#app/domain/seat.ts'
import { SeatHeader } from '#app/features/engagements/seat-header.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Decline the seat · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, actor }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  const refusal = actRefusal(seat, { kind: 'decline', by: actor.personId })
  return { engagementId, seat, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, params, form }) => {
  await declineSeat(ctx, { engagementId, seatId: toId<SeatId>(params['seatId']), ...form })
  return redirect(paths.table(engagementId))
})

export default function DeclineSeat() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <SeatHeader
        engagementId={engagementId}
        seat={seat}
        title="Decline the seat"
        verdict="The team hears of it with your reason, and asks somebody else."
      />
      <AskReason state={problem} verb="Decline" disabledReason={refusal} />
    </>
  )
}

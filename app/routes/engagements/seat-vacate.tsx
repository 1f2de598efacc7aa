import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { vacateSeat } from '#app/commands/seats.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { actRefusal, ReasonForm, seatChangeRefusal } from '#app/domain/seat.ts'
import { SeatHeader } from '#app/features/engagements/seat-header.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Leave the seat · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing, actor }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  const refusal =
    (seat.personId === actor.personId ? null : seatChangeRefusal(standing)) ?? actRefusal(seat, { kind: 'vacate' })
  return { engagementId, seat, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, params, form, portal }) => {
  await vacateSeat(ctx, {
    engagementId,
    seatId: toId<SeatId>(params['seatId']),
    ...form,
    origin: portal.deps.publicOrigin,
  })
  return redirect(paths.table(engagementId))
})

export default function VacateSeat() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <SeatHeader
        engagementId={engagementId}
        seat={seat}
        title="Leave the seat"
        verdict="What was signed stays signed; what waits for this person waits for whoever comes next."
      />
      <AskReason state={problem} verb="Leave it" disabledReason={refusal} />
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { denySeat } from '#app/commands/seats.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { actRefusal, DenyForm, seatChangeRefusal } from '#app/domain/seat.ts'
import { SeatHeader } from '#app/features/engagements/seat-header.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Who denied this seat? · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  const refusal = seatChangeRefusal(standing) ?? actRefusal(seat, { kind: 'deny' })
  return { engagementId, seat, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(DenyForm, async ({ ctx, engagementId, params, form }) => {
  await denySeat(ctx, { engagementId, seatId: toId<SeatId>(params['seatId']), ...form })
  return redirect(paths.seat(engagementId, params['seatId'] ?? ''))
})

export default function DenySeat() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <SeatHeader
        engagementId={engagementId}
        seat={seat}
        title="Who denied this seat?"
        verdict="It is kept with the date, who denied it and why, and opens a risk."
      />
      <PostForm state={problem}>
        <TextField name="deniedBy" label="Denied by" hint="Name and function of who decided it." />
        <TextArea name="reason" label="Reason" rows={3} />
        <SubmitButton disabledReason={refusal}>Record it</SubmitButton>
      </PostForm>
    </>
  )
}

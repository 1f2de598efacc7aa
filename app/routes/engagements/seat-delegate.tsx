import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { delegateSeat } from '#app/commands/seats.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { DelegateForm, delegateRefusal } from '#app/domain/seat.ts'
import { SeatHeader } from '#app/features/engagements/seat-header.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Who acts for you? · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, actor }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  const refusal = delegateRefusal(seat, actor.personId)
  return { engagementId, seat, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(DelegateForm, async ({ ctx, engagementId, params, form, portal }) => {
  await delegateSeat(ctx, {
    engagementId,
    seatId: toId<SeatId>(params['seatId']),
    ...form,
    origin: portal.deps.publicOrigin,
  })
  return redirect(paths.seat(engagementId, params['seatId'] ?? ''))
})

export default function DelegateSeat() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <SeatHeader
        engagementId={engagementId}
        seat={seat}
        title="Who acts for you?"
        verdict="For a time, a colleague of your organisation. You stay accountable; what they decide is recorded under both names."
      />
      <PostForm state={problem}>
        <TextField name="name" label="Name" />
        <TextField name="email" label="E-mail address" type="email" />
        <TextField name="until" label="Until" type="date" />
        <TextArea name="note" label="Note" rows={2} optional />
        <SubmitButton disabledReason={refusal}>Ask them</SubmitButton>
      </PostForm>
    </>
  )
}

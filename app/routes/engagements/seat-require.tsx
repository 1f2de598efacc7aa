import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { requireSeat } from '#app/commands/seats.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { RequireForm, seatChangeRefusal } from '#app/domain/seat.ts'
import { SeatHeader } from '#app/features/engagements/seat-header.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Is this seat needed? · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  const refusal = seatChangeRefusal(standing)
  return { engagementId, seat, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(RequireForm, async ({ ctx, engagementId, params, form }) => {
  await requireSeat(ctx, { engagementId, seatId: toId<SeatId>(params['seatId']), ...form })
  return redirect(paths.seat(engagementId, params['seatId'] ?? ''))
})

export default function RequireSeat() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <SeatHeader
        engagementId={engagementId}
        seat={seat}
        title="Is this seat needed?"
        verdict="Without a required seat the engagement does not become active."
      />
      <PostForm state={problem}>
        <RadioGroup
          name="required"
          label="The engagement"
          defaultValue={seat.required ? 'no' : 'yes'}
          options={[
            { value: 'yes', label: 'asks for this seat' },
            { value: 'no', label: 'does without it', hint: 'The reason stays in sight.' },
          ]}
        />
        <TextArea name="reason" label="Reason" hint="Needed to do without it." rows={3} optional />
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addSeat } from '#app/commands/seats.ts'
import { AddSeatForm, seatChangeRefusal } from '#app/domain/seat.ts'
import { SeatFields } from '#app/features/engagements/seat-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { CheckField, problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Add a seat · Throughline' }]

export const loader = engagementLoader(({ engagementId, standing }) =>
  Promise.resolve({ engagementId, refusal: seatChangeRefusal(standing)?.reason ?? null }),
)

export const action = engagementAction(AddSeatForm, async ({ ctx, engagementId, form }) =>
  redirect(paths.seat(engagementId, await addSeat(ctx, { engagementId, ...form }))),
)

export default function AddSeat() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'People', to: paths.table(engagementId) }]}
        title="Who else must be there?"
        verdict="A seat is there before the person is: everybody sees that it is open."
      />
      <PostForm state={problem}>
        <SeatFields />
        <CheckField name="required" label="Required: the engagement does not become active without it" />
        <TextField
          name="neededBy"
          label="Needed by"
          type="date"
          hint="When it becomes critical that somebody sits there."
          optional
        />
        <SubmitButton disabledReason={refusal}>Add the seat</SubmitButton>
      </PostForm>
    </>
  )
}

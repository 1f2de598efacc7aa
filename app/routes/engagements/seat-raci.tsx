import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { setSeatRaci } from '#app/commands/seats.ts'
import { RACI, RACI_WORDS, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { SeatRaciForm, seatChangeRefusal } from '#app/domain/seat.ts'
import { SIGN_OFF_SUBJECTS, SUBJECT_WORDS } from '#app/domain/subject.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, SelectField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSeat } from '#db/queries/seats.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'What a seat does · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => ({
  engagementId,
  seat: await getSeat(tx, engagementId, toId<SeatId>(params['seatId'])),
  refusal: seatChangeRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(SeatRaciForm, async ({ ctx, engagementId, params, form }) => {
  await setSeatRaci(ctx, { engagementId, seatId: toId<SeatId>(params['seatId']), ...form })
  return redirect(paths.seat(engagementId, params['seatId'] ?? ''))
})

export default function SeatRaci() {
  const { engagementId, seat, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const options = RACI.map((value) => ({ value, label: RACI_WORDS[value] }))
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'People', to: paths.table(engagementId) }]}
        title={`What does the seat “${SEAT_FUNCTION_WORDS[seat.function]}” do?`}
      />
      <PostForm state={problem}>
        <SelectField name="raci" label="In decisions" defaultValue={seat.raci} options={options} />
        {SIGN_OFF_SUBJECTS.map((kind) => (
          <SelectField
            key={kind}
            name={kind}
            label={`For ${SUBJECT_WORDS[kind]}`}
            defaultValue={seat.raciByKind[kind] ?? ''}
            empty="As above"
            options={options}
          />
        ))}
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}

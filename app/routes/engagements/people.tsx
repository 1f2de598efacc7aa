import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { giveSeat, SeatForm } from '#app/commands/engagements.ts'
import {
  inviteRefusal,
  RACI,
  RACI_WORDS,
  SEAT_FUNCTION_WORDS,
  SEAT_FUNCTIONS,
  seatSide,
} from '#app/domain/engagement.ts'
import { isStaff } from '#app/domain/actor.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/data-table.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { SelectField, TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import type { SeatRow } from '#db/queries/engagements.ts'
import { listSeats } from '#db/queries/engagements.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'People at the table · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor }) => ({
  seats: await listSeats(tx, engagementId),
  refusal: inviteRefusal(standing)?.reason ?? null,
  isOurs: isStaff(actor),
}))

export const action = engagementAction(SeatForm, async ({ ctx, engagementId, form, portal }) => {
  await giveSeat(ctx, { ...form, engagementId, origin: portal.deps.publicOrigin })
  return redirect(paths.table(engagementId))
})

const COLUMNS: readonly Column<SeatRow>[] = [
  { id: 'function', header: 'Seat', value: (row) => SEAT_FUNCTION_WORDS[row.function] },
  { id: 'person', header: 'Person', value: (row) => row.personName, cell: (row) => row.personName ?? 'Open' },
  { id: 'organisation', header: 'Organisation', value: (row) => row.organisationName },
  { id: 'raci', header: 'In decisions', value: (row) => RACI_WORDS[row.raci] },
]

export default function Table() {
  const { seats, refusal, isOurs } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const hasSigner = seats.some(
    (seat) => seat.raci === 'A' && seatSide(seat.function) === 'client' && seat.personId !== null,
  )
  return (
    <>
      <PageHeader
        title="Who is at the table?"
        verdict={
          hasSigner
            ? 'Somebody at the client is accountable, so definitions can be signed.'
            : 'Nobody at the client is accountable yet, so nothing can be signed.'
        }
      />
      <DataTable
        caption="Seats"
        rows={seats}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={<EmptyState title="An empty table">Give the first seat below.</EmptyState>}
      />
      {isOurs ? (
        <div className="mt-8">
          <Section title="Give a seat">
            <PostForm state={problem}>
              <TextField name="name" label="Name" />
              <TextField
                name="email"
                label="E-mail address"
                type="email"
                hint="New people get an invitation; opening it changes nothing."
              />
              <SelectField
                name="function"
                label="Seat"
                defaultValue="sponsor"
                options={SEAT_FUNCTIONS.map((value) => ({
                  value,
                  label: `${SEAT_FUNCTION_WORDS[value]} (${seatSide(value) === 'client' ? 'client' : 'ours'})`,
                }))}
              />
              <SelectField
                name="raci"
                label="In decisions"
                defaultValue="A"
                options={RACI.map((value) => ({ value, label: RACI_WORDS[value] }))}
              />
              <SubmitButton disabledReason={refusal}>Give the seat</SubmitButton>
            </PostForm>
          </Section>
        </div>
      ) : null}
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { giveSeat, SeatForm } from '#app/commands/engagements.ts'
import { isStaff } from '#app/domain/actor.ts'
import { inviteRefusal, RACI_WORDS, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import { readinessGate, waiverRefusal } from '#app/domain/readiness.ts'
import { SEAT_STATE_WORDS } from '#app/domain/seat.ts'
import { ReadinessList } from '#app/features/engagements/readiness-list.tsx'
import { SeatBadge } from '#app/features/engagements/seat-badge.tsx'
import { SeatFields } from '#app/features/engagements/seat-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { gatherReadiness } from '#db/queries/readiness.ts'
import type { SeatRow } from '#db/queries/seats.ts'
import { listSeats } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'People at the table · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, actor, now, url }) => {
  const facts = await gatherReadiness(tx, engagementId, now)
  const gate = readinessGate(facts)
  const missingCount = facts.seats.filter((seat) => seat.required && seat.state !== 'accepted').length
  return {
    engagementId,
    invitedId: url.searchParams.get('invited'),
    seats: (await listSeats(tx, engagementId)).map((seat) => ({ ...seat, engagementId })),
    gate,
    isBefore: engagement.state === 'draft' || engagement.state === 'readiness',
    refusal: inviteRefusal(standing)?.reason ?? null,
    waiverReason: waiverRefusal(standing, engagement.state, { missingCount, isWaived: facts.isWaived })?.reason ?? null,
    isOurs: isStaff(actor),
    missingCount,
  }
})

export const action = engagementAction(SeatForm, async ({ ctx, engagementId, form, portal }) => {
  const invitedId = await giveSeat(ctx, { ...form, engagementId, origin: portal.deps.publicOrigin })
  return redirect(`${paths.table(engagementId)}?invited=${invitedId}`)
})

const COLUMNS: readonly Column<SeatRow & { readonly engagementId: string }>[] = [
  {
    id: 'function',
    header: 'Seat',
    value: (row) => SEAT_FUNCTION_WORDS[row.function],
    cell: (row) => (
      <>
        <Link to={paths.seat(row.engagementId, row.id)}>{SEAT_FUNCTION_WORDS[row.function]}</Link>
        {row.required ? <span className="block text-sm text-muted">required</span> : null}
        {row.requiredNote === '' ? null : (
          <span className="block text-sm text-muted">done without: {row.requiredNote}</span>
        )}
      </>
    ),
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => SEAT_STATE_WORDS[row.state],
    cell: (row) => (
      <>
        <SeatBadge state={row.state} />
        {row.stateReason === '' ? null : (
          <span className="block text-sm text-muted">
            {row.stateBy}: {row.stateReason}
          </span>
        )}
      </>
    ),
  },
  { id: 'person', header: 'Person', value: (row) => row.personName, cell: (row) => row.personName ?? '–' },
  { id: 'organisation', header: 'Organisation', value: (row) => row.organisationName },
  { id: 'raci', header: 'In decisions', value: (row) => RACI_WORDS[row.raci] },
  { id: 'needed', header: 'Needed by', value: (row) => row.neededBy, cell: (row) => row.neededBy ?? '–' },
]

export default function Table() {
  const { engagementId, invitedId, seats, gate, isBefore, refusal, waiverReason, isOurs, missingCount } =
    useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const heldSeats = seats.filter((seat) => seat.personId !== null)
  const invited = heldSeats.find((seat) => seat.personId === invitedId)
  return (
    <>
      <PageHeader
        title="Who is at the table?"
        verdict={
          missingCount === 0
            ? 'Every required seat is accepted.'
            : `${String(missingCount)} required ${missingCount === 1 ? 'seat is' : 'seats are'} not accepted.`
        }
        action={
          isOurs && refusal === null ? <LinkButton to={paths.addSeat(engagementId)}>Add a seat</LinkButton> : undefined
        }
      />
      {isBefore ? (
        <Section title="Before the work begins">
          <ReadinessList items={gate} />
          {isOurs && missingCount > 0 ? (
            <p className="mt-3 text-sm">
              {waiverReason === null ? (
                <Link to={paths.waive(engagementId)}>Waive the gate for a time</Link>
              ) : (
                <span className="text-muted">{waiverReason}</span>
              )}
            </p>
          ) : null}
        </Section>
      ) : null}
      <DataTable
        caption="Seats"
        rows={seats}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={<EmptyState title="An empty table">Give the first seat below.</EmptyState>}
      />
      {isOurs ? (
        <div className="mt-8">
          <Section title="Invite somebody to a seat">
            {invited === undefined || problem !== null ? null : (
              <p role="status" className="mb-3 font-semibold text-met">
                {invited.personName} was invited.
              </p>
            )}
            <PostForm key={heldSeats.length} state={problem}>
              <TextField name="name" label="Name" />
              <TextField
                name="email"
                label="E-mail address"
                type="email"
                hint="They answer on a page of their own; opening it changes nothing."
              />
              <SeatFields />
              <SubmitButton disabledReason={refusal}>Invite</SubmitButton>
            </PostForm>
          </Section>
        </div>
      ) : null}
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { RACI_WORDS, SEAT_FUNCTION_WORDS } from '#app/domain/engagement.ts'
import type { SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { raciFor, seatChangeRefusal } from '#app/domain/seat.ts'
import { SIGN_OFF_SUBJECTS, SUBJECT_WORDS } from '#app/domain/subject.ts'
import { viewAsRefusal } from '#app/domain/viewing.ts'
import { SeatBadge } from '#app/features/engagements/seat-badge.tsx'
import { SeatHistory } from '#app/features/engagements/seat-history.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { Card, Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { getSeat, listDelegations, listHolders } from '#db/queries/seats.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Seat · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, params }) => {
  const seat = await getSeat(tx, engagementId, toId<SeatId>(params['seatId']))
  return {
    engagementId,
    zone: actor.timeZone,
    seat,
    isMine: seat.personId === actor.personId,
    mayView: viewAsRefusal(standing, seat) === null,
    mayChange: seatChangeRefusal(standing) === null,
    holders: await listHolders(tx, engagementId, seat.id),
    delegations: await listDelegations(tx, engagementId, seat.id),
  }
})

export default function Seat() {
  const { engagementId, zone, seat, isMine, mayView, mayChange, holders, delegations } = useLoaderData<typeof loader>()
  const words = SEAT_FUNCTION_WORDS[seat.function]
  const to = (verb: Parameters<typeof paths.seatVerb>[2]) => paths.seatVerb(engagementId, seat.id, verb)
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'People', to: paths.table(engagementId) }]}
        title={words}
        badge={<SeatBadge state={seat.state} />}
        verdict={
          seat.personName === null
            ? `Nobody sits here${seat.required ? ', and the engagement asks for it' : ''}.`
            : `${seat.personName}, ${seat.organisationName ?? ''}`
        }
        action={
          mayView ? (
            <Form method="post" action={paths.startViewing(engagementId, seat.id)}>
              <SubmitButton look="plain">See what they see</SubmitButton>
            </Form>
          ) : undefined
        }
      />
      {isMine && seat.state === 'invited' ? (
        <Section title="You are asked to take this seat">
          <Card>
            <p className="prose-width mb-4">
              {RACI_WORDS[seat.raci]}. Accepting says that you are there for this engagement: you see what is agreed and
              measured, and you are asked when it is your turn. You can leave the seat or ask a colleague to act for you
              at any time.
            </p>
            <div className="flex flex-wrap items-center gap-3">
              <Form method="post" action={to('accept')}>
                <SubmitButton>Accept the seat</SubmitButton>
              </Form>
              <LinkButton to={to('decline')}>Decline</LinkButton>
            </div>
          </Card>
        </Section>
      ) : null}
      <Section title="What this seat does">
        <Definitions
          rows={[
            ...SIGN_OFF_SUBJECTS.map((kind) => ({
              term: `For ${SUBJECT_WORDS[kind]}`,
              value: RACI_WORDS[raciFor(seat, kind)],
            })),
            {
              term: 'Required',
              value: seat.required ? 'yes' : seat.requiredNote === '' ? 'no' : `no: ${seat.requiredNote}`,
            },
            { term: 'Needed by', value: seat.neededBy ?? '–' },
            ...(seat.stateReason === '' ? [] : [{ term: seat.stateBy, value: seat.stateReason }]),
          ]}
        />
        <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1">
          {isMine && seat.state === 'accepted' ? <Link to={to('delegate')}>Ask a colleague to act for you</Link> : null}
          {(isMine || mayChange) && seat.state === 'accepted' ? <Link to={to('vacate')}>Leave the seat</Link> : null}
          {mayChange && (seat.state === 'open' || seat.state === 'invited') ? (
            <Link to={to('deny')}>The client denied this seat</Link>
          ) : null}
          {mayChange ? <Link to={to('require')}>{seat.required ? 'Do without it' : 'Ask for it'}</Link> : null}
          {mayChange ? <Link to={to('raci')}>Change what it does</Link> : null}
        </p>
      </Section>
      <SeatHistory holders={holders} delegations={delegations} zone={zone} />
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { REGISTER_KIND_WORDS, REGISTER_KINDS, registerRefusal } from '#app/domain/register.ts'
import { RegisterList } from '#app/features/registers/register-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { listExternalEvents } from '#db/queries/external-events.ts'
import { listDependants, listRegister } from '#db/queries/registers.ts'
import { listDecisionHeads } from '#db/queries/sign-offs.ts'
import { DecisionLog } from '#app/features/registers/decision-log.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Registers · Throughline' }]

const SHOWN_MAX = 100

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, url }) => {
  const before = Number(url.searchParams.get('before') ?? NaN)
  return {
    engagementId,
    zone: actor.timeZone,
    items: await listRegister(tx, engagementId),
    events: (await listExternalEvents(tx, engagementId)).map(({ id, title, effectiveOn }) => ({
      id,
      title,
      effectiveOn,
    })),
    dependants: await listDependants(tx, engagementId),
    decisions: await listDecisionHeads(tx, engagementId, {
      before: Number.isSafeInteger(before) ? before : null,
      limit: SHOWN_MAX,
    }),
    mayAdd: registerRefusal(standing) === null,
  }
})

export default function Registers() {
  const { engagementId, zone, items, events, dependants, decisions, mayAdd } = useLoaderData<typeof loader>()
  const openCount = items.filter((item) => item.state === 'open' || item.state === 'unvalidated').length
  return (
    <>
      <PageHeader
        title="What may go wrong, and what was decided?"
        verdict={
          openCount === 0
            ? 'Nothing is open.'
            : `${String(openCount)} ${openCount === 1 ? 'entry is' : 'entries are'} open.`
        }
        action={
          mayAdd ? (
            <LinkButton to={paths.newRegisterItem(engagementId)} look="primary">
              Write one down
            </LinkButton>
          ) : undefined
        }
      />
      {REGISTER_KINDS.map((kind) => (
        <Section key={kind} title={REGISTER_KIND_WORDS[kind].many}>
          <RegisterList
            items={items.filter((item) => item.kind === kind)}
            dependants={dependants}
            engagementId={engagementId}
            empty={`No ${REGISTER_KIND_WORDS[kind].one.toLowerCase()} is written down.`}
          />
        </Section>
      ))}
      {events.length === 0 ? null : (
        <Section title="External events">
          <ul className="grid gap-1">
            {events.map((event) => (
              <li key={event.id}>
                <Link to={paths.externalEvent(engagementId, event.id)}>{event.title}</Link>{' '}
                <span className="text-sm text-muted">in force from {event.effectiveOn}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Signed decisions">
        <DecisionLog decisions={decisions} engagementId={engagementId} zone={zone} pageSize={SHOWN_MAX} />
      </Section>
    </>
  )
}

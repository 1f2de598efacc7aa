import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { paths } from '#app/paths.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listExternalEvents } from '#db/queries/external-events.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'External events · Throughline' }]

export const loader = pageLoader(async ({ tx, actor }) => ({
  zone: actor.timeZone,
  events: (await listExternalEvents(tx, null)).map(({ affected, ...event }) => ({
    ...event,
    endpointCount: affected.endpoints.length,
  })),
}))

export default function ExternalEvents() {
  const { zone, events } = useLoaderData<typeof loader>()
  const issue = (
    <LinkButton to={paths.newExternalEvent()} look="primary">
      Something changed
    </LinkButton>
  )
  return (
    <>
      <PageHeader title="What changed outside, and what does it touch?" action={issue} />
      {events.length === 0 ? (
        <EmptyState title="No external event yet">
          When a law or a licence changes, say which data or criteria it touches: everything that rests on them is
          found, a change is drafted in each engagement, and what is live is flagged.
        </EmptyState>
      ) : (
        <ul className="grid gap-2">
          {events.map((event) => (
            <li key={event.id} className="rounded-md border border-line bg-surface px-3 py-2">
              <p>
                <Link to={paths.externalEvent(event.engagementId, event.id)} className="font-semibold">
                  {event.title}
                </Link>{' '}
                in {event.engagementName}
              </p>
              <p className="text-sm text-muted">
                in force from {event.effectiveOn} · {event.endpointCount}{' '}
                {event.endpointCount === 1 ? 'endpoint' : 'endpoints'} flagged · {event.issuedByName},{' '}
                <Time at={event.issuedAt} zone={zone} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { isTeam } from '#app/domain/engagement.ts'
import { externalEventRefusal } from '#app/domain/external-event.ts'
import { AffectedList } from '#app/features/external-events/affected-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Prose } from '#app/ui/prose.tsx'
import { Time } from '#app/ui/time.tsx'
import { getExternalEvent, listFlags } from '#db/queries/external-events.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'External event · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, params }) => {
  const { changeId, ...event } = await getExternalEvent(tx, engagementId, params['eventId'] ?? '')
  return {
    engagementId,
    zone: actor.timeZone,
    event,
    // A draft of a change is the team's own until it is proposed.
    changeId: isTeam(standing) ? changeId : null,
    flags: await listFlags(tx, engagementId, { eventId: event.id }),
    mayResolve: externalEventRefusal(standing) === null,
  }
})

export default function ExternalEvent() {
  const { engagementId, zone, event, changeId, flags, mayResolve } = useLoaderData<typeof loader>()
  const openCount = flags.filter((flag) => flag.resolvedAt === null).length
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Registers', to: paths.registers(engagementId) }]}
        title={event.title}
        badge={
          <Badge tone={openCount > 0 ? 'risk' : 'met'}>
            {openCount > 0 ? `${String(openCount)} to decide` : 'Nothing to decide'}
          </Badge>
        }
        verdict={`In force from ${event.effectiveOn}.`}
      />
      <Section title="What changed">
        <Definitions
          rows={[
            { term: 'What changed', value: <Prose text={event.whatChanged} /> },
            { term: 'Source', value: event.source },
            {
              term: 'Issued',
              value: (
                <>
                  {event.issuedByName}, <Time at={event.issuedAt} zone={zone} />
                </>
              ),
            },
            {
              term: 'Agreements',
              value: event.isSuspending ? 'Those that rest on it were suspended.' : 'They stay in force.',
            },
            ...(changeId === null
              ? []
              : [
                  {
                    term: 'Change',
                    value: <Link to={paths.change(engagementId, changeId)}>The change that was drafted for it</Link>,
                  },
                ]),
          ]}
        />
      </Section>
      <Section title="Flagged endpoints">
        {flags.length === 0 ? <p className="text-muted">Nothing that serves rested on it.</p> : null}
        <ul className="grid gap-2">
          {flags.map((flag) => (
            <li key={flag.id} className="flex flex-wrap items-baseline gap-x-3">
              <Badge tone={flag.resolvedAt === null ? 'risk' : 'met'}>
                {flag.resolvedAt === null ? 'Flagged' : 'Goes on'}
              </Badge>
              <Link to={paths.endpoint(engagementId, flag.endpointId)}>{flag.slug}</Link>
              {flag.resolvedAt === null ? (
                mayResolve ? (
                  <Link to={paths.resolveFlag(engagementId, flag.id)}>Decide</Link>
                ) : null
              ) : (
                <span className="text-sm text-muted">
                  {flag.resolvedByName}, <Time at={flag.resolvedAt} zone={zone} />: {flag.reason}
                </span>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section title="What rested on it when it was issued">
        <AffectedList engagementId={engagementId} affected={event.affected} />
      </Section>
    </>
  )
}

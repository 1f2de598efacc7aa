import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import { paths } from '#app/paths.ts'
import { pageLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listSessions } from '#db/queries/people.ts'

export const handle = { policy: 'signed-in' }
export const meta: MetaFunction = () => [{ title: 'Your account · Throughline' }]

export const loader = pageLoader(async ({ tx, actor, portal, now }) => {
  const current = await portal.storedSessionId()
  const sessions = await listSessions(tx, actor.personId)
  return {
    now,
    actor: {
      name: actor.name,
      email: actor.email,
      organisation: actor.organisationName,
      role: actor.role,
      zone: actor.timeZone,
    },
    sessions: sessions.map(({ id, createdAt, userAgent }) => ({
      key: id.slice(0, 12),
      createdAt,
      userAgent,
      isCurrent: id === current,
    })),
  }
})

export default function Account() {
  const { now, actor, sessions } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader title="Your account" />
      <Section title="You">
        <Definitions
          rows={[
            { term: 'Name', value: actor.name },
            { term: 'E-mail address', value: actor.email },
            { term: 'Organisation', value: `${actor.organisation} (${actor.role})` },
          ]}
        />
      </Section>
      <Section title="Where you are signed in">
        <ul className="mb-4 grid gap-2">
          {sessions.map((session) => (
            <li key={session.key} className="rounded-md border border-line bg-surface px-3 py-2">
              <span className="break-words">{session.userAgent === '' ? 'Unknown browser' : session.userAgent}</span>{' '}
              {session.isCurrent ? <Badge tone="accent">This one</Badge> : null}
              <div className="text-sm text-muted">
                Since <Time at={session.createdAt} now={now} zone={actor.zone} />
              </div>
            </li>
          ))}
        </ul>
        <Form method="post" action={paths.signOutEverywhere()}>
          <SubmitButton look="danger">Sign out everywhere</SubmitButton>
        </Form>
      </Section>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Form, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { makeCalendarLink } from '#app/commands/calendar-links.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, Code, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listCalendarLinks } from '#db/queries/calendar-links.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'In your calendar · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, actor, now }) => ({
  engagementId,
  now,
  zone: actor.timeZone,
  links: await listCalendarLinks(tx, engagementId, actor.personId),
}))

export const action = engagementAction(z.object({}), async ({ ctx, engagementId, portal }) => {
  const secret = await makeCalendarLink(ctx, { engagementId })
  return { address: `${portal.deps.publicOrigin}${paths.calendar(secret)}` }
})

export default function CalendarLinks() {
  const { engagementId, now, zone, links } = useLoaderData<typeof loader>()
  const result = useActionData<typeof action>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Meetings', to: paths.meetings(engagementId) }]}
        title="How do meetings get into my calendar?"
        verdict="Subscribe to a secret address: it shows the meetings of this engagement that you see here, and nothing else."
      />
      {result === undefined || !('address' in result) ? null : (
        <Callout tone="met">
          <p className="mb-2 font-semibold">Copy the address now; it is not shown again.</p>
          <Code>{result.address}</Code>
        </Callout>
      )}
      <Section title="Make an address">
        <PostForm state={problemOf(result)}>
          <p className="prose-width mb-3 text-muted">
            Whoever has the address reads the calendar, so give each device its own and end it when the device is gone.
          </p>
          <SubmitButton>Make an address</SubmitButton>
        </PostForm>
      </Section>
      <Section title="Addresses that hold">
        {links.length === 0 ? (
          <EmptyState title="No address yet">Only a hash of an address is kept, so none can be shown again.</EmptyState>
        ) : (
          <ul className="grid gap-2">
            {links.map((link) => (
              <li
                key={link.id}
                className="flex flex-wrap items-center justify-between gap-3 rounded-md border border-line bg-surface px-3 py-2"
              >
                <span>
                  Made <Time at={link.createdAt} now={now} zone={zone} />
                </span>
                <Form method="post" action={paths.endCalendarLink(engagementId, link.id)}>
                  <SubmitButton look="danger">End it</SubmitButton>
                </Form>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

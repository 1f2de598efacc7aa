import type { MetaFunction } from '@remix-run/node'
import { Form, useActionData, useLoaderData } from '@remix-run/react'
import { previewExternalEvent } from '#app/commands/external-events.ts'
import { eventFields, ExternalEventForm } from '#app/domain/external-event.ts'
import { AffectedList } from '#app/features/external-events/affected-list.tsx'
import { EventFields } from '#app/features/external-events/event-fields.tsx'
import { paths } from '#app/paths.ts'
import { formAction, pageLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Card, PageHeader, Section } from '#app/ui/layout.tsx'
import { newId } from '#db/new-id.ts'
import { listTouchable } from '#db/queries/external-events.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'Something changed · Throughline' }]

export const loader = pageLoader(async ({ tx, actor }) => ({ touchable: await listTouchable(tx, actor) }))

/** Looks, and stores nothing. */
export const action = formAction(ExternalEventForm, async ({ ctx, form }) => {
  const { reached, shownHash } = await previewExternalEvent(ctx, form)
  return {
    reached: reached.map(({ engagement, affected }) => ({
      id: engagement.id,
      name: engagement.name,
      client: engagement.client,
      affected,
    })),
    fields: eventFields(form),
    isSuspending: form.isSuspending,
    issue: { issueId: String(newId()), shownHash },
  }
})

export default function NewExternalEvent() {
  const { touchable } = useLoaderData<typeof loader>()
  const result = useActionData<typeof action>()
  const preview = result !== undefined && 'reached' in result ? result : null
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'External events', to: paths.externalEvents() }]}
        title={preview === null ? 'What changed outside?' : 'What does it touch?'}
        verdict={
          preview === null
            ? 'First a preview of everything that rests on what is touched. Nothing is stored until it is issued.'
            : preview.reached.length === 0
              ? 'Nothing in engagements that you lead rests on it.'
              : `${String(preview.reached.length)} ${preview.reached.length === 1 ? 'engagement is' : 'engagements are'} touched. Nothing is stored yet.`
        }
      />
      {preview === null || preview.reached.length === 0 ? null : (
        <Section title="Everything that rests on it">
          <div className="grid gap-4">
            {preview.reached.map((engagement) => (
              <Card key={engagement.id}>
                <h3 className="mb-2 font-semibold">
                  {engagement.name} <span className="font-normal text-muted">· {engagement.client}</span>
                </h3>
                <AffectedList engagementId={engagement.id} affected={engagement.affected} />
              </Card>
            ))}
          </div>
          <Form method="post" action={paths.issueExternalEvent()} className="mt-4">
            {Object.entries({ ...preview.fields, ...preview.issue }).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
            <p className="prose-width mb-3 text-muted">
              Issuing puts it on each engagement’s record, drafts a change, opens a risk, flags the endpoints
              {preview.isSuspending ? ', suspends the agreements' : ''} and tells those concerned.
            </p>
            <SubmitButton>Issue it</SubmitButton>
          </Form>
        </Section>
      )}
      <Section title={preview === null ? 'The event' : 'Change something, and look again'}>
        <PostForm
          key={preview === null ? 'first' : preview.issue.issueId}
          state={preview === null ? problemOf(result) : { errors: {}, message: null, values: preview.fields }}
        >
          <EventFields touchable={touchable} />
          <SubmitButton look={preview === null ? 'primary' : 'plain'}>See what it touches</SubmitButton>
        </PostForm>
      </Section>
    </>
  )
}

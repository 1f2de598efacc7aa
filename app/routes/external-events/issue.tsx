import { redirect } from '@remix-run/node'
import { Form, useActionData } from '@remix-run/react'
import { issueExternalEvent } from '#app/commands/external-events.ts'
import { ExternalEventForm, IssueForm } from '#app/domain/external-event.ts'
import { paths } from '#app/paths.ts'
import { formAction, verbLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { FormProblems, problemOf } from '#app/ui/field.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'staff' }

export const loader = verbLoader(() => paths.newExternalEvent())

export const action = formAction(ExternalEventForm.and(IssueForm), async ({ ctx, form, portal }) => {
  const { issueId, shownHash, ...event } = form
  await issueExternalEvent(ctx, { issueId, shownHash, form: event, origin: portal.deps.publicOrigin })
  return redirect(paths.externalEvents())
})

/** What was refused is kept, and previewed again. */
export default function IssueExternalEvent() {
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader crumbs={[{ label: 'External events', to: paths.externalEvents() }]} title="It was not issued" />
      <FormProblems state={problem}>
        {problem === null ? (
          <LinkButton to={paths.newExternalEvent()}>Begin anew</LinkButton>
        ) : (
          <Form method="post" action={paths.newExternalEvent()}>
            {Object.entries(problem.values).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
            <SubmitButton>Look at the preview again</SubmitButton>
          </Form>
        )}
      </FormProblems>
    </>
  )
}

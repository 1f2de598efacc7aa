import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { openEngagement } from '#app/commands/engagements.ts'
import { ENGAGEMENT_TEMPLATES, EngagementForm, TEMPLATE_WORDS } from '#app/domain/engagement.ts'
import { ProblemFields } from '#app/features/criteria/problem-fields.tsx'
import { paths } from '#app/paths.ts'
import { formAction, pageLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { SelectField, TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader } from '#app/ui/layout.tsx'
import { listOrganisations } from '#db/queries/people.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'New engagement · Throughline' }]

export const loader = pageLoader(async ({ tx, url }) => ({
  clients: await listOrganisations(tx, 'client'),
  chosen: url.searchParams.get('client') ?? '',
}))

export const action = formAction(EngagementForm, async ({ ctx, form }) =>
  redirect(paths.definition(await openEngagement(ctx, form))),
)

export default function NewEngagement() {
  const { clients, chosen } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Engagements', to: paths.engagements() }]}
        title="New engagement"
        verdict="Say what the work is for before anybody starts. You will lead it; the client signs this text later."
      />
      {clients.length === 0 ? (
        <EmptyState
          title="First, a client"
          action={
            <LinkButton to={paths.clients()} look="primary">
              Add a client
            </LinkButton>
          }
        >
          An engagement belongs to a client organisation.
        </EmptyState>
      ) : (
        <PostForm state={problem}>
          <SelectField
            name="clientOrganisationId"
            label="Client"
            empty="Choose a client"
            defaultValue={chosen}
            hint={
              <>
                Not in the list? <Link to={paths.clients()}>Add a client</Link>
              </>
            }
            options={clients.map((client) => ({ value: client.id, label: client.name }))}
          />
          <TextField name="name" label="Name of the engagement" />
          <ProblemFields />
          <TextField name="targetEnd" label="Target end" type="date" optional />
          <SelectField
            name="template"
            label="Begin with"
            defaultValue="full_table"
            hint="Seats that must be accepted before the work begins. Every one can be done without later, with a reason."
            options={ENGAGEMENT_TEMPLATES.map((value) => ({ value, label: TEMPLATE_WORDS[value] }))}
          />
          <SubmitButton>Open the engagement</SubmitButton>
        </PostForm>
      )}
    </>
  )
}

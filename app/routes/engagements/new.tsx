import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { openEngagement } from '#app/commands/engagements.ts'
import { ENGAGEMENT_TEMPLATES, EngagementForm, SEAT_FUNCTION_WORDS, TEMPLATE_WORDS } from '#app/domain/engagement.ts'
import { TEMPLATES } from '#app/domain/template.ts'
import { ProblemFields } from '#app/features/criteria/problem-fields.tsx'
import { paths } from '#app/paths.ts'
import { formAction, pageLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, SelectField, TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listOrganisations } from '#db/queries/people.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'New engagement · Throughline' }]

export const loader = pageLoader(async ({ tx, url }) => ({
  clients: await listOrganisations(tx, 'client'),
  chosen: url.searchParams.get('client') ?? '',
  template: ENGAGEMENT_TEMPLATES.find((known) => known === url.searchParams.get('template')) ?? 'full_table',
}))

export const action = formAction(EngagementForm, async ({ ctx, form }) =>
  redirect(paths.definition(await openEngagement(ctx, form))),
)

export default function NewEngagement() {
  const { clients, chosen, template } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const { seats, checklist, riskTier, problem: outline } = TEMPLATES[template]
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
        <>
          <Section title="Begin with">
            <ul className="mb-3 grid gap-1">
              {ENGAGEMENT_TEMPLATES.map((value) => (
                <li key={value}>
                  {value === template ? (
                    <span aria-current="true" className="font-semibold">
                      {TEMPLATE_WORDS[value]}
                    </span>
                  ) : (
                    <Link to={paths.newEngagement(value)}>{TEMPLATE_WORDS[value]}</Link>
                  )}
                </li>
              ))}
            </ul>
            <p className="prose-width text-sm text-muted">
              {seats.length === 0
                ? 'No seat is required. '
                : `Required at the table: ${seats.map((seat) => SEAT_FUNCTION_WORDS[seat.function].toLowerCase()).join(', ')}. `}
              {checklist.length === 0
                ? 'The checklist is empty. '
                : `${String(checklist.length)} items on the checklist. `}
              {riskTier === 'high' ? 'Signing asks for the password again. ' : ''}
              Everything can be changed later, or done without for a reason that stays in sight. Choose before you type.
            </p>
          </Section>
          <PostForm key={template} state={problem}>
            <HiddenField name="template" value={template} />
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
            <ProblemFields content={outline} />
            <TextField name="targetEnd" label="Target end" type="date" optional />
            <SubmitButton>Open the engagement</SubmitButton>
          </PostForm>
        </>
      )}
    </>
  )
}

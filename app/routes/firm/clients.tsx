import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { addClient } from '#app/commands/accounts.ts'
import { line } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { formAction, pageLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listOrganisations } from '#db/queries/people.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'Add a client · Throughline' }]

export const loader = pageLoader(async ({ tx }) => ({ clients: await listOrganisations(tx, 'client') }))

export const action = formAction(z.object({ name: line(120, 'The name of the client') }), async ({ ctx, form }) => {
  const id = await addClient(ctx, form)
  return redirect(`${paths.newEngagement()}?client=${id}`)
})

export default function Clients() {
  const { clients } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader crumbs={[{ label: 'Engagements', to: paths.engagements() }]} title="Add a client" />
      <PostForm state={problem}>
        <TextField name="name" label="Name of the organisation" />
        <SubmitButton>Add the client</SubmitButton>
      </PostForm>
      {clients.length === 0 ? null : (
        <p className="mt-6 text-muted">Already here: {clients.map((client) => client.name).join(', ')}.</p>
      )}
    </>
  )
}

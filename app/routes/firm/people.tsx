import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { InviteForm, inviteStaff } from '#app/commands/accounts.ts'
import type { OrganisationRole } from '#app/domain/actor.ts'
import { rolesToGive } from '#app/domain/actor.ts'
import { paths } from '#app/paths.ts'
import { formAction, pageLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import type { Column } from '#app/ui/table-rows.tsx'
import { DataTable } from '#app/ui/data-table.tsx'
import { SelectField, TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import type { PersonRow } from '#db/queries/people.ts'
import { listPeople } from '#db/queries/people.ts'

export const handle = { policy: 'staff' }
export const meta: MetaFunction = () => [{ title: 'People · Throughline' }]

export const loader = pageLoader(async ({ tx, actor }) => ({
  people: await listPeople(tx),
  roles: rolesToGive(actor),
}))

export const action = formAction(InviteForm, async ({ ctx, form, portal }) => {
  await inviteStaff(ctx, { ...form, origin: portal.deps.publicOrigin })
  return redirect(paths.people())
})

const ROLE_WORDS: Readonly<Record<OrganisationRole, string>> = {
  owner: 'Owner',
  executive: 'Executive',
  admin: 'Administrator',
  member: 'Member',
}

const COLUMNS: readonly Column<PersonRow>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name },
  { id: 'email', header: 'E-mail address', value: (row) => row.email },
  { id: 'organisation', header: 'Organisation', value: (row) => row.organisationName },
  { id: 'role', header: 'Role', value: (row) => ROLE_WORDS[row.role] },
]

export default function People() {
  const { people, roles } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        title="Who is who?"
        verdict="Colleagues, and the people of our clients. Seats at an engagement are given on its own page."
      />
      <DataTable
        caption="People"
        rows={people}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={<EmptyState title="Nobody yet">Invite your first colleague below.</EmptyState>}
      />
      {roles.length > 0 ? (
        <div className="mt-8">
          <Section title="Invite a colleague">
            <PostForm state={problem}>
              <TextField name="name" label="Name" />
              <TextField name="email" label="E-mail address" type="email" />
              <SelectField
                name="role"
                label="Role"
                hint="Executives review every engagement; members see those where they have a seat."
                defaultValue="member"
                options={roles.map((role) => ({ value: role, label: ROLE_WORDS[role] }))}
              />
              <SubmitButton>Send the invitation</SubmitButton>
            </PostForm>
          </Section>
        </div>
      ) : null}
    </>
  )
}

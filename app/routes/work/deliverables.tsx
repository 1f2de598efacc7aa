import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { addDeliverable, DeliverableForm } from '#app/commands/work.ts'
import { draftRefusal } from '#app/domain/criterion.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listDeliverables } from '#db/queries/work.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Deliverables · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing }) => ({
  engagementId,
  deliverables: await listDeliverables(tx, engagementId),
  refusal: draftRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(DeliverableForm, async ({ ctx, engagementId, form }) => {
  await addDeliverable(ctx, { engagementId, ...form })
  return redirect(paths.deliverables(engagementId))
})

export default function Deliverables() {
  const { engagementId, deliverables, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader crumbs={[{ label: 'Work', to: paths.work(engagementId) }]} title="What do we hand over?" />
      {deliverables.length === 0 ? (
        <div className="mb-8">
          <EmptyState title="No deliverable yet">
            Deliverables are what the client gets; work can be logged against them.
          </EmptyState>
        </div>
      ) : (
        <ul className="mb-8 grid gap-2">
          {deliverables.map((deliverable) => (
            <li key={deliverable.id}>
              <span className="font-semibold">{deliverable.key}</span> {deliverable.title}
              <span className="text-muted">{deliverable.due === null ? '' : ` · due ${deliverable.due}`}</span>
            </li>
          ))}
        </ul>
      )}
      <Section title="Add a deliverable">
        <PostForm state={problem}>
          <TextField name="title" label="Title" />
          <TextField name="due" label="Due" type="date" optional />
          <SubmitButton disabledReason={refusal}>Add it</SubmitButton>
        </PostForm>
      </Section>
    </>
  )
}

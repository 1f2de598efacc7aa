import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { addDeliverable } from '#app/commands/deliverables.ts'
import { isStaff } from '#app/domain/actor.ts'
import { draftRefusal } from '#app/domain/criterion.ts'
import { DeliverableForm } from '#app/domain/deliverable.ts'
import { DeliverableBadge } from '#app/features/deliverable-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { listDeliverables } from '#db/queries/deliverables.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Deliverables · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor }) => ({
  engagementId,
  deliverables: await listDeliverables(tx, engagementId),
  refusal: draftRefusal(standing)?.reason ?? null,
  isOurs: isStaff(actor),
}))

export const action = engagementAction(DeliverableForm, async ({ ctx, engagementId, form }) => {
  await addDeliverable(ctx, { engagementId, ...form })
  return redirect(paths.deliverables(engagementId))
})

export default function Deliverables() {
  const { engagementId, deliverables, refusal, isOurs } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]} title="What is handed over?" />
      {deliverables.length === 0 ? (
        <div className="mb-8">
          <EmptyState title="No deliverable yet">
            Deliverables are what the client gets and accepts; work can be logged against them.
          </EmptyState>
        </div>
      ) : (
        <ul className="mb-8 grid gap-2">
          {deliverables.map((deliverable) => (
            <li key={deliverable.id} className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
              <Link to={paths.deliverable(engagementId, deliverable.id)} className="font-semibold">
                {deliverable.key} {deliverable.title}
              </Link>
              <DeliverableBadge state={deliverable.state} />
              <span className="text-sm text-muted">
                {deliverable.due === null ? '' : `due ${deliverable.due}`}
                {deliverable.round === 0 ? '' : ` · returned ${String(deliverable.round)} times`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {!isOurs ? null : (
        <Section title="Add a deliverable">
          <PostForm state={problem}>
            <TextField name="title" label="Title" />
            <TextField name="due" label="Due" type="date" optional />
            <TextArea name="acceptanceCriteria" label="Accepted by" hint="One criterion a line." rows={3} optional />
            <TextField
              name="reviewDays"
              label="Days for the answer"
              inputMode="numeric"
              hint="Ten when left empty. Silence accepts nothing."
              optional
            />
            <SubmitButton disabledReason={refusal}>Add it</SubmitButton>
          </PostForm>
        </Section>
      )}
    </>
  )
}

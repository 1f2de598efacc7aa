import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { withdrawDeliverable } from '#app/commands/withdrawals.ts'
import { withdrawDeliverableRefusal } from '#app/domain/deliverable.ts'
import type { DeliverableId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ReasonForm } from '#app/domain/seat.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getDeliverable } from '#db/queries/deliverables.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Withdraw a deliverable · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const deliverable = await getDeliverable(tx, engagementId, toId<DeliverableId>(params['deliverableId']))
  return {
    engagementId,
    id: deliverable.id,
    title: `${deliverable.key} ${deliverable.title}`,
    refusal: withdrawDeliverableRefusal(standing, deliverable)?.reason ?? null,
  }
})

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, params, form, portal }) => {
  const deliverableId = toId<DeliverableId>(params['deliverableId'])
  await withdrawDeliverable(ctx, { engagementId, deliverableId, reason: form.reason, origin: portal.deps.publicOrigin })
  return redirect(paths.deliverable(engagementId, deliverableId))
})

export default function WithdrawDeliverable() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.deliverable(engagementId, id) }]}
        title="Withdraw this deliverable"
        verdict="It will not be handed over. What was submitted stays readable, and everybody at the table hears why."
      />
      <AskReason
        state={problemOf(useActionData<typeof action>())}
        verb="Withdraw it"
        look="danger"
        disabledReason={refusal}
      />
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { revokeWaiver } from '#app/commands/waivers.ts'
import { isExecutive } from '#app/domain/actor.ts'
import { ReasonForm } from '#app/domain/seat.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Take the waiver back · Throughline' }]

export const loader = engagementLoader(({ engagementId, actor }) =>
  Promise.resolve({
    engagementId,
    refusal: isExecutive(actor) ? null : 'Only an executive of the consultancy takes a waiver back.',
  }),
)

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, form }) => {
  await revokeWaiver(ctx, { engagementId, reason: form.reason })
  return redirect(paths.table(engagementId))
})

export default function RevokeWaiver() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader crumbs={[{ label: 'People', to: paths.table(engagementId) }]} title="Take the waiver back" />
      <AskReason state={problem} verb="Take it back" disabledReason={refusal} />
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { withdrawChange } from '#app/commands/withdrawals.ts'
import { withdrawChangeRefusal } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import { isId } from '#app/domain/ids.ts'
import { ReasonForm } from '#app/domain/seat.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getChange } from '#db/queries/changes.ts'
import { listSignOffsOf } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Withdraw a change · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const change = await getChange(tx, engagementId, idOf(params))
  const wasProposed = (await listSignOffsOf(tx, engagementId, change.id)).length > 0
  return {
    engagementId,
    id: change.id,
    title: `Change ${String(change.number)}: ${change.content.title}`,
    refusal: withdrawChangeRefusal(standing, { state: change.state, wasProposed })?.reason ?? null,
  }
})

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, params, form, portal }) => {
  const changeId = idOf(params)
  await withdrawChange(ctx, { engagementId, changeId, reason: form.reason, origin: portal.deps.publicOrigin })
  return redirect(paths.change(engagementId, changeId))
})

function idOf(params: Readonly<Record<string, string | undefined>>): string {
  const asked = params['changeId'] ?? ''
  return found(isId(asked) ? asked : null, 'This change')
}

export default function WithdrawChange() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.change(engagementId, id) }]}
        title="Withdraw this change"
        verdict="Nobody is asked about it any more. It stays readable with your reason, and everybody at the table hears why."
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

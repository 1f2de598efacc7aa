import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { voidSignOff } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { ReasonForm } from '#app/domain/seat.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { AskReason } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Take it back · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const refusal = leadActRefusal(standing)
  return { engagementId, id: signOff.id, title: signOff.title, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(ReasonForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await voidSignOff(ctx, { engagementId, signOffId, origin: portal.deps.publicOrigin, reason: form.reason })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function VoidSignOff() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="Take it back"
        verdict="Nobody is asked any more; what was sent stays readable, and everybody concerned hears why."
      />
      <AskReason state={problem} verb="Take it back" disabledReason={refusal} />
    </>
  )
}

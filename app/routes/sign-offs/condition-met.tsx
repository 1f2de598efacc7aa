import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { meetCondition } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { MetForm, meetConditionRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'A condition is met · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const refusal = meetConditionRefusal(standing, signOff.subjectType, signOff.state)
  return { engagementId, id: signOff.id, title: signOff.title, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(MetForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await meetCondition(ctx, {
    engagementId,
    signOffId,
    origin: portal.deps.publicOrigin,
    conditionId: toId(params['conditionId']),
    note: form.note,
  })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function ConditionMet() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="A condition is met"
        verdict="With the last one your approval is whole."
      />
      <PostForm state={problem}>
        <TextArea name="note" label="How you know" rows={3} optional />
        <SubmitButton disabledReason={refusal}>It is met</SubmitButton>
      </PostForm>
    </>
  )
}

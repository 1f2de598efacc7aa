import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { answerFeedback } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { AnswerForm, answerRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Answer an issue · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const refusal = answerRefusal(standing, signOff.state)
  return { engagementId, id: signOff.id, title: signOff.title, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(AnswerForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await answerFeedback(ctx, {
    engagementId,
    signOffId,
    origin: portal.deps.publicOrigin,
    feedbackId: toId(params['feedbackId']),
    answer: form.answer,
  })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function AnswerFeedback() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="Answer an issue"
        verdict="Answer it, or say why it is signed in spite of it: everybody reads it beside the issue."
      />
      <PostForm state={problem}>
        <TextArea name="answer" label="Answer" rows={4} />
        <SubmitButton disabledReason={refusal}>Answer</SubmitButton>
      </PostForm>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { giveFeedback } from '#app/commands/sign-off-acts.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { FEEDBACK_GRADES, FEEDBACK_WORDS } from '#app/domain/outcome.ts'
import { FeedbackForm, feedbackRefusal } from '#app/domain/sign-off.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'What do you think? · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, params, standing }) => {
  const signOff = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  const refusal = feedbackRefusal(standing, signOff.state, signOff.subjectType)
  return { engagementId, id: signOff.id, title: signOff.title, refusal: refusal?.reason ?? null }
})

export const action = engagementAction(FeedbackForm, async ({ ctx, engagementId, params, form, portal }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await giveFeedback(ctx, { engagementId, signOffId, origin: portal.deps.publicOrigin, ...form })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function GiveFeedback() {
  const { engagementId, id, title, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="What do you think?"
        verdict="Whoever signs reads it before they decide."
      />
      <PostForm state={problem}>
        <RadioGroup
          name="grade"
          label="It is"
          defaultValue="ok"
          options={FEEDBACK_GRADES.map((value) => ({ value, label: FEEDBACK_WORDS[value] }))}
        />
        <TextArea name="note" label="What is the issue?" rows={4} optional />
        <SubmitButton disabledReason={refusal}>Say it</SubmitButton>
      </PostForm>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { answerAsk } from '#app/commands/changes.ts'
import { AnswerAskForm, ASK_WORDS } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import { leadActRefusal } from '#app/domain/sign-off.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listAsks } from '#db/queries/changes.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Answer · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const ask = found((await listAsks(tx, engagementId)).find(({ id }) => id === params['askId']))
  const refusal = leadActRefusal(standing)?.reason ?? (ask.answer === null ? null : 'This was answered before.')
  return { engagementId, ask, refusal }
})

export const action = engagementAction(AnswerAskForm, async ({ ctx, engagementId, params, form }) => {
  await answerAsk(ctx, { engagementId, askId: toId(params['askId']), ...form })
  return redirect(paths.scope(engagementId))
})

export default function Answer() {
  const { engagementId, ask, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]}
        title={`${ask.askedByName} asks`}
        verdict={ask.text}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <RadioGroup
          name="standing"
          label="It is"
          options={(['in_scope', 'out_of_scope', 'question'] as const).map((value) => ({
            value,
            label: ASK_WORDS[value],
          }))}
        />
        <TextArea name="answer" label="Answer" rows={4} />
        <SubmitButton disabledReason={refusal}>Answer</SubmitButton>
      </PostForm>
    </>
  )
}

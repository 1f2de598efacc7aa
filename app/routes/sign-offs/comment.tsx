import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { writeComment } from '#app/commands/comments.ts'
import { CommentForm } from '#app/domain/comment.ts'
import { isTeam } from '#app/domain/engagement.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getSignOff } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Write a comment · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const { id, title } = await getSignOff(tx, engagementId, toId<SignOffId>(params['signOffId']))
  return { engagementId, id, title, isOurs: isTeam(standing) }
})

export const action = engagementAction(CommentForm, async ({ ctx, engagementId, params, form }) => {
  const signOffId = toId<SignOffId>(params['signOffId'])
  await writeComment(ctx, { engagementId, signOffId, ...form })
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function WriteComment() {
  const { engagementId, id, title, isOurs } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: paths.signOff(engagementId, id) }]}
        title="Write a comment"
        verdict={isOurs ? 'What is written to one thread can never be moved to the other.' : undefined}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        {isOurs ? (
          <RadioGroup
            name="audience"
            label="Who reads it"
            options={[
              { value: 'team', label: 'The team only' },
              { value: 'shared', label: 'The team and the client' },
            ]}
          />
        ) : (
          <input type="hidden" name="audience" value="shared" />
        )}
        <TextArea name="body" label="Comment" rows={4} />
        <SubmitButton>Write it</SubmitButton>
      </PostForm>
    </>
  )
}

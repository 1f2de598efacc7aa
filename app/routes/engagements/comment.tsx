import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import type { CommentedObject } from '#app/commands/comments.ts'
import { aboutObject, writeComment } from '#app/commands/comments.ts'
import { transact } from '#app/commands/context.ts'
import { CommentForm, isCommented } from '#app/domain/comment.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Write a comment · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => ({
  ...(await aboutObject(tx, { engagementId, standing }, objectOf(params))),
  isOurs: isTeam(standing),
}))

export const action = engagementAction(CommentForm, async ({ ctx, engagementId, standing, params, form }) => {
  const about = objectOf(params)
  await writeComment(ctx, { engagementId, about, ...form })
  const { path } = await transact(ctx, (tx) => aboutObject(tx, { engagementId, standing }, about))
  return redirect(path)
})

/** @throws AppError `not_found` for a kind that has no threads */
function objectOf(params: Readonly<Record<string, string | undefined>>): CommentedObject {
  const { kind } = params
  return { kind: found(isCommented(kind) ? kind : null), id: params['objectId'] ?? '' }
}

export default function WriteComment() {
  const { title, path, isOurs } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: title, to: path }]}
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

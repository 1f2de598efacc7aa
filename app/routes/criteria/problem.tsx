import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { draftHash } from '#app/commands/drafts.ts'
import { draftProblem } from '#app/commands/problems.ts'
import { draftRefusal } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import { ProblemForm } from '#app/domain/problem.ts'
import { startedFromHash } from '#app/domain/text.ts'
import { ProblemFields } from '#app/features/criteria/problem-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { HiddenField, problemOf } from '#app/ui/field.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader } from '#app/ui/layout.tsx'
import { listProblems } from '#db/queries/problems.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Change the problem statement · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing }) => {
  const newest = found((await listProblems(tx, engagementId))[0])
  return {
    content: newest.content,
    startedFrom: draftHash(newest.content),
    version: newest.version,
    state: newest.state,
    refusal: draftRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(
  ProblemForm.extend({ startedFrom: startedFromHash }),
  async ({ ctx, engagementId, form }) => {
    const { startedFrom, ...typed } = form
    await draftProblem(ctx, { engagementId, form: typed, startedFrom })
    return redirect(paths.definition(engagementId))
  },
)

export default function EditProblem() {
  const { content, startedFrom, version, state, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader title="What is the problem?" />
      {state === 'draft' ? null : (
        <Callout tone="risk">
          Version {version} was sent and stays as it is. Saving makes version {version + 1}, which needs a new
          signature.
        </Callout>
      )}
      <PostForm state={problem}>
        <HiddenField name="startedFrom" value={startedFrom} />
        <ProblemFields content={content} />
        <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
      </PostForm>
    </>
  )
}

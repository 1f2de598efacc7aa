import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { askForSomething } from '#app/commands/changes.ts'
import { AskForm, scopeOf } from '#app/domain/change.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ScopeList } from '#app/features/changes/scope-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listChanges } from '#db/queries/changes.ts'
import { listProblems } from '#db/queries/problems.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Ask for something · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId }) => {
  const agreed = (await listProblems(tx, engagementId)).find((problem) => problem.state === 'agreed')
  const applied = (await listChanges(tx, engagementId)).filter((change) => change.state === 'applied').reverse()
  return {
    engagementId,
    scope: scopeOf(agreed?.content ?? null, applied),
    refusal: endedRefusal(engagement.state)?.reason ?? null,
  }
})

export const action = engagementAction(AskForm, async ({ ctx, engagementId, form, portal }) => {
  await askForSomething(ctx, { engagementId, text: form.text, origin: portal.deps.publicOrigin })
  return redirect(paths.scope(engagementId))
})

export default function Ask() {
  const { engagementId, scope, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]}
        title="What would you like?"
        verdict="In your own words. The lead says whether it is in the signed scope, below, or what it would change."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextArea name="text" label="I would like" rows={5} />
        <SubmitButton disabledReason={refusal}>Ask for it</SubmitButton>
      </PostForm>
      <div className="mt-8">
        <ScopeList items={scope} />
      </div>
    </>
  )
}

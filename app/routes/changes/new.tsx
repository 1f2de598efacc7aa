import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { draftChange } from '#app/commands/changes.ts'
import { ChangeForm, changeRefusal } from '#app/domain/change.ts'
import { ChangeFields } from '#app/features/changes/change-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'New change · Throughline' }]

export const loader = engagementLoader(({ engagementId, standing }) =>
  Promise.resolve({ engagementId, refusal: changeRefusal(standing)?.reason ?? null }),
)

export const action = engagementAction(ChangeForm, async ({ ctx, engagementId, form }) =>
  redirect(paths.change(engagementId, await draftChange(ctx, { engagementId, changeId: null, content: form }))),
)

export default function NewChange() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]}
        title="What changes, and what does it cost?"
        verdict="A draft first; it counts when both sides have approved it."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <ChangeFields />
        <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
      </PostForm>
    </>
  )
}

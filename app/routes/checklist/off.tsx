import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { markChecklistItem } from '#app/commands/checklists.ts'
import { SwitchOffForm, switchOffRefusal } from '#app/domain/checklist.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getChecklistItem } from '#db/queries/checklists.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Switch an item off · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, now }) => ({
  engagementId,
  item: await getChecklistItem(tx, engagementId, toId(params['itemId']), now),
  refusal: switchOffRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(SwitchOffForm, async ({ ctx, engagementId, params, form }) => {
  await markChecklistItem(ctx, { engagementId, itemId: toId(params['itemId']), mark: 'off', reason: form.reason })
  return redirect(paths.checklist(engagementId))
})

export default function SwitchOff() {
  const { engagementId, item, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Progress', to: paths.engagement(engagementId) },
          { label: 'Checklist', to: paths.checklist(engagementId) },
        ]}
        title={`Switch off: ${item.label}`}
        verdict="The reason stays in sight, here and in the dossier; it can be switched on again."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextArea name="reason" label="Why it does not apply here" rows={3} />
        <SubmitButton disabledReason={refusal}>Switch it off</SubmitButton>
      </PostForm>
    </>
  )
}

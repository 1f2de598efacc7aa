import { redirect } from '@remix-run/node'
import { useActionData, useParams } from '@remix-run/react'
import { markChecklistItem } from '#app/commands/checklists.ts'
import { ChecklistMarkForm } from '#app/domain/checklist.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, verbLoader } from '#app/server/page.server.ts'
import { problemOf } from '#app/ui/field.tsx'
import { RefusedVerb } from '#app/ui/form-page.tsx'

export const handle = { policy: 'team' }

export const loader = verbLoader((params) => paths.checklist(params['engagementId'] ?? ''))

export const action = engagementAction(ChecklistMarkForm, async ({ ctx, engagementId, params, form }) => {
  await markChecklistItem(ctx, { engagementId, itemId: toId(params['itemId']), mark: form.mark })
  return redirect(paths.checklist(engagementId))
})

export default function MarkChecklistItem() {
  const { engagementId = '' } = useParams()
  return (
    <RefusedVerb
      state={problemOf(useActionData<typeof action>())}
      backTo={paths.checklist(engagementId)}
      backLabel="Back to the checklist"
    />
  )
}

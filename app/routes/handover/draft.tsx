import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { draftHash } from '#app/commands/drafts.ts'
import { draftHandover } from '#app/commands/handovers.ts'
import { draftHandoverRefusal, HandoverForm } from '#app/domain/handover.ts'
import { startedFromHash } from '#app/domain/text.ts'
import { HandoverFields } from '#app/features/handover/handover-fields.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { listHandovers } from '#db/queries/handovers.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Write the hand-over · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing }) => {
  const [newest] = await listHandovers(tx, engagementId)
  return {
    engagementId,
    content: newest?.content ?? null,
    startedFrom: newest ? draftHash(newest.content) : null,
    refusal: draftHandoverRefusal(standing, { state: engagement.state, signOff: null })?.reason ?? null,
  }
})

export const action = engagementAction(
  HandoverForm.extend({ startedFrom: startedFromHash }),
  async ({ ctx, engagementId, form }) => {
    const { startedFrom, ...content } = form
    await draftHandover(ctx, { engagementId, content, startedFrom })
    return redirect(paths.handover(engagementId))
  },
)

export default function DraftHandover() {
  const { engagementId, content, startedFrom, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Scope', to: paths.scope(engagementId) },
          { label: 'Hand-over', to: paths.handover(engagementId) },
        ]}
        title="Write the hand-over"
        verdict="What runs, what was accepted and what is open is read from the record when you send it."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        {startedFrom === null ? null : <HiddenField name="startedFrom" value={startedFrom} />}
        <HandoverFields content={content} />
        <SubmitButton disabledReason={refusal}>Save the draft</SubmitButton>
      </PostForm>
    </>
  )
}

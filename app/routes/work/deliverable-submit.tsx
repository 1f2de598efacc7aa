import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { transact } from '#app/commands/context.ts'
import { submitDeliverable } from '#app/commands/deliverables.ts'
import { ensureRoom } from '#app/commands/storage.ts'
import { DELIVERABLE_BYTES_MAX, SubmitDeliverableForm, submitRefusal } from '#app/domain/deliverable.ts'
import { ensure } from '#app/domain/errors.ts'
import type { DeliverableId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader, engagementUpload } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { FileField, problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getDeliverable } from '#db/queries/deliverables.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Submit a deliverable · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const deliverable = await getDeliverable(tx, engagementId, toId<DeliverableId>(params['deliverableId']))
  const refusal = submitRefusal(standing, deliverable, { signerCount: 1 })
  return { engagementId, deliverable, refusal: refusal?.reason ?? null }
})

export const action = engagementUpload(SubmitDeliverableForm, async (door) => {
  const { ctx, engagementId, params, form, file, fileName, portal, standing } = door
  // Before a byte is stored; the command asks again, in its transaction.
  ensure(submitRefusal(standing, { state: 'planned', round: 0 }, { signerCount: 1 }))
  const { blobs, publicOrigin: origin } = portal.deps
  await transact(ctx, (tx) => ensureRoom(tx, { engagementId, blobs }))
  const deliverableId = toId<DeliverableId>(params['deliverableId'])
  const signOffId = await blobs.write(engagementId, file, DELIVERABLE_BYTES_MAX, (blob) =>
    submitDeliverable(ctx, { engagementId, deliverableId, file: { name: fileName, blob }, note: form.note, origin }),
  )
  return redirect(paths.signOff(engagementId, signOffId))
})

export default function SubmitDeliverable() {
  const { engagementId, deliverable, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: deliverable.key, to: paths.deliverable(engagementId, deliverable.id) }]}
        title={`Submit ${deliverable.title}`}
        verdict={`The client has ${String(deliverable.reviewDays)} days for the answer. Submitting is our side’s approval.`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
        <TextArea name="note" label="What is new in it" rows={3} optional />
        <FileField
          name="file"
          label="File"
          bytesMax={DELIVERABLE_BYTES_MAX}
          hint={`At most ${String(DELIVERABLE_BYTES_MAX / 1_048_576)} MB. It is kept by its hash.`}
        />
        <SubmitButton disabledReason={refusal}>Submit it</SubmitButton>
      </PostForm>
    </>
  )
}

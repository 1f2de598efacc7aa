import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { gateOf } from '#app/commands/deployments.ts'
import { requestWaiver } from '#app/commands/gate-waivers.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { requestWaiverRefusal, waivableItems, WAIVER_DAYS_MAX, WaiverForm } from '#app/domain/gate-waiver.ts'
import { GateList } from '#app/features/models/gate-list.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader, Section } from '#app/ui/layout.tsx'
import { getModelVersion } from '#db/queries/models.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Ask for a waiver · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const version = await getModelVersion(tx, engagementId, toId<ModelVersionId>(params['modelVersionId']))
  const gate = await gateOf(tx, engagementId, version)
  return {
    engagementId,
    versionId: version.id,
    name: `${version.modelName} v${String(version.version)}`,
    items: waivableItems(gate),
    refusal: requestWaiverRefusal(standing, gate)?.reason ?? null,
  }
})

export const action = engagementAction(WaiverForm, async ({ ctx, engagementId, params, form, portal }) => {
  const modelVersionId = toId<ModelVersionId>(params['modelVersionId'])
  await requestWaiver(ctx, { ...form, engagementId, modelVersionId, origin: portal.deps.publicOrigin })
  return redirect(paths.modelVersion(engagementId, modelVersionId))
})

export default function NewWaiver() {
  const { engagementId, versionId, name, items, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: paths.modelVersion(engagementId, versionId) }]}
        title="Ask for an emergency waiver"
        verdict="You ask, the client’s accountable person grants. It lets the conditions below pass for a few days and is shown wherever the model is."
      />
      <Section title="What would pass unmet">
        <GateList gate={items} engagementId={engagementId} />
      </Section>
      <PostForm state={problem}>
        <TextArea name="reason" label="Why it cannot wait" />
        <TextArea name="risk" label="What could go wrong" />
        <TextField
          name="days"
          type="number"
          label="For how many days"
          hint={`At most ${String(WAIVER_DAYS_MAX)}, from the moment it is granted.`}
          defaultValue="3"
        />
        <SubmitButton disabledReason={refusal}>Ask the client</SubmitButton>
      </PostForm>
    </>
  )
}

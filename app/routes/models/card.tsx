import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { draftHash } from '#app/commands/drafts.ts'
import { writeModelCard } from '#app/commands/model-cards.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { CardForm, cardRefusal, readCardProse } from '#app/domain/model-card.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getModelVersion } from '#db/queries/models.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Write a model card · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const version = await getModelVersion(tx, engagementId, toId<ModelVersionId>(params['modelVersionId']))
  return {
    engagementId,
    versionId: version.id,
    name: `${version.modelName} v${String(version.version)}`,
    prose: readCardProse(version.description),
    startedFrom: draftHash(version.description),
    refusal: cardRefusal(standing)?.reason ?? null,
  }
})

export const action = engagementAction(CardForm, async ({ ctx, engagementId, params, form }) => {
  const { startedFrom, ...prose } = form
  const modelVersionId = toId<ModelVersionId>(params['modelVersionId'])
  await writeModelCard(ctx, { engagementId, modelVersionId, prose, startedFrom })
  return redirect(paths.modelVersion(engagementId, modelVersionId))
})

export default function WriteModelCard() {
  const { engagementId, versionId, name, prose, startedFrom, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: name, to: paths.modelVersion(engagementId, versionId) },
        ]}
        title="What should a stranger know of this model?"
        verdict="The rest of the card comes from the records. MLflow shows this text as the version’s description; the client reads it too."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <HiddenField name="startedFrom" value={startedFrom} />
        <TextArea name="summary" label="Summary" rows={3} defaultValue={prose.summary} optional />
        <TextArea
          name="intendedUse"
          label="Intended use"
          hint="For which decision, by whom, on what kind of cases."
          rows={4}
          defaultValue={prose.intendedUse}
          optional
        />
        <TextArea
          name="limits"
          label="Limits"
          hint="Where it is known to fail, and what it must not be used for."
          rows={4}
          defaultValue={prose.limits}
          optional
        />
        <TextArea
          name="owner"
          label="Owner"
          hint="Who answers for it once it is live."
          rows={2}
          defaultValue={prose.owner}
          optional
        />
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}

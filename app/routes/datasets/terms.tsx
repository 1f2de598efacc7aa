import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { describeDataset } from '#app/commands/datasets.ts'
import { DatasetTermsForm, importRefusal, LEGAL_BASES, LEGAL_BASIS_WORDS } from '#app/domain/dataset.ts'
import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, SelectField, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getDatasetVersion } from '#db/queries/datasets.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Terms of use · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => ({
  engagementId,
  version: await getDatasetVersion(tx, engagementId, toId<DatasetVersionId>(params['datasetVersionId'])),
  refusal: importRefusal(standing)?.reason ?? null,
}))

export const action = engagementAction(DatasetTermsForm, async ({ ctx, engagementId, params, form }) => {
  const id = toId<DatasetVersionId>(params['datasetVersionId'])
  await describeDataset(ctx, { engagementId, id, terms: form })
  return redirect(paths.dataset(engagementId, id))
})

export default function DatasetTerms() {
  const { engagementId, version, refusal } = useLoaderData<typeof loader>()
  const name = `${version.name} v${String(version.version)}`
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Data', to: paths.datasets(engagementId) },
          { label: name, to: paths.dataset(engagementId, version.id) },
        ]}
        title={`On which terms may ${name} be used?`}
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <SelectField
          name="legalBasis"
          label="Legal basis"
          empty="Choose one"
          defaultValue={version.legalBasis ?? undefined}
          options={LEGAL_BASES.map((value) => ({ value, label: LEGAL_BASIS_WORDS[value] }))}
        />
        <TextArea
          name="purposes"
          label="Purposes"
          hint="One a line."
          rows={3}
          defaultValue={version.purposes.join('\n')}
        />
        <TextField name="residency" label="Where it must stay" defaultValue={version.residency} optional />
        <TextField
          name="retainUntil"
          label="Last day it may be kept"
          type="date"
          defaultValue={version.retainUntil}
          optional
        />
        <SubmitButton disabledReason={refusal}>Save the terms</SubmitButton>
      </PostForm>
    </>
  )
}

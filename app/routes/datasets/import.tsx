import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { ensureMayImport, importDataset } from '#app/commands/datasets.ts'
import { DATASET_BYTES_MAX, DatasetForm, freshDataRefusal } from '#app/domain/dataset.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader, engagementUpload } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { FileField, problemOf, TextArea, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { storeCsv } from '#db/csv-import.server.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Import data · Throughline' }]

export const loader = engagementLoader(({ engagement, engagementId, standing }) =>
  Promise.resolve({ engagementId, refusal: freshDataRefusal(standing, engagement.state)?.reason ?? null }),
)

export const action = engagementUpload(DatasetForm, async ({ ctx, engagementId, form, file, portal }) => {
  const { blobs } = portal.deps
  await ensureMayImport(ctx, engagementId, blobs)
  const limits = { engagementId, target: form.target, bytesMax: DATASET_BYTES_MAX }
  await storeCsv(blobs, file, limits, (read) => importDataset(ctx, { engagementId, form, ...read }))
  return redirect(paths.datasets(engagementId))
})

export default function ImportDataset() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data', to: paths.datasets(engagementId) }]}
        title="Import a file of data"
        verdict="Its digest names exactly these bytes. Another file under the same name becomes the next version."
      />
      <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
        <TextField name="name" label="Name" placeholder="claims-holdout" />
        <TextArea name="description" label="What it holds" rows={2} optional />
        <TextField name="sourceNote" label="Where it comes from" />
        <TextField name="licence" label="Licence or legal basis" />
        <TextField
          name="target"
          label="Column of 0 and 1 to be predicted"
          hint="Its ones are counted, so that a confidence interval can be computed."
          optional
        />
        <FileField
          name="file"
          label="File"
          accept=".csv,text/csv"
          bytesMax={DATASET_BYTES_MAX}
          hint={`CSV in UTF-8 with a header, at most ${String(DATASET_BYTES_MAX / 1_048_576)} MB.`}
        />
        <SubmitButton disabledReason={refusal}>Import</SubmitButton>
      </PostForm>
    </>
  )
}

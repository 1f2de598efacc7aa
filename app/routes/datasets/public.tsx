import { Readable } from 'node:stream'
import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { ensureMayImport, importDataset } from '#app/commands/datasets.ts'
import { DATASET_BYTES_MAX, importRefusal } from '#app/domain/dataset.ts'
import { found } from '#app/domain/errors.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, RadioGroup } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { storeCsv } from '#db/csv-import.server.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Public data · Throughline' }]

export const loader = engagementLoader(({ engagementId, standing, portal }) =>
  Promise.resolve({
    engagementId,
    refusal: importRefusal(standing)?.reason ?? null,
    datasets: portal.deps.publicDatasets().map(({ csv: _csv, ...about }) => about),
  }),
)

const Chosen = z.object({ name: z.string({ error: 'Choose one.' }) })

export const action = engagementAction(Chosen, async ({ ctx, engagementId, form, portal }) => {
  const { blobs } = portal.deps
  await ensureMayImport(ctx, engagementId, blobs)
  const dataset = found(
    portal.deps.publicDatasets().find(({ name }) => name === form.name),
    'This data set',
  )
  const { name, description, licence, source, binaryTarget: target } = dataset
  const about = { name, description, licence, sourceNote: source, target }
  const limits = { engagementId, target, bytesMax: DATASET_BYTES_MAX }
  await storeCsv(blobs, Readable.from([dataset.csv]), limits, (read) =>
    importDataset(ctx, { engagementId, form: about, ...read }),
  )
  return redirect(paths.datasets(engagementId))
})

export default function PublicDatasets() {
  const { engagementId, refusal, datasets } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Data', to: paths.datasets(engagementId) }]}
        title="Use public data"
        verdict="Data sets that come with the portal and fit its recipes: real, licensed, and the same bytes everywhere."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <RadioGroup
          name="name"
          label="Data set"
          options={datasets.map((dataset) => ({
            value: dataset.name,
            label: `${dataset.title} (${dataset.name}, ${dataset.rows.toLocaleString('en-GB')} rows)`,
            hint: `${dataset.description} ${dataset.source}. ${dataset.licence}.`,
          }))}
        />
        <SubmitButton disabledReason={refusal}>Bring it in</SubmitButton>
      </PostForm>
    </>
  )
}

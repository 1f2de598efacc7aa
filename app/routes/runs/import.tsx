import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { ensureMayImport, importRuns } from '#app/commands/run-imports.ts'
import { importRefusal } from '#app/domain/dataset.ts'
import { AppError } from '#app/domain/errors.ts'
import { IMPORT_BYTES_MAX, IMPORT_ROWS_MAX, readImport } from '#app/domain/run-import.ts'
import { line } from '#app/domain/text.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader, engagementUpload } from '#app/server/page.server.ts'
import { bytesOf } from '#app/server/upload.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { FileField, problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { CodeBlock, PageHeader, Section } from '#app/ui/layout.tsx'
import { sha256 } from '#db/digest.ts'
import { readSheet } from '#db/sheet.server.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Import past results · Throughline' }]

export const loader = engagementLoader(({ engagementId, standing }) =>
  Promise.resolve({ engagementId, refusal: importRefusal(standing)?.reason ?? null }),
)

const ImportForm = z.object({ name: line(200, 'A name') })

export const action = engagementUpload(ImportForm, async ({ ctx, engagementId, form, file }) => {
  await ensureMayImport(ctx, engagementId)
  const bytes = await bytesOf(file, IMPORT_BYTES_MAX)
  const reading = readImport(await readSheet(bytes))
  if (reading.errors.length > 0) {
    const said = reading.errors.map((error) => `Line ${String(error.line)}: ${error.message}`).join('\n')
    throw new AppError('invalid', 'Nothing was imported.', { fields: { file: said } })
  }
  await importRuns(ctx, { engagementId, fileName: form.name, sha256: sha256(bytes), runs: reading.runs })
  return redirect(paths.runs(engagementId))
})

export default function ImportRuns() {
  const { engagementId, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Runs', to: paths.runs(engagementId) }]}
        title="Import past results"
        verdict="What stands in a spreadsheet becomes runs that everybody can see. They are unverified for ever and satisfy no criterion. All rows or none."
      />
      <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
        <TextField name="name" label="What this file is" placeholder="Spreadsheet of last year" />
        <FileField
          name="file"
          label="File"
          accept=".csv,.xlsx,text/csv"
          bytesMax={IMPORT_BYTES_MAX}
          hint={`CSV or XLSX, at most ${String(IMPORT_BYTES_MAX / 1_048_576)} MB and ${IMPORT_ROWS_MAX.toLocaleString('en-GB')} rows.`}
        />
        <SubmitButton disabledReason={refusal}>Import</SubmitButton>
      </PostForm>
      <div className="mt-8">
        <Section title="How the file looks">
          <CodeBlock label="The first row names the columns">
            {
              'name,experiment,start_time,dataset,dataset_digest,metrics.roc_auc,params.depth,tags.owner\nfirst try,Triage,2025-11-03,holdout,,0.74,3,Jo'
            }
          </CodeBlock>
        </Section>
      </div>
    </>
  )
}

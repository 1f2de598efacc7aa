import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { transact } from '#app/commands/context.ts'
import { requestBatch } from '#app/commands/prediction-batches.ts'
import { signatureOf } from '#app/commands/signatures.ts'
import { ensureRoom } from '#app/commands/storage.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import {
  askRefusal,
  BATCH_BYTES_MAX,
  BATCH_KEPT_DAYS,
  BATCH_ROWS_MAX,
  isBatchEnded,
} from '#app/domain/prediction-batch.ts'
import { BatchBadge } from '#app/features/deployments/batch-badge.tsx'
import { paths } from '#app/paths.ts'
import { endpointOf } from '#app/server/endpoint-page.server.ts'
import { engagementLoader, engagementUpload } from '#app/server/page.server.ts'
import { Visibility } from '#app/ui/badge.tsx'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { FileField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { storeCsv } from '#db/csv-import.server.ts'
import { listBatches } from '#db/queries/prediction-batches.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Answers · Throughline' }]

const NOT_LIVE = 'Nothing is live at this address, so nobody would answer.'

export const loader = engagementLoader(async ({ tx, engagement, engagementId, params, actor, now, standing, url }) => {
  const { endpoint, live } = await endpointOf(tx, engagementId, params['endpointId'])
  return {
    engagementId,
    endpoint,
    now,
    zone: actor.timeZone,
    isTold: url.searchParams.has('told'),
    batches: await listBatches(tx, endpoint.id),
    fileRefusal: endedRefusal(engagement.state)?.reason ?? null,
    refusal: live === null ? NOT_LIVE : (askRefusal(standing)?.reason ?? null),
  }
})

export const action = engagementUpload(z.object({}), async (door) => {
  const { ctx, engagementId, params, file, fileName, portal, standing } = door
  ensure(askRefusal(standing))
  const { blobs } = portal.deps
  const { endpoint, version } = await transact(ctx, async (tx) => {
    await ensureRoom(tx, { engagementId, blobs })
    return endpointOf(tx, engagementId, params['endpointId'])
  })
  const signature = version === null ? null : await signatureOf(blobs, engagementId, version)
  if (signature === null) throw new AppError('refused', NOT_LIVE)
  const limits = { engagementId, target: '', bytesMax: BATCH_BYTES_MAX }
  const name = fileName.slice(0, 200)
  const batchId = await storeCsv(blobs, file, limits, (read) =>
    requestBatch(ctx, { engagementId, endpointId: endpoint.id, fileName: name, signature, ...read }),
  )
  return redirect(paths.batch(engagementId, endpoint.id, batchId))
})

export default function Answers() {
  const { engagementId, endpoint, now, zone, batches, refusal, fileRefusal, isTold } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Models', to: paths.models(engagementId) },
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
        ]}
        title={`Ask ${endpoint.modelName}`}
        badge={<Visibility sharedWith="client" />}
        verdict="About one case by hand, or about every row of a file. What turns out to be true later can be told beside each answer; it counts for what was signed."
      />
      {isTold ? <Callout tone="met">What turned out to be true is kept. Thank you.</Callout> : null}
      <Section title="One case">
        {refusal === null ? (
          <LinkButton to={paths.askOne(engagementId, endpoint.id)} look="primary">
            Ask about one case
          </LinkButton>
        ) : (
          <p className="text-muted">{refusal}</p>
        )}
      </Section>
      <Section
        title="Every row of a file"
        aside={
          <Link to={paths.answersEmptyFile(engagementId, endpoint.id)} reloadDocument>
            Download an empty file with its columns
          </Link>
        }
      >
        <PostForm state={problemOf(useActionData<typeof action>())} hasFile>
          <FileField
            name="file"
            label="File"
            accept=".csv,text/csv"
            bytesMax={BATCH_BYTES_MAX}
            hint={`CSV in UTF-8 with a header, at most ${BATCH_ROWS_MAX.toLocaleString('en-GB')} rows and ${String(BATCH_BYTES_MAX / 1_048_576)} MB. Columns that it does not need stay in the result.`}
          />
          <SubmitButton disabledReason={refusal ?? fileRefusal}>Ask about every row</SubmitButton>
        </PostForm>
      </Section>
      <Section title="Files before">
        {batches.length === 0 ? (
          <EmptyState title="No file was sent yet">
            Each stays here with who sent it; the bytes are kept for {BATCH_KEPT_DAYS} days.
          </EmptyState>
        ) : (
          <ul className="grid gap-2">
            {batches.map((batch) => (
              <li key={batch.id} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <BatchBadge state={batch.state} />
                <Link to={paths.batch(engagementId, endpoint.id, batch.id)}>{batch.fileName}</Link>
                <span className="text-muted">
                  {isBatchEnded(batch.state)
                    ? `${batch.rows.toLocaleString('en-GB')} rows`
                    : `${batch.rowsDone.toLocaleString('en-GB')} of ${batch.rows.toLocaleString('en-GB')} rows`}
                  , {batch.requestedByName}, <Time at={batch.requestedAt} now={now} zone={zone} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

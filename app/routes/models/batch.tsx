import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData, useRevalidator } from '@remix-run/react'
import { useEffect } from 'react'
import { isAppError } from '#app/domain/errors.ts'
import type { BatchId, EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import {
  BATCH_KEPT_DAYS,
  BATCH_ROWS_PER_PAGE,
  BATCH_ROWS_SHOWN_MAX,
  cancelBatchRefusal,
  isBatchEnded,
  resultColumns,
} from '#app/domain/prediction-batch.ts'
import { AnswerRows } from '#app/features/deployments/answer-rows.tsx'
import { BatchBadge } from '#app/features/deployments/batch-badge.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import type { Blobs } from '#db/blobs.server.ts'
import { readCsvRange } from '#db/csv-rows.server.ts'
import { getEndpoint } from '#db/queries/deployments.ts'
import { getBatch, listTruths } from '#db/queries/prediction-batches.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Answers for a file · Throughline' }]

const REFRESH_MS = 1000

export const loader = engagementLoader(async ({ tx, engagementId, params, portal, url }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  const batch = await getBatch(tx, endpoint.id, toId<BatchId>(params['batchId']))
  const asked = Math.trunc(Number(url.searchParams.get('from') ?? 0))
  const last = Math.max(0, Math.min(batch.rows, BATCH_ROWS_SHOWN_MAX) - 1)
  const from = Number.isFinite(asked) ? Math.min(Math.max(0, asked), last) : 0
  const { outputSha256, ...shown } = batch
  const range = { from, count: BATCH_ROWS_PER_PAGE }
  const read =
    outputSha256 === null ? null : await rowsOf(portal.deps.blobs, { engagementId, sha256: outputSha256 }, range)
  const truths = read === null ? null : await listTruths(tx, batch.id, range)
  return {
    engagementId,
    endpoint,
    batch: shown,
    from,
    columns: read?.columns ?? [],
    rows: read?.rows.map((row) => ({ ...row, truth: truths?.get(row.index) ?? null })) ?? null,
    hasFile: read !== null,
    cancelReason: cancelBatchRefusal(batch.state)?.reason ?? null,
  }
})

/** A page of the result; null when its bytes are not kept any more. */
async function rowsOf(
  blobs: Blobs,
  file: { engagementId: Parameters<Blobs['open']>[0]; sha256: string },
  range: { readonly from: number; readonly count: number },
) {
  const blob = await blobs.open(file.engagementId, file.sha256).catch((error: unknown) => {
    if (isAppError(error) && error.code === 'not_found') return null
    throw error
  })
  if (blob === null) return null
  const records = await readCsvRange(blob.stream(), range)
  const names = Object.keys(records[0] ?? {})
  // The result's own two columns stand last.
  const columns = names.slice(0, -2)
  const { answer, problem } = resultColumns(columns)
  return {
    columns,
    rows: records.map((record, at) => ({
      index: range.from + at,
      cells: columns.map((name) => record[name] ?? ''),
      answer: record[answer] ?? '',
      problem: record[problem] ?? '',
    })),
  }
}

export default function Batch() {
  const { engagementId, endpoint, batch, from, columns, rows, hasFile, cancelReason } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const isOver = isBatchEnded(batch.state)
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(revalidate, REFRESH_MS)
    return () => {
      clearInterval(timer)
    }
  }, [isOver, revalidate])
  const count = (value: number) => value.toLocaleString('en-GB')
  const here = paths.batch(engagementId, endpoint.id, batch.id)
  const next = from + BATCH_ROWS_PER_PAGE
  return (
    <>
      <PageHeader
        crumbs={[
          { label: endpoint.slug, to: paths.endpoint(engagementId, endpoint.id) },
          { label: `Ask ${endpoint.modelName}`, to: paths.answers(engagementId, endpoint.id) },
        ]}
        title={batch.fileName}
        badge={<BatchBadge state={batch.state} />}
        verdict={
          batch.reason !== ''
            ? batch.reason
            : isOver
              ? `${count(batch.rows - batch.rowsRefused)} of ${count(batch.rows)} rows have an answer of revision ${String(batch.revision)}.${batch.rowsRefused > 0 ? ' Beside the others stands what is wrong with them.' : ''}`
              : `${count(batch.rowsDone)} of ${count(batch.rows)} rows are answered. It goes on when you leave this page.`
        }
        action={
          hasFile ? (
            <LinkButton to={paths.batchFile(engagementId, endpoint.id, batch.id)} look="primary" isDocument>
              Download all answers
            </LinkButton>
          ) : isOver ? undefined : (
            <Form method="post" action={paths.batchCancel(engagementId, endpoint.id, batch.id)}>
              <SubmitButton look="danger" disabledReason={cancelReason}>
                Cancel
              </SubmitButton>
            </Form>
          )
        }
      />
      {isOver ? null : (
        <progress
          max={batch.rows}
          value={batch.rowsDone}
          aria-label="Rows that are answered"
          className="mb-6 h-2 w-full max-w-md accent-accent"
        />
      )}
      {rows === null ? (
        batch.state === 'succeeded' ? (
          <EmptyState title="The file is not kept any more">
            Files go {BATCH_KEPT_DAYS} days after their end.
          </EmptyState>
        ) : null
      ) : (
        <Section
          title={`Rows ${count(from + 1)} to ${count(Math.min(next, batch.rows))}`}
          aside={
            batch.rows > BATCH_ROWS_SHOWN_MAX
              ? `The first ${count(BATCH_ROWS_SHOWN_MAX)} are shown; all stand in the file.`
              : undefined
          }
        >
          <AnswerRows
            columns={columns}
            rows={rows}
            requestId={batch.id}
            truthAction={paths.truth(engagementId, endpoint.id)}
            from={from}
          />
          <nav aria-label="Pages of rows" className="mt-3 flex gap-3">
            {from > 0 ? (
              <LinkButton to={`${here}?from=${String(Math.max(0, from - BATCH_ROWS_PER_PAGE))}`}>
                Rows before
              </LinkButton>
            ) : null}
            {next < Math.min(batch.rows, BATCH_ROWS_SHOWN_MAX) ? (
              <LinkButton to={`${here}?from=${String(next)}`}>Rows after</LinkButton>
            ) : null}
          </nav>
        </Section>
      )}
    </>
  )
}

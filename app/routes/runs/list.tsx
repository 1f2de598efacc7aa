import type { MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData } from '@remix-run/react'
import { pageTokenOf, positionIn } from '#app/api/mlflow/page-token.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { RunFilter } from '#app/features/runs/run-filter.tsx'
import { RunTable } from '#app/features/runs/run-table.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { runQuestion } from '#app/server/run-question.ts'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { searchRunList } from '#db/queries/run-list.ts'
import { runPositionLength } from '#db/queries/run-search.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Runs · Throughline' }]

const PAGE_ROWS = 100

export const loader = engagementLoader(async ({ tx, engagementId, standing, now, actor, url }) => {
  const question = runQuestion(url)
  const asked = ['page', engagementId, question.typed]
  const after = positionIn(asked, url.searchParams.get('after'), runPositionLength(question.order))
  const { rows, next } = await searchRunList(tx, engagementId, {
    filter: question.filter,
    order: question.order,
    limit: PAGE_ROWS,
    ...(after === undefined ? {} : { after }),
  })
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    mayStart: startJobRefusal(standing) === null,
    typed: question.typed,
    error: question.error,
    columns: url.searchParams.getAll('column'),
    isFirstPage: after === undefined,
    next: next === null ? null : pageTokenOf(asked, next),
    // What was written about them is on their own pages, and would be most of this one.
    runs: rows.map(({ notes: _notes, ...row }) => row),
  }
})

export default function Runs() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, now, zone, mayStart, typed, columns, runs } = page
  const query = (change: Record<string, string>) => {
    const kept = [['filter', typed.filter], ['order', typed.order], ...columns.map((key) => ['column', key])] // prettier-ignore
    const next = new URLSearchParams(
      kept.filter(([name = '', value]) => value !== '' && !(name in change)) as [string, string][],
    ) // pairs
    for (const [name, value] of Object.entries(change)) if (value !== '') next.set(name, value)
    return `?${next.toString()}`
  }
  return (
    <>
      <PageHeader
        title="What was tried?"
        verdict="Every run with its verdict against what was signed. Runs on other data, or logged from outside, are kept and never compared."
        action={
          mayStart ? (
            <>
              <LinkButton to={paths.newJob(engagementId)} look="primary">
                Start a training job
              </LinkButton>
              <LinkButton to={paths.importRuns(engagementId)}>Import past results</LinkButton>
            </>
          ) : undefined
        }
      />
      <RunFilter
        typed={typed}
        error={page.error}
        columns={columns}
        rows={runs}
        exports={{
          csv: paths.runsCsv(engagementId) + query({ column: '' }),
          json: paths.runsJson(engagementId) + query({ column: '' }),
        }}
      />
      <Form method="get" action={paths.compareRuns(engagementId)}>
        <RunTable
          rows={runs}
          engagementId={engagementId}
          now={now}
          zone={zone}
          columns={columns}
          isFiltered={typed.filter !== '' || !page.isFirstPage}
          order={typed.order}
          orderHref={(order) => query({ order })}
        />
        {runs.length < 2 ? null : (
          <div className="mt-3 flex flex-wrap items-center gap-3">
            <SubmitButton look="plain">Compare the ticked runs</SubmitButton>
            <span className="ml-auto flex gap-3 text-sm">
              {page.isFirstPage ? null : <Link to={query({})}>First page</Link>}
              {page.next === null ? null : <Link to={query({ after: page.next })}>Next {PAGE_ROWS}</Link>}
            </span>
          </div>
        )}
      </Form>
    </>
  )
}

import type { MetaFunction } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import { useCallback, useState } from 'react'
import { runPage } from '#app/api/run-page.ts'
import { startJobRefusal } from '#app/domain/job.ts'
import { RunFilter } from '#app/features/runs/run-filter.tsx'
import { RunTable } from '#app/features/runs/run-table.tsx'
import { RunsFoot } from '#app/features/runs/runs-foot.tsx'
import { useMoreRuns } from '#app/features/runs/use-more-runs.ts'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { LinkButton } from '#app/ui/button.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { countRunList } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Runs · Throughline' }]

const PAGE_ROWS = 100
/** More are said to be “more than” so many. */
const COUNT_MAX = 100_000

export const loader = engagementLoader(async ({ tx, engagement, engagementId, standing, now, actor, url }) => {
  const { question, isFirstPage, rows, next } = await runPage(tx, engagementId, url, PAGE_ROWS)
  const count = next === null ? rows.length : await countRunList(tx, engagementId, question.filter, COUNT_MAX)
  return {
    engagementId,
    now,
    zone: actor.timeZone,
    mayStart: startJobRefusal(standing, engagement.state) === null,
    typed: question.typed,
    error: question.error,
    columns: url.searchParams.getAll('column'),
    isFirstPage,
    next,
    // Of a later page nobody knows how many come before it.
    total: isFirstPage && count < COUNT_MAX ? count : null,
    // What was written about them is on their own pages, and would be most of this one.
    runs: rows.map(({ notes: _notes, ...row }) => row),
  }
})

export default function Runs() {
  const page = useLoaderData<typeof loader>()
  const { engagementId, now, zone, mayStart, typed, columns, total } = page
  const query = useCallback(
    (change: Record<string, string>) => {
      const kept = [['filter', typed.filter], ['order', typed.order], ...columns.map((key) => ['column', key])] // prettier-ignore
      const next = new URLSearchParams(
        kept.filter(([name = '', value]) => value !== '' && !(name in change)) as [string, string][],
      ) // pairs
      for (const [name, value] of Object.entries(change)) if (value !== '') next.set(name, value)
      return `?${next.toString()}`
    },
    [typed, columns],
  )
  const hrefAfter = useCallback(
    (after: string) => paths.runRows(engagementId) + query({ after, column: '' }),
    [engagementId, query],
  )
  const { rows, hasMore, state, load } = useMoreRuns(page.runs, page.next, hrefAfter)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const choose = useCallback((id: string, isChosen: boolean) => {
    setChosen((before) => new Set(isChosen ? [...before, id] : [...before].filter((one) => one !== id)))
  }, [])
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
        rows={page.runs}
        exports={{
          csv: paths.runsCsv(engagementId) + query({ column: '' }),
          json: paths.runsJson(engagementId) + query({ column: '' }),
        }}
      />
      <Form method="get" action={paths.compareRuns(engagementId)}>
        <RunTable
          rows={rows}
          engagementId={engagementId}
          now={now}
          zone={zone}
          columns={columns}
          isFiltered={typed.filter !== '' || !page.isFirstPage}
          order={typed.order}
          orderHref={(order) => query({ order })}
          chosen={chosen}
          onChoose={choose}
          scrolling={{ hasMore, load, total }}
        />
        {rows.length < 2 ? null : (
          <RunsFoot
            {...{ state, load, total, hasMore }}
            shownCount={rows.length}
            chosenCount={chosen.size}
            firstHref={page.isFirstPage ? null : query({})}
            nextHref={page.next === null ? null : query({ after: page.next })}
          />
        )}
      </Form>
    </>
  )
}

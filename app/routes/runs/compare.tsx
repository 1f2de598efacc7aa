import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import type { RunId } from '#app/domain/ids.ts'
import { CHARTS_MAX } from '#app/domain/metric.ts'
import { axisCandidates, parallelAxes } from '#app/domain/parallel-axes.ts'
import { ComparisonTable } from '#app/features/runs/comparison-table.tsx'
import { ParallelRuns } from '#app/features/runs/parallel-runs.tsx'
import { paths } from '#app/paths.ts'
import { comparedRuns } from '#app/server/compared-runs.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { EmptyState, ExportLinks, PageHeader, Section } from '#app/ui/layout.tsx'
import { SeriesChart } from '#app/ui/lazy-chart.tsx'
import { listSeries } from '#db/queries/metrics.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Compare runs · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, url }) => {
  const { ids, found, runs, rows } = await comparedRuns(tx, engagementId, url)
  const series: { run: string; key: string; points: readonly { step: number; value: number }[] }[] = []
  for (const [at, run] of found.entries())
    for (const one of await listSeries(tx, run.id)) series.push({ run: runs[at]?.name ?? '', ...one })
  return {
    engagementId,
    showsAll: url.searchParams.get('all') === '1',
    ids,
    runs,
    rows,
    axes: parallelAxes(rows, url.searchParams.getAll('axis')),
    candidates: axisCandidates(rows),
    charts: [...new Set(series.map(({ key }) => key))].slice(0, CHARTS_MAX).map((key) => ({
      key,
      series: series
        .filter((one) => one.key === key)
        .map(({ run, points }) => ({ id: run, points: points.map(({ step, value }) => ({ x: step, y: value })) })),
    })),
  }
})

export default function CompareRuns() {
  const { engagementId, showsAll, ids, runs, rows, axes, candidates, charts } = useLoaderData<typeof loader>()
  const differing = rows.filter((row) => row.isDifferent)
  const again = (all: boolean) =>
    `?${new URLSearchParams([...ids.map((id: RunId) => ['run', id]), ...(all ? [['all', '1']] : [])] as [string, string][]).toString()}` // pairs
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Runs', to: paths.runs(engagementId) }]}
        title="What makes the difference?"
        verdict={
          runs.length < 2
            ? 'Tick two or more runs in the list.'
            : `${String(differing.length)} of ${String(rows.length)} values differ between ${String(runs.length)} runs.`
        }
      />
      {runs.length < 2 ? (
        <EmptyState title="Nothing to compare yet">Choose runs in the list of runs; ten at most.</EmptyState>
      ) : (
        <>
          <Section
            title={showsAll ? 'Everything that was logged' : 'Only what differs'}
            aside={
              <>
                <Link to={again(!showsAll)}>{showsAll ? 'Only what differs' : 'Show everything'}</Link> ·{' '}
                <ExportLinks
                  csv={paths.compareRunsCsv(engagementId) + again(false)}
                  json={paths.compareRunsJson(engagementId) + again(false)}
                />
              </>
            }
          >
            <ComparisonTable engagementId={engagementId} runs={runs} rows={showsAll ? rows : differing} />
          </Section>
          <ParallelRuns runs={runs} axes={axes} candidates={candidates} showsAll={showsAll} />
          {charts.length === 0 ? null : (
            <Section title="By step">
              <div className="grid gap-4 lg:grid-cols-2">
                {charts.map((chart) => (
                  <figure key={chart.key}>
                    <figcaption className="font-semibold">{chart.key}</figcaption>
                    <SeriesChart
                      title={`${chart.key} by step: ${runs.map(({ name }) => name).join(', ')}`}
                      xLabel="step"
                      series={chart.series}
                      hasLegend
                    />
                  </figure>
                ))}
              </div>
            </Section>
          )}
        </>
      )}
    </>
  )
}

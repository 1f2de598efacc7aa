import type { MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { CHARTS_MAX } from '#app/domain/metric.ts'
import { axisCandidates, parallelAxes } from '#app/domain/parallel-axes.ts'
import { comparedRows } from '#app/domain/run-comparison.ts'
import { ComparisonTable } from '#app/features/runs/comparison-table.tsx'
import { ParallelRuns } from '#app/features/runs/parallel-runs.tsx'
import { paths } from '#app/paths.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { SeriesChart } from '#app/ui/lazy-chart.tsx'
import { listEvaluations } from '#db/queries/evaluations.ts'
import { listSeries } from '#db/queries/metrics.ts'
import type { RunRow } from '#db/queries/runs.ts'
import { getRun, loadRunDetails } from '#db/queries/runs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Compare runs · Throughline' }]

const RUNS_MAX = 10

export const loader = engagementLoader(async ({ tx, engagementId, url }) => {
  const ids = [...new Set(url.searchParams.getAll('run'))].map((id) => toRunId(id))
  if (ids.length > RUNS_MAX) throw new AppError('invalid', `At most ${String(RUNS_MAX)} runs are compared at once.`)
  const runs: RunRow[] = []
  for (const id of ids) runs.push(await getRun(tx, engagementId, id))
  const series: { run: string; key: string; points: readonly { step: number; value: number }[] }[] = []
  for (const run of runs)
    for (const one of await listSeries(tx, run.id)) series.push({ run: nameOf(run, runs), ...one })
  const verdicts = await listEvaluations(tx, engagementId, { runIds: ids })
  const rows = comparedRows(
    (await loadRunDetails(tx, runs)).map(({ run, ...detail }) => ({
      ...detail,
      verdicts: verdicts.filter((verdict) => verdict.runId === run.id),
    })),
  )
  return {
    engagementId,
    showsAll: url.searchParams.get('all') === '1',
    ids,
    runs: runs.map((run) => ({ id: run.id, name: nameOf(run, runs) })),
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

/** Told apart by their ids where two have one name. */
function nameOf(run: { id: string; name: string }, among: readonly { name: string }[]): string {
  const isAlone = among.filter(({ name }) => name === run.name).length === 1
  return isAlone ? run.name : `${run.name} (${run.id.slice(0, 6)})`
}

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
            aside={<Link to={again(!showsAll)}>{showsAll ? 'Only what differs' : 'Show everything'}</Link>}
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

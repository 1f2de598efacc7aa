import { toRunId } from '#app/domain/ids.ts'
import type { HistoryPosition, MetricPoint } from '#app/domain/metric-point.ts'
import { csvDownload, exportPages, pageOf } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { listMetricHistory } from '#db/queries/metrics.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'

export const handle = { policy: 'engagement' }

const POINTS = 5000

/** Every point that a run logged, by metric and step. */
export const loader = engagementLoader(async ({ tx, engagement, params, portal }) => {
  const run = await getRun(tx, engagement.id, toRunId(params['runId']))
  const [detail] = await loadRunDetails(tx, [run])
  const keys = [...new Set(detail?.metrics.map(({ key }) => key))]
  return csvDownload(`run-${run.id}.csv`, ['metric', 'step', 'timestamp_ms', 'value', 'dataset'], lines())

  async function* lines() {
    for (const key of keys)
      for await (const points of pointsOf(key))
        yield points.map((point) => [...[point.key, point.step, point.timestamp, point.value, point.datasetName]])
  }

  function pointsOf(key: string) {
    return exportPages<MetricPoint, HistoryPosition>(portal, async (read, after) =>
      pageOf(await listMetricHistory(read, run.id, key, { after, limit: POINTS + 1 }), (point) => point, POINTS),
    )
  }
})

import { csvResponse } from '#app/server/csv.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { listRunsWithVerdicts } from '#db/queries/run-list.ts'

export const handle = { policy: 'engagement' }

export const loader = engagementLoader(async ({ tx, engagement }) => {
  const rows = await listRunsWithVerdicts(tx, engagement.id, 5000)
  const keys = [...new Set(rows.flatMap((row) => row.metrics.map((metric) => metric.key)))].sort()
  return csvResponse(`runs-${engagement.code}.csv`, [
    ['run_id', 'name', 'state', 'verified', 'user', 'created_at', 'verdicts', ...keys],
    ...rows.map((row) => [
      row.id,
      row.name,
      row.state,
      String(row.isVerified),
      row.userName,
      row.createdAt.toISOString(),
      row.verdicts.map((verdict) => `${verdict.key} v${String(verdict.version)} ${verdict.verdict}`).join('; '),
      ...keys.map((key) => row.metrics.find((metric) => metric.key === key)?.value ?? null),
    ]),
  ])
})

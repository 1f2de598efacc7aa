import { comparedRuns } from '#app/server/compared-runs.ts'
import { csvResponse } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** Every value of the compared runs, a column for each run. */
export const loader = engagementLoader(async ({ tx, engagement, url }) => {
  const { runs, rows } = await comparedRuns(tx, engagement.id, url)
  return csvResponse(`compared-runs-${engagement.code}.csv`, [
    ['kind', 'name', 'differs', ...runs.map(({ name }) => name)],
    ...rows.map((row) => [row.kind, row.label, String(row.isDifferent), ...row.values]),
  ])
})

import { comparedRuns } from '#app/server/compared-runs.ts'
import { jsonFile } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** Every value of the compared runs, in the order of the runs. */
export const loader = engagementLoader(async ({ tx, engagement, url }) => {
  const { runs, rows } = await comparedRuns(tx, engagement.id, url)
  return jsonFile(`compared-runs-${engagement.code}.json`, { engagement: engagement.code, runs, rows })
})

import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { gatherDataset } from '#app/server/dataset-export.ts'
import { jsonFile } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** One version of the data, its terms, and what rests on it. */
export const loader = engagementLoader(async ({ tx, engagement, params }) => {
  const { fileName, ...found } = await gatherDataset(
    tx,
    engagement.id,
    toId<DatasetVersionId>(params['datasetVersionId']),
  )
  return jsonFile(`${fileName}.json`, { engagement: engagement.code, ...found })
})

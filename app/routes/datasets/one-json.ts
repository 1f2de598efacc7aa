import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { exportedDataset } from '#app/server/dataset-export.ts'
import { jsonFile } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getDatasetVersion, listDatasetDependants } from '#db/queries/datasets.ts'

export const handle = { policy: 'engagement' }

/** One version of the data, its terms, and what rests on it. */
export const loader = engagementLoader(async ({ tx, engagement, params }) => {
  const version = await getDatasetVersion(tx, engagement.id, toId<DatasetVersionId>(params['datasetVersionId']))
  return jsonFile(`${version.name}-v${String(version.version)}.json`, {
    engagement: engagement.code,
    dataset: exportedDataset(version),
    dependants: await listDatasetDependants(tx, engagement.id, version.id),
  })
})

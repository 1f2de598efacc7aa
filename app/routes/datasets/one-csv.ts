import type { DatasetVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { gatherDataset } from '#app/server/dataset-export.ts'
import { csvFacts, factsOf } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** One version of the data, its terms, and what rests on it, for spreadsheets. */
export const loader = engagementLoader(async ({ tx, engagement, params }) => {
  const { fileName, dataset, dependants } = await gatherDataset(
    tx,
    engagement.id,
    toId<DatasetVersionId>(params['datasetVersionId']),
  )
  return csvFacts(`${fileName}.csv`, [
    ...factsOf('dataset', dataset),
    ...dependants.map(({ kind, name, how }) => [kind, name, how] as const),
  ])
})

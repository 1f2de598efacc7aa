import { datasetPages } from '#app/server/dataset-export.ts'
import { jsonDownload } from '#app/server/export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** Every version of the data, with its terms. */
export const loader = engagementLoader(({ engagement, portal }) => {
  const pages = datasetPages(portal, engagement.id)
  return Promise.resolve(
    jsonDownload(`data-${engagement.code}.json`, { engagement: engagement.code }, { name: 'datasets', pages }),
  )
})

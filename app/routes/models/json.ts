import { jsonDownload } from '#app/server/export.ts'
import { modelPages } from '#app/server/model-export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** Every registered version. */
export const loader = engagementLoader(({ engagement, portal }) => {
  const pages = modelPages(portal, engagement.id)
  return Promise.resolve(
    jsonDownload(`models-${engagement.code}.json`, { engagement: engagement.code }, { name: 'versions', pages }),
  )
})

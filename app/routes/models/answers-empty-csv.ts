import { signatureOf } from '#app/commands/signatures.ts'
import { found } from '#app/domain/errors.ts'
import { csvResponse } from '#app/server/export.ts'
import { endpointOf } from '#app/server/endpoint-page.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** A file with the columns that the live model needs, and no rows. */
export const loader = engagementLoader(async ({ tx, engagementId, params, portal }) => {
  const { endpoint, version } = await endpointOf(tx, engagementId, params['endpointId'])
  const signature = await signatureOf(portal.deps.blobs, engagementId, found(version, 'A live model'))
  return csvResponse(`${endpoint.slug}.csv`, [found(signature).inputs.map(({ name }) => name)])
})

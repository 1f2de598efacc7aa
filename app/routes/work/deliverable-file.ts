import { Readable } from 'node:stream'
import { found } from '#app/domain/errors.ts'
import type { DeliverableId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { listDeliverableVersions } from '#db/queries/deliverables.ts'

export const handle = { policy: 'engagement' }

/** The submitted bytes, always as a download: nothing that was uploaded is ever shown as a page of ours. */
export const loader = engagementLoader(async ({ tx, engagementId, params, portal }) => {
  const versions = await listDeliverableVersions(tx, engagementId, toId<DeliverableId>(params['deliverableId']))
  const version = found(
    versions.find(({ number }) => String(number) === params['number']),
    'This version',
  )
  const blob = await portal.deps.blobs.open(engagementId, version.sha256)
  return new Response(Readable.toWeb(blob.stream()) as ReadableStream, {
    // node's web streams are the platform's own
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(blob.sizeBytes),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(version.fileName)}`,
    },
  })
})

import { fileResponse } from '#app/api/file-response.ts'
import { found } from '#app/domain/errors.ts'
import type { BatchId, EndpointId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { engagementLoader } from '#app/server/page.server.ts'
import { getEndpoint } from '#db/queries/deployments.ts'
import { getBatch } from '#db/queries/prediction-batches.ts'

export const handle = { policy: 'engagement' }

/** The whole result. */
export const loader = engagementLoader(async ({ tx, engagementId, params, portal, request }) => {
  const endpoint = await getEndpoint(tx, engagementId, toId<EndpointId>(params['endpointId']))
  const batch = await getBatch(tx, endpoint.id, toId<BatchId>(params['batchId']))
  const name = `${batch.fileName.replace(/\.csv$/i, '')}-answers.csv`
  return fileResponse(
    portal.deps.blobs,
    engagementId,
    { sha256: found(batch.outputSha256, 'The result'), name },
    request,
  )
})

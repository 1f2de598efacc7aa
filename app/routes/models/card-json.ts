import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { cardFileName, gatherModelCard } from '#app/server/model-card.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** The model card for machines. */
export const loader = engagementLoader(async ({ tx, engagement, params, now }) => {
  const versionId = toId<ModelVersionId>(params['modelVersionId'])
  const { card } = await gatherModelCard(tx, { engagement, versionId, now })
  return Response.json(card, {
    headers: { 'content-disposition': `attachment; filename="${cardFileName(card, 'json')}"` },
  })
})

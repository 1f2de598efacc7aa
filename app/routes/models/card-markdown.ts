import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { cardMarkdown } from '#app/domain/model-card.ts'
import { cardFileName, gatherModelCard } from '#app/server/model-card.server.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** The model card as a Markdown file. */
export const loader = engagementLoader(async ({ tx, engagement, params, now }) => {
  const versionId = toId<ModelVersionId>(params['modelVersionId'])
  const { card } = await gatherModelCard(tx, { engagement, versionId, now })
  return new Response(cardMarkdown(card), {
    headers: {
      'content-type': 'text/markdown; charset=utf-8',
      'content-disposition': `attachment; filename="${cardFileName(card, 'md')}"`,
    },
  })
})

import { gateOf } from '#app/commands/deployments.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { jsonFile } from '#app/server/export.ts'
import { gatherModelCard } from '#app/server/model-card.server.ts'
import { gatherVersion } from '#app/server/model-export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** One version of a model: its verdicts, gate, deployments, files and card, and the moves of its model's aliases. */
export const loader = engagementLoader(async ({ tx, engagement, params, now }) => {
  const versionId = toId<ModelVersionId>(params['modelVersionId'])
  const carded = await gatherModelCard(tx, { engagement, versionId, now })
  const gate = await gateOf(tx, engagement.id, carded.version)
  const { fileName, ...found } = await gatherVersion(tx, engagement.id, { ...carded, gate })
  return jsonFile(`${fileName}.json`, { engagement: engagement.code, ...found })
})

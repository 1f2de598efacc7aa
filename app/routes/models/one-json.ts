import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { jsonFile } from '#app/server/export.ts'
import { gatherVersion } from '#app/server/model-export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** One version of a model: its verdicts, gate, deployments, files and card, and the moves of its model's aliases. */
export const loader = engagementLoader(async ({ tx, engagement, params, now }) => {
  const versionId = toId<ModelVersionId>(params['modelVersionId'])
  const { fileName, ...found } = await gatherVersion(tx, { engagement, versionId, now })
  return jsonFile(`${fileName}.json`, { engagement: engagement.code, ...found })
})

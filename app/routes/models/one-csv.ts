import { gateOf } from '#app/commands/deployments.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { csvFacts, factsOf } from '#app/server/export.ts'
import { gatherModelCard } from '#app/server/model-card.server.ts'
import { gatherVersion } from '#app/server/model-export.ts'
import { engagementLoader } from '#app/server/page.server.ts'

export const handle = { policy: 'engagement' }

/** One version of a model, as `one-json.ts`, for spreadsheets. */
export const loader = engagementLoader(async ({ tx, engagement, params, now }) => {
  const versionId = toId<ModelVersionId>(params['modelVersionId'])
  const carded = await gatherModelCard(tx, { engagement, versionId, now })
  const gate = await gateOf(tx, engagement.id, carded.version)
  const {
    fileName,
    version,
    files,
    gate: conditions,
    card,
    moves,
  } = await gatherVersion(tx, engagement.id, { ...carded, gate })
  const { deployments, verdicts, tags, ...flat } = version
  return csvFacts(`${fileName}.csv`, [
    ...factsOf('version', flat),
    ...factsOf('tag', Object.fromEntries(tags.map(({ key, value }) => [key, value]))),
    ...verdicts.map((one) => ['verdict', `${one.key} v${String(one.version)}`, one.verdict] as const),
    ...conditions.map((one) => ['gate', one.condition, `${one.isMet ? 'met' : 'unmet'}: ${one.because}`] as const),
    ...deployments.map((one) => ['deployment', `${one.endpoint} r${String(one.revision)}`, one.state] as const),
    ...factsOf('card', card),
    ...factsOf('file', files),
    ...moves.map(
      (one) => [one.kind, `${one.name} at ${one.at.toISOString()} by ${one.actorName}`, one.toVersion] as const,
    ),
  ])
})

import type { GateItem } from '#app/domain/deployment.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { ModelCard } from '#app/domain/model-card.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { listModelVersions } from '#db/queries/models.ts'
import { listMoves } from '#db/queries/registry.ts'
import { groupedByRun, newestPerCriterion } from '#db/queries/run-list.ts'
import { mapSignatures } from '#db/queries/sign-offs.ts'
import type { Tx } from '#db/types.ts'
import type { RequestContext } from './context.server.ts'
import { EXPORT_PAGE_ROWS, exportPages, pageOf } from './export.ts'

/** Of the versions of one page. */
const VERDICTS_MAX = 20_000
const DEPLOYMENTS_MAX = 20_000

/** Every version of an engagement's models with its aliases, signature, deployments and verdicts. */
export function modelPages(portal: RequestContext, engagementId: EngagementId) {
  return exportPages<ExportedVersion, { readonly modelName: string; readonly version: number }>(
    portal,
    async (tx, after) => {
      const limit = EXPORT_PAGE_ROWS + 1
      const rows = await listModelVersions(tx, engagementId, after === null ? { limit } : { after, limit })
      const { rows: page, next } = pageOf(rows, ({ modelName, version }) => ({ modelName, version }))
      return { rows: await exportedVersions(tx, engagementId, page), next }
    },
  )
}

/** What the page of one version says, and where the aliases and stages of its model stood when. */
export async function gatherVersion(
  tx: Tx,
  engagementId: EngagementId,
  { version, card, gate }: { version: ModelVersionRow; card: ModelCard; gate: readonly GateItem[] },
) {
  const [exported] = await exportedVersions(tx, engagementId, [version])
  return {
    fileName: `${version.modelName}-v${String(version.version)}`,
    version: found(exported, 'This version'),
    files: version.files,
    gate: gate.map(({ label, isMet, because, switchedOff }) => ({
      condition: label,
      isMet,
      because,
      switchedOff: switchedOff ?? null,
    })),
    card: { ...card.prose, missing: card.missing.map(({ part }) => part) },
    moves: await listMoves(tx, engagementId, version.modelId),
  }
}

type ExportedVersion = Awaited<ReturnType<typeof exportedVersions>>[number]

async function exportedVersions(tx: Tx, engagementId: EngagementId, versions: readonly ModelVersionRow[]) {
  const runIds = [...new Set(versions.flatMap(({ runId }) => runId ?? []))]
  const verdicts = groupedByRun(await listEvaluations(tx, engagementId, { runIds, limit: VERDICTS_MAX }))
  const modelVersionIds = versions.map(({ id }) => id)
  const signatures = await mapSignatures(tx, engagementId, modelVersionIds)
  const deployments = await listDeployments(tx, engagementId, { modelVersionIds, limit: DEPLOYMENTS_MAX })
  const verdictsOf = (runId: RunId | null) => (runId === null ? [] : newestPerCriterion(verdicts.get(runId) ?? []))
  return versions.map((version) => ({
    id: version.id,
    model: version.modelName,
    version: version.version,
    aliases: version.aliases,
    stage: version.stage,
    state: version.state,
    signature: signatures.get(version.id) ?? null,
    deployments: deployments
      .filter(({ modelVersionId }) => modelVersionId === version.id)
      .map(({ slug, revision, state }) => ({ endpoint: slug, revision, state })),
    verdicts: verdictsOf(version.runId),
    runId: version.runId,
    runName: version.runName,
    source: version.source,
    description: version.description,
    tags: version.tags,
    registeredBy: version.userName,
    registeredAt: version.createdAt.toISOString(),
  }))
}

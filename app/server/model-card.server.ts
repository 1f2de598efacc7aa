import { VERSION_STATE_WORDS } from '#app/domain/criterion.ts'
import { environmentOf } from '#app/domain/environment.ts'
import type { ModelVersionId } from '#app/domain/ids.ts'
import type { ModelCard } from '#app/domain/model-card.ts'
import { inheritedProse, missingParts, readCardProse } from '#app/domain/model-card.ts'
import { listDatasetVersions } from '#db/queries/datasets.ts'
import { listDeployments } from '#db/queries/deployments.ts'
import type { EngagementRow } from '#db/queries/engagements.ts'
import { listEvaluations } from '#db/queries/evaluations.ts'
import type { ModelVersionRow } from '#db/queries/models.ts'
import { findModel, getModelVersion } from '#db/queries/models.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'
import type { Tx } from '#db/types.ts'

/** A model version's card, made from the records. @throws AppError `not_found` */
export async function gatherModelCard(
  tx: Tx,
  of: { readonly engagement: EngagementRow; readonly versionId: ModelVersionId; readonly now: Date },
): Promise<{ readonly version: ModelVersionRow; readonly card: ModelCard }> {
  const { engagement, now } = of
  const version = await getModelVersion(tx, engagement.id, of.versionId)
  const model = await findModel(tx, engagement.id, version.modelName)
  const run = version.runId === null ? null : await getRun(tx, engagement.id, version.runId)
  const [detail] = run === null ? [] : await loadRunDetails(tx, [run])
  const known = new Map((await listDatasetVersions(tx, engagement.id)).map((row) => [String(row.id), row]))
  const verdicts = run === null ? [] : await listEvaluations(tx, engagement.id, { runId: run.id })
  const deployments = await listDeployments(tx, engagement.id, { modelVersionId: version.id })
  const errors = new Map(detail?.metrics.map(({ key, value }) => [key, value]))
  const card: Omit<ModelCard, 'missing'> = {
    format: 'throughline.model-card/1',
    model: version.modelName,
    version: version.version,
    engagement: { code: engagement.code, name: engagement.name, client: engagement.client },
    registered: { by: version.userName, at: version.createdAt.toISOString() },
    madeAt: now.toISOString(),
    prose: inheritedProse(readCardProse(version.description), readCardProse(model?.description ?? '')),
    run: detail
      ? {
          id: detail.run.id,
          name: detail.run.name,
          isVerified: detail.run.isVerified,
          environment: environmentOf(detail.tags),
          parameters: detail.params,
          metrics: detail.metrics
            .filter(({ key }) => !key.endsWith('_se'))
            .map(({ key, value, datasetName }) => ({
              key,
              value: Number.isFinite(value) ? value : String(value),
              standardError: errors.get(`${key}_se`) ?? null,
              dataset: datasetName,
            })),
        }
      : null,
    data: (detail?.inputs ?? []).map((input) => {
      const data = known.get(input.datasetVersionId)
      return {
        role: input.role,
        name: data ? `${data.name} v${String(data.version)}` : input.name,
        digest: input.digest,
        rows: data?.profile.rows ?? null,
        licence: data?.licence ?? '',
        legalBasis: data?.legalBasis ?? null,
      }
    }),
    verdicts: verdicts.map((row) => ({
      criterion: `${row.key} v${String(row.version)}${row.state === 'agreed' ? '' : ` (${VERSION_STATE_WORDS[row.state].toLowerCase()})`}`,
      verdict: row.verdict,
      reason: row.reason,
    })),
    deployments: deployments.map(({ slug, revision, state }) => ({ endpoint: slug, revision, state })),
    files: Object.entries(version.files).map(([path, sha256]) => ({ path, sha256 })),
  }
  return { version, card: { ...card, missing: missingParts(card) } }
}

/** A name for the file that is downloaded; the model's own name may hold anything. */
export function cardFileName(card: ModelCard, ending: 'md' | 'json'): string {
  return `${card.engagement.code}-${card.model.replace(/[^\w.-]+/g, '-')}-v${String(card.version)}-card.${ending}`
}

import { isReportedByPeople, targetPhrase } from '#app/domain/criterion.ts'
import type { EngagementId, ModelVersionId } from '#app/domain/ids.ts'
import type { Comparison } from '#app/domain/retraining-comparison.ts'
import { compareOn } from '#app/domain/retraining-comparison.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { sha256 } from '../digest.ts'
import { listEvaluations, listJudgedVersions } from './evaluations.ts'
import { getModelVersion } from './models.ts'
import type { Tx } from '../types.ts'

/** Live and candidate on one signed criterion. */
export interface ComparedCriterion extends Comparison {
  readonly criterionId: string
  readonly key: string
  readonly version: number
  readonly name: string
  readonly target: string
  readonly dataset: string
  readonly live: ComparedSide | null
  readonly candidate: ComparedSide | null
}

interface ComparedSide {
  readonly verdict: VerdictKind
  readonly value: number | null
  readonly interval: { readonly low: number; readonly high: number } | null
  readonly reason: string
}

/**
 * A candidate beside what is live, on every criterion that is signed now, by the verdicts in force.
 * @returns the rows, and a hash of all that they say: who decides says what they were shown
 */
export async function compareWithLive(
  tx: Tx,
  engagementId: EngagementId,
  versions: { readonly live: ModelVersionId; readonly candidate: ModelVersionId },
): Promise<{ readonly rows: readonly ComparedCriterion[]; readonly hash: string }> {
  const live = await getModelVersion(tx, engagementId, versions.live)
  const candidate = await getModelVersion(tx, engagementId, versions.candidate)
  const runIds = [live.runId, candidate.runId].filter((id) => id !== null)
  const verdicts = runIds.length === 0 ? [] : await listEvaluations(tx, engagementId, { runIds })
  const signed = (await listJudgedVersions(tx, engagementId))
    .filter(({ state, content }) => state === 'agreed' && !isReportedByPeople(content))
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }))
  const rows = signed.map((criterion): ComparedCriterion => {
    const of = (runId: string | null): ComparedSide | null => {
      const row = verdicts.find((one) => one.runId === runId && one.criterionVersionId === criterion.id)
      return row === undefined
        ? null
        : { verdict: row.verdict, value: row.value, interval: row.interval, reason: row.reason }
    }
    const sides = { live: of(live.runId), candidate: of(candidate.runId) }
    return {
      criterionId: criterion.criterionId,
      key: criterion.key,
      version: criterion.version,
      name: criterion.content.name,
      target: targetPhrase(criterion.content),
      dataset: criterion.content.datasetName,
      ...sides,
      ...compareOn(criterion.content, sides.live, sides.candidate),
    }
  })
  return { rows, hash: sha256(JSON.stringify([versions.live, versions.candidate, rows])) }
}

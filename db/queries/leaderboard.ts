import { and, eq, sql } from 'drizzle-orm'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { parseCriterionContent } from '#app/domain/criterion.ts'
import { found } from '#app/domain/errors.ts'
import type { CriterionVersionId, EngagementId } from '#app/domain/ids.ts'
import type { Leaderboard } from '#app/domain/leaderboard.ts'
import { leaderboard } from '#app/domain/leaderboard.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { criteria, criterionVersions } from '../schema/criteria.ts'
import type { Tx } from '../types.ts'

export interface CriterionBoard extends Leaderboard {
  readonly key: string
  readonly version: number
  readonly content: CriterionContent
}

/** Runs against one version of a criterion: those that can be compared, best first, and the others with why not. */
export async function getLeaderboard(
  tx: Tx,
  engagementId: EngagementId,
  id: CriterionVersionId,
  limit = 5000,
): Promise<CriterionBoard> {
  const [version] = await tx
    .select({ key: criteria.key, version: criterionVersions.version, content: criterionVersions.content })
    .from(criterionVersions)
    .innerJoin(criteria, eq(criteria.id, criterionVersions.criterionId))
    .where(and(eq(criterionVersions.engagementId, engagementId), eq(criterionVersions.id, id)))
  const { key, version: number, content: stored } = found(version, 'This version')
  const content = parseCriterionContent(stored)
  // Runs that differ in nothing but their seed repeat each other.
  const rows = await tx.execute<{
    run_id: string
    name: string
    verdict: VerdictKind
    value: string | null
    ci_low: string | null
    ci_high: string | null
    rows: number | null
    reason: string
    recipe: string | null
  }>(sql`
    select * from (
      select distinct on (e.run_id) e.run_id, r.name, e.verdict, e.value::text, e.ci_low::text, e.ci_high::text, e.rows, e.reason,
        (select string_agg(p.key || '=' || p.value, ' ' order by p.key) from run_params p
          where p.run_id = e.run_id and p.key !~* '(^|_)(random_)?(seed|state)$') as recipe
      from evaluations e join runs r on r.id = e.run_id
      where e.engagement_id = ${engagementId} and e.criterion_version_id = ${id}
      order by e.run_id, e.sequence desc
    ) newest order by run_id limit ${limit}`)
  const numeric = (text: string | null) => (text === null ? null : Number(text))
  const runs = [...rows].map((row) => {
    const [low, high] = [numeric(row.ci_low), numeric(row.ci_high)]
    return {
      runId: row.run_id,
      runName: row.name,
      verdict: row.verdict,
      value: numeric(row.value),
      interval: low === null || high === null ? null : { low, high },
      rows: row.rows,
      reason: row.reason,
      recipe: row.recipe,
    }
  })
  return { key, version: number, content, ...leaderboard(content, runs) }
}

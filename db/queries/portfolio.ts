import type { SQL } from 'drizzle-orm'
import { sql } from 'drizzle-orm'
import type { CriterionContent, VersionState } from '#app/domain/criterion.ts'
import { parseCriterionContent } from '#app/domain/criterion.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { VERDICTS } from '#app/domain/verdict.ts'
import type { Tx } from '../types.ts'

/** A criterion of an engagement as it is judged now: the signed version, or the newest while none is signed. */
export interface CriterionStanding {
  readonly engagementId: EngagementId
  readonly criterionId: string
  readonly key: string
  readonly version: number
  readonly versionId: string
  readonly state: VersionState
  readonly content: CriterionContent
  readonly contentHash: string | null
  /** Of the live model, or of the best comparable run while nothing is live; null when unmeasured. */
  readonly now: {
    readonly runId: string
    readonly runName: string
    readonly verdict: VerdictKind
    readonly value: number
    readonly ciLow: number | null
    readonly ciHigh: number | null
    readonly rows: number | null
    readonly reason: string
    readonly at: Date
    readonly isLive: boolean
  } | null
  readonly signedBy: string | null
  readonly signedAt: Date | null
  readonly decisionId: string | null
}

interface Raw {
  [column: string]: unknown
  engagement_id: string
  criterion_id: string
  key: string
  version: number
  version_id: string
  state: VersionState
  content: unknown
  content_hash: string | null
  run_id: string | null
  run_name: string | null
  verdict: string | null
  value: number | null
  ci_low: number | null
  ci_high: number | null
  rows: number | null
  reason: string | null
  at: string | null
  is_live: boolean | null
  signed_by: string | null
  signed_at: string | null
  decision_id: string | null
}

/** How many are read when no engagement is named, and of each that is. */
const STANDINGS_MAX = 5000
const CRITERIA_MAX = 500

/** @param of null: every engagement the viewer may see */
const amongst = (column: SQL, of: readonly EngagementId[] | null): SQL =>
  of === null ? sql`true` : sql`${column} = any(${sql.param([...of])}::uuid[])`

/** Every criterion of engagements that the viewer may see, with where it stands. One round trip. */
export async function listCriterionStandings(tx: Tx, of: readonly EngagementId[] | null): Promise<CriterionStanding[]> {
  const rows = await tx.execute<Raw>(sql`
    with judged as (
      select distinct on (cv.criterion_id) cv.*, c.key, c.created_at as criterion_created_at from criterion_versions cv
      join criteria c on c.id = cv.criterion_id and c.withdrawn_at is null
      where ${amongst(sql`cv.engagement_id`, of)}
      order by cv.criterion_id, (cv.state = 'agreed') desc, cv.version desc
    ), live as (
      select d.engagement_id, mv.run_id from deployments d join model_versions mv on mv.id = d.model_version_id
      where d.state = 'live' and mv.run_id is not null
    )
    select j.engagement_id, j.criterion_id, j.key, j.version, j.id as version_id, j.state, j.content, j.content_hash,
      b.run_id, b.run_name, b.verdict, b.value, b.ci_low, b.ci_high, b.rows, b.reason, b.at::text, b.is_live,
      s.signed_by, s.signed_at::text, s.decision_id
    from judged j
    left join lateral (
      select ev.*, r.name as run_name, exists (select 1 from live l where l.run_id = ev.run_id) as is_live
      from (select distinct on (x.run_id) x.* from evaluations x where x.criterion_version_id = j.id
            order by x.run_id, x.sequence desc) ev
      join runs r on r.id = ev.run_id
      where ev.verdict <> 'not_comparable' and ev.value is not null
      order by exists (select 1 from live l where l.run_id = ev.run_id) desc,
        case j.content ->> 'direction'
          when 'higher' then -ev.value
          when 'lower' then ev.value
          else greatest((j.content ->> 'target')::float8 - ev.value, ev.value - (j.content ->> 'targetHigh')::float8, 0) end,
        ev.at desc
      limit 1) b on true
    left join lateral (
      select p.name as signed_by, d.at as signed_at, d.id as decision_id from decision_records d join persons p on p.id = d.decided_by
      where d.subject_id = j.id and d.side = 'client' and d.outcome in ('approved', 'approved_with_conditions') order by d.seq desc limit 1) s on true
    order by j.engagement_id, j.criterion_created_at, j.key limit ${of === null ? STANDINGS_MAX : of.length * CRITERIA_MAX}`)
  return [...rows].map(toStanding)
}

function toStanding(raw: Raw): CriterionStanding {
  const verdict = VERDICTS.find((kind) => kind === raw.verdict)
  return {
    engagementId: toId<EngagementId>(raw.engagement_id),
    criterionId: raw.criterion_id,
    key: raw.key,
    version: raw.version,
    versionId: raw.version_id,
    state: raw.state,
    content: parseCriterionContent(raw.content),
    contentHash: raw.content_hash,
    now:
      verdict === undefined || raw.run_id === null || raw.value === null
        ? null
        : {
            runId: raw.run_id,
            runName: raw.run_name ?? '',
            verdict,
            value: raw.value,
            ciLow: raw.ci_low,
            ciHigh: raw.ci_high,
            rows: raw.rows,
            reason: raw.reason ?? '',
            at: new Date(raw.at ?? 0),
            isLive: raw.is_live === true,
          },
    signedBy: raw.signed_by,
    signedAt: raw.signed_at === null ? null : new Date(raw.signed_at),
    decisionId: raw.decision_id,
  }
}

export interface EngagementFacts {
  readonly engagementId: EngagementId
  readonly minutes: number
  readonly offScopeMinutes: number
  readonly openAsks: number
  readonly oldestAskAt: Date | null
  readonly failedJobsLastWeek: number
  readonly liveEndpoints: number
  readonly lastRunAt: Date | null
}

/** Counts of engagements that the viewer may see. One round trip. Hours and jobs are there for our own side only. */
export async function listEngagementFacts(tx: Tx, of: readonly EngagementId[] | null): Promise<EngagementFacts[]> {
  const rows = await tx.execute<{
    id: string
    minutes: number
    off_scope: number
    open_asks: number
    oldest_ask: string | null
    failed_jobs: number
    live_endpoints: number
    last_run: string | null
  }>(sql`
    select e.id,
      coalesce(w.minutes, 0)::int as minutes, coalesce(w.off_scope, 0)::int as off_scope,
      coalesce(s.open_asks, 0)::int as open_asks, s.oldest_ask::text,
      (select count(*)::int from jobs j where j.engagement_id = e.id and j.state in ('failed', 'timed_out', 'lost') and j.ended_at > now() - interval '7 days') as failed_jobs,
      (select count(*)::int from deployments d where d.engagement_id = e.id and d.state = 'live') as live_endpoints,
      (select max(r.created_at)::text from runs r where r.engagement_id = e.id) as last_run
    from engagements e
    left join lateral (select sum(minutes) as minutes, sum(minutes) filter (where criterion_id is null and deliverable_id is null) as off_scope
      from work_entries where engagement_id = e.id) w on true
    left join lateral (select count(*) as open_asks, min(sent_at) as oldest_ask from sign_offs
      where engagement_id = e.id and state = 'awaiting_approval') s on true
    where ${amongst(sql`e.id`, of)} limit 1000`)
  return [...rows].map((row) => ({
    engagementId: toId<EngagementId>(row.id),
    minutes: row.minutes,
    offScopeMinutes: row.off_scope,
    openAsks: row.open_asks,
    oldestAskAt: row.oldest_ask === null ? null : new Date(row.oldest_ask),
    failedJobsLastWeek: row.failed_jobs,
    liveEndpoints: row.live_endpoints,
    lastRunAt: row.last_run === null ? null : new Date(row.last_run),
  }))
}

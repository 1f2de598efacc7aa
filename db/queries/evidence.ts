import { sql } from 'drizzle-orm'
import type { CriterionContent } from '#app/domain/criterion.ts'
import { parseCriterionContent } from '#app/domain/criterion.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { VerdictKind } from '#app/domain/verdict.ts'
import { VERDICTS } from '#app/domain/verdict.ts'
import type { Tx } from '../types.ts'

/** One answer of the canonical query: a live model, a criterion that was signed at that time, and what is known of the pair. */
export interface EvidenceRow {
  readonly slug: string
  readonly endpointId: string
  readonly revision: number
  readonly liveFrom: Date
  readonly modelName: string
  readonly modelVersion: number
  readonly modelVersionId: string
  readonly modelDigest: string | null
  readonly runId: string | null
  readonly criterionId: string
  readonly criterionKey: string
  readonly criterionVersion: number
  readonly contentHash: string
  readonly content: CriterionContent
  readonly verdict: VerdictKind | null
  readonly value: number | null
  readonly ciLow: number | null
  readonly ciHigh: number | null
  readonly rows: number | null
  readonly reason: string | null
  readonly measuredAt: Date | null
  readonly evaluatedOn: string | null
  readonly trainedOn: readonly { readonly name: string; readonly digest: string }[]
  readonly signedBy: string | null
  readonly signedByAuthority: string | null
  readonly signedAt: Date | null
  readonly decisionId: string | null
  readonly decisionHash: string | null
  /** Who signed the model version itself, when its sign-off was in force at that time; null: nobody. */
  readonly modelSignedBy: string | null
  readonly modelSignedAt: Date | null
  readonly modelDecisionId: string | null
}

interface Raw {
  [column: string]: unknown
  slug: string
  endpoint_id: string
  revision: number
  live_from: string
  model_name: string
  model_version: number
  model_version_id: string
  model_digest: string | null
  run_id: string | null
  criterion_id: string
  criterion_key: string
  criterion_version: number
  content_hash: string
  content: unknown
  verdict: string | null
  value: number | null
  ci_low: number | null
  ci_high: number | null
  rows: number | null
  reason: string | null
  measured_at: string | null
  evaluated_on: string | null
  trained_on: { name: string; digest: string }[]
  signed_by: string | null
  authority: string | null
  signed_at: string | null
  decision_id: string | null
  decision_hash: string | null
  model_signed_by: string | null
  model_signed_at: string | null
  model_decision_id: string | null
}

/**
 * Which signed criterion does each deployed model meet, on which data, by whose approval, as of `at`? One round trip.
 * A live model appears once for each criterion whose signed version was in force at that time, also when it was never
 * measured against it.
 * Source: the canonical query of the domain model.
 */
export async function askEvidence(tx: Tx, engagementId: EngagementId, at: Date): Promise<EvidenceRow[]> {
  const t = sql`${at.toISOString()}::timestamptz`
  const rows = await tx.execute<Raw>(sql`
    select e.slug, e.id as endpoint_id, d.revision, d.live_from::text, m.name as model_name, mv.version as model_version,
      mv.id as model_version_id, mv.files ->> 'model.onnx' as model_digest, mv.run_id,
      c.id as criterion_id, c.key as criterion_key, cv.version as criterion_version, cv.content_hash, cv.content,
      ev.verdict, ev.value, ev.ci_low, ev.ci_high, ev.rows, ev.reason, ev.at::text as measured_at, ev.dataset_digest as evaluated_on,
      coalesce((select json_agg(json_build_object('name', ds.name, 'digest', dsv.digest) order by ds.name)
        from run_inputs ri join dataset_versions dsv on dsv.id = ri.dataset_version_id join datasets ds on ds.id = dsv.dataset_id
        where ri.run_id = mv.run_id and ri.role = 'training'), '[]'::json) as trained_on,
      dr.signed_by, dr.authority, dr.at::text as signed_at, dr.id as decision_id, dr.hash as decision_hash,
      ms.signed_by as model_signed_by, ms.at::text as model_signed_at, ms.id as model_decision_id
    from endpoints e
    join deployments d on d.endpoint_id = e.id and d.live_from is not null and tstzrange(d.live_from, d.live_until) @> ${t}
    join model_versions mv on mv.id = d.model_version_id
    join registered_models m on m.id = mv.model_id
    join criterion_versions cv on cv.engagement_id = e.engagement_id and cv.agreed_at is not null
      and tstzrange(cv.agreed_at, cv.ended_at) @> ${t}
    join criteria c on c.id = cv.criterion_id
    left join lateral (select * from evaluations x where x.criterion_version_id = cv.id and x.run_id = mv.run_id and x.at <= ${t}
      order by x.sequence desc limit 1) ev on true
    left join lateral (select r.id, r.hash, r.at, r.authority, p.name as signed_by from decision_records r join persons p on p.id = r.decided_by
      where r.subject_id = cv.id and r.subject_hash = cv.content_hash and r.side = 'client' and r.outcome in ('approved', 'approved_with_conditions') and r.at <= ${t}
      order by r.seq desc limit 1) dr on true
    left join lateral (select r.id, r.at, p.name as signed_by from sign_offs so join decision_records r on r.sign_off_id = so.id join persons p on p.id = r.decided_by
      where so.subject_id = mv.id and r.side = 'client' and r.outcome in ('approved', 'approved_with_conditions') and r.at <= ${t}
        and (so.state in ('approved', 'approved_with_conditions') or (so.state in ('superseded', 'expired', 'lapsed', 'suspended') and so.ended_at > ${t}))
        and not exists (select from decision_records l where l.sign_off_id = so.id and l.side = 'client' and l.outcome in ('approved', 'approved_with_conditions') and l.at > ${t})
      order by r.seq desc limit 1) ms on true
    where e.engagement_id = ${engagementId}
    order by e.slug, c.created_at, c.key limit 1000`)
  return [...rows].map(toRow)
}

function toRow(raw: Raw): EvidenceRow {
  return {
    slug: raw.slug,
    endpointId: raw.endpoint_id,
    revision: raw.revision,
    liveFrom: new Date(raw.live_from),
    modelName: raw.model_name,
    modelVersion: raw.model_version,
    modelVersionId: raw.model_version_id,
    modelDigest: raw.model_digest,
    runId: raw.run_id,
    criterionId: raw.criterion_id,
    criterionKey: raw.criterion_key,
    criterionVersion: raw.criterion_version,
    contentHash: raw.content_hash,
    content: parseCriterionContent(typeof raw.content === 'string' ? JSON.parse(raw.content) : raw.content),
    verdict: VERDICTS.find((verdict) => verdict === raw.verdict) ?? null,
    value: raw.value,
    ciLow: raw.ci_low,
    ciHigh: raw.ci_high,
    rows: raw.rows,
    reason: raw.reason,
    measuredAt: timeOf(raw.measured_at),
    evaluatedOn: raw.evaluated_on,
    trainedOn: raw.trained_on,
    signedBy: raw.signed_by,
    signedByAuthority: raw.authority,
    signedAt: timeOf(raw.signed_at),
    decisionId: raw.decision_id,
    decisionHash: raw.decision_hash,
    modelSignedBy: raw.model_signed_by,
    modelSignedAt: timeOf(raw.model_signed_at),
    modelDecisionId: raw.model_decision_id,
  }
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}

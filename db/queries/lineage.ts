import { sql } from 'drizzle-orm'
import { ENVIRONMENT_DIGEST_TAG, ENVIRONMENT_TAG } from '#app/domain/environment.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import type { LineageEnd, LineageKind } from '#app/domain/lineage.ts'
import type { Tx } from '../types.ts'

export interface LineageNode extends LineageEnd {
  readonly name: string
  /** A state, a verdict, a role: one or two words, empty when there is nothing to say. */
  readonly detail: string
  /** The criterion or the endpoint whose version or revision it is, or is about; null for what stands for itself. */
  readonly partOf: { readonly id: string; readonly number: number } | null
  /** `up`: the start rests on it. `down`: it rests on the start. */
  readonly direction: 'start' | 'up' | 'down'
  /** Steps from the start. */
  readonly distance: number
}

export interface LineageEdge {
  readonly from: LineageEnd
  readonly to: LineageEnd
  readonly label: string
}

export interface Lineage {
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** True when there is more than is told. */
  readonly isCut: boolean
}

const STEPS_MAX = 8
const NODES_MAX = 2000

/** What a run's tags say of its program: the commit, else the recipe, else the file. */
const CODE_TAGS = sql`array['mlflow.source.git.commit', 'throughline.recipe', 'mlflow.source.name']`

/** Cause to effect, within one engagement. */
function edgesOf(engagementId: EngagementId) {
  return sql`
    select 'dataset' as from_kind, i.dataset_version_id::text as from_id, 'run' as to_kind, i.run_id as to_id, i.role as label
      from run_inputs i where i.engagement_id = ${engagementId}
    union all select 'code', code.value, 'run', code.run_id, 'runs' from (
      select distinct on (t.run_id) t.run_id, t.value from run_tags t where t.engagement_id = ${engagementId} and t.key = any(${CODE_TAGS})
      order by t.run_id, array_position(${CODE_TAGS}, t.key)) code
    union all select 'run', v.run_id, 'model_version', v.id::text, 'made' from model_versions v
      where v.engagement_id = ${engagementId} and v.run_id is not null
    union all select 'environment', t.value, 'run', t.run_id, 'runs in' from run_tags t
      where t.engagement_id = ${engagementId} and t.key = ${ENVIRONMENT_DIGEST_TAG}
    union all select 'environment', env.value, 'model_version', v.id::text, 'needs' from model_versions v,
      lateral (select coalesce(v.files ->> 'requirements.txt', v.files ->> 'python_env.yaml', v.files ->> 'conda.yaml') as value) env
      where v.engagement_id = ${engagementId} and env.value is not null
    union all select 'model_version', d.model_version_id::text, 'deployment', d.id::text, 'serves' from deployments d
      where d.engagement_id = ${engagementId}
    union all select 'dataset', v.content ->> 'datasetVersionId', 'criterion_version', v.id::text, 'measured on' from criterion_versions v
      where v.engagement_id = ${engagementId}
    union all select 'decision', r.id::text, 'criterion_version', v.id::text, r.outcome from criterion_versions v
      join decision_records r on r.subject_id = v.id where v.engagement_id = ${engagementId}
    union all select 'criterion_version', e.criterion_version_id::text, 'evaluation', e.id::text, e.verdict from in_force e
    union all select 'run', e.run_id, 'evaluation', e.id::text, e.verdict from in_force e
    union all select 'evaluation', e.id::text, 'model_version', v.id::text, 'judged' from in_force e
      join model_versions v on v.run_id = e.run_id where v.engagement_id = ${engagementId}
    union all select 'evaluation', e.id::text, 'deployment', d.id::text, 'gate' from in_force e
      join model_versions v on v.run_id = e.run_id join deployments d on d.model_version_id = v.id where v.engagement_id = ${engagementId}`
}

interface Raw {
  [column: string]: unknown
  kind: LineageKind
  id: string
  name: string
  detail: string
  part_of: string | null
  number: number | null
  direction: LineageNode['direction']
  distance: number
  edges: [LineageKind, string, LineageKind, string, string][]
}

/**
 * Everything that a thing rests on, and everything that rests on it, in one round trip.
 * @throws AppError `not_found` when the start is not the engagement's
 */
export async function traceLineage(tx: Tx, engagementId: EngagementId, start: LineageEnd): Promise<Lineage> {
  const rows = await tx.execute<Raw>(sql`
    with recursive in_force as (
      select distinct on (run_id, criterion_version_id) * from evaluations where engagement_id = ${engagementId}
      order by run_id, criterion_version_id, sequence desc),
    edges as materialized (${edgesOf(engagementId)}),
    down(kind, id, distance) as (
      select ${start.kind}::text, ${start.id}::text, 0
      union select e.to_kind, e.to_id, d.distance + 1 from down d join edges e on e.from_kind = d.kind and e.from_id = d.id where d.distance < ${STEPS_MAX}),
    up(kind, id, distance) as (
      select ${start.kind}::text, ${start.id}::text, 0
      union select e.from_kind, e.from_id, u.distance + 1 from up u join edges e on e.to_kind = u.kind and e.to_id = u.id where u.distance < ${STEPS_MAX}),
    reached as (
      select kind, id, min(distance) as distance, case when min(distance) = 0 then 'start' else min(direction) end as direction
      from (select *, 'down' as direction from down union all select *, 'up' from up) walked
      group by kind, id order by 3, 1, 2 limit ${NODES_MAX + 1}),
    named as (
      select 'dataset' as kind, v.id::text as id, d.name || ' v' || v.version as name, v.state as detail, null::uuid as part_of, null::int as number
        from dataset_versions v join datasets d on d.id = v.dataset_id where v.engagement_id = ${engagementId}
      union all select 'run', id, name, case when lifecycle_stage = 'deleted' then 'deleted' else state end, null, null from runs where engagement_id = ${engagementId}
      union all select 'model_version', v.id::text, m.name || ' v' || v.version, case when v.deleted_at is null then v.state else 'deleted' end, null, null
        from model_versions v join registered_models m on m.id = v.model_id where v.engagement_id = ${engagementId}
      union all select 'deployment', d.id::text, e.slug || ' r' || d.revision, d.state, e.id, d.revision
        from deployments d join endpoints e on e.id = d.endpoint_id where d.engagement_id = ${engagementId}
      union all select 'criterion_version', v.id::text, c.key || ' v' || v.version, v.state, c.id, v.version
        from criterion_versions v join criteria c on c.id = v.criterion_id where v.engagement_id = ${engagementId}
      union all select 'evaluation', e.id::text, c.key || ' v' || v.version, e.verdict, c.id, v.version
        from in_force e join criterion_versions v on v.id = e.criterion_version_id join criteria c on c.id = v.criterion_id
      union all select 'decision', r.id::text, 'decision ' || r.seq, r.outcome, null, null from decision_records r
        where exists (select 1 from criterion_versions v where v.id = r.subject_id and v.engagement_id = ${engagementId})
      union all select distinct 'code', from_id, left(from_id, 200), '', null::uuid, null::int from edges where from_kind = 'code'
      union all select 'environment', e.from_id, coalesce(min(t.value), left(e.from_id, 12)), '', null, null
        from edges e left join run_tags t on t.engagement_id = ${engagementId} and t.key = ${ENVIRONMENT_TAG}
          and e.to_kind = 'run' and t.run_id = e.to_id
        where e.from_kind = 'environment' group by e.from_id)
    select n.kind, n.id, n.name, n.detail, n.part_of, n.number, r.direction, r.distance,
      coalesce((select json_agg(json_build_array(e.from_kind, e.from_id, e.to_kind, e.to_id, e.label)) from edges e
        join reached t on t.kind = e.to_kind and t.id = e.to_id where e.from_kind = r.kind and e.from_id = r.id), '[]'::json) as edges
    from reached r join named n on n.kind = r.kind and n.id = r.id
    order by r.distance, n.kind, n.name, n.id`)
  const all = [...rows]
  if (all[0]?.direction !== 'start') throw new AppError('not_found', 'This does not exist.')
  const shown = all.slice(0, NODES_MAX)
  const known = new Set(shown.map(({ kind, id }) => `${kind}:${id}`))
  return {
    nodes: shown.map(({ kind, id, name, detail, part_of, number, direction, distance }) => ({
      kind,
      id,
      name,
      detail,
      partOf: part_of === null || number === null ? null : { id: part_of, number },
      direction,
      distance,
    })),
    edges: shown
      .flatMap((row) => row.edges)
      .filter(([, , kind, id]) => known.has(`${kind}:${id}`))
      .map(([fromKind, fromId, toKind, toId, label]) => ({
        from: { kind: fromKind, id: fromId },
        to: { kind: toKind, id: toId },
        label,
      })),
    isCut: all.length > NODES_MAX,
  }
}

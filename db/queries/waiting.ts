import { sql } from 'drizzle-orm'
import type { SeatFunction } from '#app/domain/engagement.ts'
import type { PersonId } from '#app/domain/ids.ts'
import type { SignOffState } from '#app/domain/sign-off-case.ts'
import type { Tx } from '../types.ts'

interface Common {
  /** Of the sign-off, the ask, the seat or the flag. */
  readonly id: string
  readonly engagementId: string
  readonly engagementName: string
  readonly at: Date
}

/** What waits for one of our own people: what came back to its lead, an ask of the client, a seat to answer for, a flagged endpoint, a retrained model. */
export type Waiting =
  | (Common & { readonly kind: 'came_back'; readonly title: string; readonly state: SignOffState })
  | (Common & { readonly kind: 'ask'; readonly text: string; readonly askedBy: string })
  | (Common & { readonly kind: 'invitation'; readonly function: SeatFunction })
  | (Common & { readonly kind: 'flag'; readonly slug: string; readonly eventTitle: string })
  | (Common & { readonly kind: 'retraining'; readonly slug: string; readonly comparison: string })

/**
 * What waits for a person, oldest first. A sign-off came back when it was returned, rejected or lapsed and nothing newer
 * about the same thing was sent, nothing of it was withdrawn, and no newer version of a model was registered. One round
 * trip.
 */
export async function listWaiting(tx: Tx, personId: PersonId): Promise<Waiting[]> {
  const rows = await tx.execute<{
    kind: Waiting['kind']
    id: string
    engagement_id: string
    engagement_name: string
    words: string
    detail: string
    at: string
  }>(sql`
    with lead as (
      select e.id, e.name from engagements e
      where e.state not in ('closed', 'cancelled') and exists (select from seats s
        where s.engagement_id = e.id and s.person_id = ${personId} and s.function = 'engagement_lead' and s.vacated_at is null)
    ), newest as (
      select distinct on (so.subject_type, about.id) so.*, lead.name from sign_offs so
      join lead on lead.id = so.engagement_id
      left join criterion_versions cv on cv.id = so.subject_id
      left join deliverable_versions dv on dv.id = so.subject_id
      left join model_versions mv on mv.id = so.subject_id
      left join deliverables d on d.id = dv.deliverable_id
      left join change_requests cr on cr.id = so.subject_id
      cross join lateral (select coalesce(cv.criterion_id, dv.deliverable_id, mv.model_id,
        case when so.subject_type in ('problem_statement', 'handover') then so.engagement_id else so.subject_id end) as id) about
      where not exists (select from criteria c where c.id = cv.criterion_id and c.withdrawn_at is not null)
        and coalesce(d.state, cr.state, '') <> 'withdrawn'
        and (mv.id is null or (mv.deleted_at is null
          and not exists (select from model_versions newer where newer.model_id = mv.model_id and newer.version > mv.version)))
      order by so.subject_type, about.id, so.sent_at desc, so.id desc
    ), waiting as (
      select 'came_back' as kind, id, engagement_id, name as engagement_name, title as words, state as detail,
        coalesce(ended_at, sent_at) as at
      from newest where state in ('changes_requested', 'lapsed') or (state = 'rejected' and subject_type <> 'change_request')
      union all
      select 'ask', a.id, a.engagement_id, lead.name, a.text, p.name, a.asked_at
      from asks a join lead on lead.id = a.engagement_id join persons p on p.id = a.asked_by where a.answered_at is null
      union all
      select 'flag', f.id, f.engagement_id, lead.name, e.slug, x.title, f.raised_at
      from endpoint_flags f join lead on lead.id = f.engagement_id join endpoints e on e.id = f.endpoint_id
      join external_events x on x.id = f.event_id where f.resolved_at is null
      union all
      select 'retraining', r.id, r.engagement_id, lead.name, e.slug, r.reason, r.requested_at
      from retrainings r join lead on lead.id = r.engagement_id join endpoints e on e.id = r.endpoint_id
      where r.state = 'awaiting_approval'
      union all
      select 'invitation', s.id, s.engagement_id, e.name, '', s.function, coalesce(s.held_from, s.created_at)
      from seats s join engagements e on e.id = s.engagement_id
      where s.person_id = ${personId} and s.state = 'invited' and s.vacated_at is null
    )
    select kind, id, engagement_id, engagement_name, words, detail, at::text from waiting order by waiting.at, id limit 200`)
  return [...rows].map(({ kind, id, engagement_id, engagement_name, words, detail, at }) => {
    const common = { id, engagementId: engagement_id, engagementName: engagement_name, at: new Date(at) }
    switch (kind) {
      case 'came_back':
        return { ...common, kind, title: words, state: detail as SignOffState } // the column holds nothing else
      case 'ask':
        return { ...common, kind, text: words, askedBy: detail }
      case 'flag':
        return { ...common, kind, slug: words, eventTitle: detail }
      case 'retraining':
        return { ...common, kind, slug: words, comparison: detail }
      case 'invitation':
        return { ...common, kind, function: detail as SeatFunction } // the column holds nothing else
    }
  })
}

/** Retrained models that a client's accountable person decides on, where their side runs it; oldest first. */
export async function listRetrainingsToDecide(tx: Tx, personId: PersonId): Promise<(Common & { slug: string })[]> {
  const rows = await tx.execute<{
    id: string
    engagement_id: string
    engagement_name: string
    slug: string
    at: string
  }>(sql`
    select r.id, r.engagement_id, g.name as engagement_name, e.slug, r.requested_at::text as at
    from retrainings r join engagements g on g.id = r.engagement_id join endpoints e on e.id = r.endpoint_id
    where r.state = 'awaiting_approval' and g.state = 'operate' and exists (select from seats s
      where s.engagement_id = g.id and s.person_id = ${personId} and s.raci = 'A' and s.vacated_at is null)
    order by r.requested_at, r.id limit 100`)
  return [...rows].map(({ id, engagement_id, engagement_name, slug, at }) => ({
    id,
    engagementId: engagement_id,
    engagementName: engagement_name,
    slug,
    at: new Date(at),
  }))
}

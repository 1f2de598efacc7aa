import { and, asc, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { EngagementState } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { EndpointId, EngagementId, GrantId, ModelVersionId, OrganisationId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { ReuseScope, ReuseState } from '#app/domain/reuse.ts'
import { endpoints, modelVersions, registeredModels } from '../schema/models.ts'
import { persons } from '../schema/persons.ts'
import { reuseGrants, reuseTargets } from '../schema/reuse.ts'
import type { Tx } from '../types.ts'

/** A grant as its owner sees it: not to whom. */
export interface GrantRow {
  readonly id: GrantId
  readonly endpointId: EndpointId
  readonly slug: string
  readonly modelName: string
  readonly modelVersion: number
  readonly scope: ReuseScope
  readonly borrower: string
  readonly purpose: string
  readonly state: ReuseState
  readonly expiresAt: Date
  readonly grantedByName: string
  readonly grantedAt: Date
  readonly decidedByName: string | null
  readonly decidedAt: Date | null
  readonly endedByName: string | null
  readonly endedAt: Date | null
  readonly endReason: string
}

const decider = alias(persons, 'decider')
const ender = alias(persons, 'ender')

const selectGrants = (tx: Tx) =>
  tx
    .select({
      id: reuseGrants.id,
      endpointId: reuseGrants.endpointId,
      slug: endpoints.slug,
      modelName: registeredModels.name,
      modelVersion: modelVersions.version,
      scope: reuseGrants.scope,
      borrower: reuseGrants.borrower,
      purpose: reuseGrants.purpose,
      state: reuseGrants.state,
      expiresAt: reuseGrants.expiresAt,
      grantedByName: persons.name,
      grantedAt: reuseGrants.grantedAt,
      decidedByName: decider.name,
      decidedAt: reuseGrants.decidedAt,
      endedByName: ender.name,
      endedAt: reuseGrants.endedAt,
      endReason: reuseGrants.endReason,
    })
    .from(reuseGrants)
    .innerJoin(endpoints, eq(endpoints.id, reuseGrants.endpointId))
    .innerJoin(modelVersions, eq(modelVersions.id, reuseGrants.modelVersionId))
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .innerJoin(persons, eq(persons.id, reuseGrants.grantedBy))
    .leftJoin(decider, eq(decider.id, reuseGrants.decidedBy))
    .leftJoin(ender, eq(ender.id, reuseGrants.endedBy))

const toRow = (raw: Awaited<ReturnType<typeof selectGrants>>[number]): GrantRow => ({
  ...raw,
  id: toId<GrantId>(raw.id),
  endpointId: toId<EndpointId>(raw.endpointId),
})

/** What an engagement lends, newest first; of one endpoint when asked. */
export async function listGrants(tx: Tx, engagementId: EngagementId, endpointId?: EndpointId): Promise<GrantRow[]> {
  const rows = await selectGrants(tx)
    .where(
      and(
        eq(reuseGrants.engagementId, engagementId),
        endpointId === undefined ? undefined : eq(reuseGrants.endpointId, endpointId),
      ),
    )
    .orderBy(desc(reuseGrants.grantedAt), asc(reuseGrants.id))
    .limit(200)
  return rows.map(toRow)
}

/** @throws AppError `not_found`, also for the borrowing side */
export async function getGrant(tx: Tx, engagementId: EngagementId, id: GrantId): Promise<GrantRow> {
  const [row] = await selectGrants(tx).where(and(eq(reuseGrants.engagementId, engagementId), eq(reuseGrants.id, id)))
  return toRow(found(row, 'This grant'))
}

/** As getGrant, and holds it. */
export async function lockGrant(tx: Tx, engagementId: EngagementId, id: GrantId): Promise<GrantRow> {
  await tx
    .select({ id: reuseGrants.id })
    .from(reuseGrants)
    .where(and(eq(reuseGrants.engagementId, engagementId), eq(reuseGrants.id, id)))
    .for('update')
  return getGrant(tx, engagementId, id)
}

export async function insertGrant(
  tx: Tx,
  row: {
    readonly id: GrantId
    readonly engagementId: EngagementId
    readonly endpointId: EndpointId
    readonly modelVersionId: ModelVersionId
    readonly scope: ReuseScope
    readonly borrower: string
    readonly purpose: string
    readonly state: ReuseState
    readonly expiresAt: Date
    readonly activeAt: Date | null
    readonly grantedBy: PersonId
    readonly grantedAt: Date
    readonly toEngagementId: EngagementId
  },
): Promise<void> {
  const { toEngagementId, ...grant } = row
  await tx.insert(reuseGrants).values(grant)
  await tx.insert(reuseTargets).values({ engagementId: row.engagementId, grantId: row.id, toEngagementId })
}

export async function saveGrant(
  tx: Tx,
  id: GrantId,
  change: {
    readonly state: ReuseState
    readonly activeAt?: Date
    readonly decidedBy?: PersonId
    readonly decidedAt?: Date
    readonly endedBy?: PersonId
    readonly endedAt?: Date
    readonly endReason?: string
  },
): Promise<void> {
  await tx.update(reuseGrants).set(change).where(eq(reuseGrants.id, id))
}

/** The grant under which an endpoint is lent to an engagement, or would be once the client agrees; null: there is none. */
export async function findStandingGrant(
  tx: Tx,
  of: { readonly endpointId: EndpointId; readonly toEngagementId: EngagementId; readonly now: Date },
): Promise<{ readonly id: GrantId; readonly expiresAt: Date } | null> {
  const [row] = await tx
    .select({ id: reuseGrants.id, expiresAt: reuseGrants.expiresAt })
    .from(reuseGrants)
    .innerJoin(reuseTargets, eq(reuseTargets.grantId, reuseGrants.id))
    .where(
      and(
        eq(reuseGrants.endpointId, of.endpointId),
        eq(reuseTargets.toEngagementId, of.toEngagementId),
        inArray(reuseGrants.state, ['awaiting_consent', 'active']),
        gt(reuseGrants.expiresAt, of.now),
      ),
    )
    .limit(1)
  return row ? { ...row, id: toId<GrantId>(row.id) } : null
}

/** The engagement behind a code; null for a code of nothing, and for whoever is not of our side. */
export async function findEngagementByCode(
  tx: Tx,
  code: string,
): Promise<{ readonly id: EngagementId; readonly clientId: OrganisationId; readonly state: EngagementState } | null> {
  const [row] = await tx.execute<{ id: string; client: string; state: EngagementState }>(
    sql`select id, client, state from app.engagement_by_code(${code})`,
  )
  return row ? { id: toId<EngagementId>(row.id), clientId: toId<OrganisationId>(row.client), state: row.state } : null
}

/** Put a sentence into the borrower's own list of what happened. It says nothing of the owner. */
export async function tellBorrower(tx: Tx, id: GrantId, words: string, at: Date): Promise<void> {
  await tx.execute(sql`select app.tell_borrower(${id}::uuid, ${words}, ${at.toISOString()}::timestamptz)`)
}

/** How much was asked under each of some grants, for whoever lent them, in one round trip. */
export async function countLentCalls(tx: Tx, ids: readonly GrantId[]): Promise<(id: GrantId) => CallCount> {
  const rows = await tx.execute<{ grant_id: string; asked: string; refused: string }>(
    sql`select grant_id, asked::text, refused::text from app.lent_calls(${sql.param(ids)}::uuid[])`,
  )
  const counts = new Map(
    [...rows].map((row) => [row.grant_id, { asked: Number(row.asked), refused: Number(row.refused) }] as const),
  )
  return (id) => counts.get(id) ?? { asked: 0, refused: 0 }
}

export interface CallCount {
  readonly asked: number
  readonly refused: number
}

/** Grants that a client's accountable person has to answer, in any engagement, oldest first. */
export async function listGrantsToDecide(
  tx: Tx,
  personId: PersonId,
  now: Date,
): Promise<{ id: string; engagementId: string; engagementName: string; slug: string; borrower: string }[]> {
  const rows = await tx.execute<{
    id: string
    engagement_id: string
    engagement_name: string
    slug: string
    borrower: string
  }>(sql`
    select g.id, g.engagement_id, n.name as engagement_name, e.slug, g.borrower
    from reuse_grants g join engagements n on n.id = g.engagement_id join endpoints e on e.id = g.endpoint_id
    where g.state = 'awaiting_consent' and g.expires_at > ${now.toISOString()}::timestamptz and exists (select from seats s
      where s.engagement_id = n.id and s.person_id = ${personId} and s.raci = 'A' and s.vacated_at is null)
    order by g.granted_at, g.id limit 100`)
  return [...rows].map(({ id, engagement_id, engagement_name, slug, borrower }) => ({
    ...{ id, slug, borrower },
    engagementId: engagement_id,
    engagementName: engagement_name,
  }))
}

/** The engagements to which an endpoint is lent now, as a worker sees them. */
export async function listBorrowers(
  tx: Tx,
  endpointId: EndpointId,
  now: Date,
): Promise<{ readonly grantId: GrantId; readonly borrowerId: EngagementId }[]> {
  const rows = await tx
    .select({ grantId: reuseGrants.id, borrowerId: reuseTargets.toEngagementId })
    .from(reuseGrants)
    .innerJoin(reuseTargets, eq(reuseTargets.grantId, reuseGrants.id))
    .where(and(eq(reuseGrants.endpointId, endpointId), eq(reuseGrants.state, 'active'), gt(reuseGrants.expiresAt, now)))
    .limit(1000)
  return rows.map((row) => ({
    grantId: toId<GrantId>(row.grantId),
    borrowerId: toId<EngagementId>(row.borrowerId),
  }))
}

import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Actor } from '#app/domain/actor.ts'
import type { EngagementState, EngagementTemplate, HeldSeat, Standing } from '#app/domain/engagement.ts'
import type { EngagementId, OrganisationId, PersonId } from '#app/domain/ids.ts'
import { found } from '#app/domain/errors.ts'
import { toId } from '#app/domain/ids.ts'
import type { RiskTier } from '#app/domain/signing-rule.ts'
import { SigningRule } from '#app/domain/signing-rule.ts'
import { engagements, seats } from '../schema/engagements.ts'
import { seatDelegations } from '../schema/table.ts'
import { organisations } from '../schema/organisations.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

export interface EngagementRow {
  readonly id: EngagementId
  readonly code: string
  readonly name: string
  readonly state: EngagementState
  readonly clientOrganisationId: OrganisationId
  readonly client: string
  readonly targetEnd: string | null
  readonly template: EngagementTemplate
  readonly riskTier: RiskTier
  readonly signingRule: SigningRule
  readonly createdAt: Date
  readonly stateChangedAt: Date
}

const columns = {
  id: engagements.id,
  code: engagements.code,
  name: engagements.name,
  state: engagements.state,
  clientOrganisationId: engagements.clientOrganisationId,
  client: organisations.name,
  targetEnd: engagements.targetEnd,
  template: engagements.template,
  riskTier: engagements.riskTier,
  signingRule: engagements.signingRule,
  createdAt: engagements.createdAt,
  stateChangedAt: engagements.stateChangedAt,
}

type Raw = Omit<EngagementRow, 'id' | 'clientOrganisationId' | 'signingRule'> & {
  id: string
  clientOrganisationId: string
  signingRule: unknown
}

const toRow = (raw: Raw): EngagementRow => ({
  ...raw,
  id: toId<EngagementId>(raw.id),
  clientOrganisationId: toId<OrganisationId>(raw.clientOrganisationId),
  signingRule: SigningRule.parse(raw.signingRule),
})

/** @throws AppError `not_found`, also when it exists but the viewer may not see it */
export async function getEngagement(tx: Tx, id: EngagementId): Promise<EngagementRow> {
  const [row] = await tx
    .select(columns)
    .from(engagements)
    .innerJoin(organisations, eq(organisations.id, engagements.clientOrganisationId))
    .where(eq(engagements.id, id))
  return toRow(found(row, 'This engagement'))
}

/** By id or code, in any case of letters; null also when the viewer may not see it. */
export async function findEngagementByName(tx: Tx, name: string): Promise<EngagementRow | null> {
  const [row] = await tx
    .select(columns)
    .from(engagements)
    .innerJoin(organisations, eq(organisations.id, engagements.clientOrganisationId))
    .where(sql`${engagements.id}::text = ${name} or lower(${engagements.code}) = lower(${name})`)
  return row ? toRow(row) : null
}

/** As getEngagement, and holds the row until the transaction ends. */
export async function lockEngagement(tx: Tx, id: EngagementId): Promise<EngagementRow> {
  found(
    (await tx.select({ id: engagements.id }).from(engagements).where(eq(engagements.id, id)).for('no key update'))[0],
    'This engagement',
  )
  return getEngagement(tx, id)
}

/** Every engagement the viewer may see, newest first. */
export async function listEngagements(tx: Tx, limit = 200): Promise<EngagementRow[]> {
  const rows = await tx
    .select(columns)
    .from(engagements)
    .innerJoin(organisations, eq(organisations.id, engagements.clientOrganisationId))
    .orderBy(desc(engagements.createdAt), asc(engagements.id))
    .limit(limit)
  return rows.map(toRow)
}

/** Every engagement the viewer may see, by code; after one when asked. */
export async function listEngagementsByCode(
  tx: Tx,
  page: { readonly after: string | null; readonly limit: number },
): Promise<EngagementRow[]> {
  const rows = await tx
    .select(columns)
    .from(engagements)
    .innerJoin(organisations, eq(organisations.id, engagements.clientOrganisationId))
    .where(page.after === null ? undefined : gt(engagements.code, page.after))
    .orderBy(asc(engagements.code))
    .limit(page.limit)
  return rows.map(toRow)
}

export interface NewEngagement {
  readonly id: EngagementId
  readonly code: string
  readonly name: string
  readonly clientOrganisationId: OrganisationId
  readonly targetEnd: string | null
  readonly template?: EngagementTemplate | undefined
  readonly createdBy: PersonId
  readonly at: Date
}

export async function insertEngagement(tx: Tx, row: NewEngagement): Promise<void> {
  await tx.insert(engagements).values({
    id: row.id,
    code: row.code,
    name: row.name,
    clientOrganisationId: row.clientOrganisationId,
    targetEnd: row.targetEnd,
    template: row.template ?? 'blank',
    createdBy: row.createdBy,
    state: 'draft',
    createdAt: row.at,
    stateChangedAt: row.at,
  })
}

export async function saveEngagementState(tx: Tx, id: EngagementId, state: EngagementState, at: Date): Promise<void> {
  await tx.update(engagements).set({ state, stateChangedAt: at }).where(eq(engagements.id, id))
}

export async function saveSigningRule(tx: Tx, id: EngagementId, riskTier: RiskTier, rule: SigningRule): Promise<void> {
  await tx.update(engagements).set({ riskTier, signingRule: rule }).where(eq(engagements.id, id))
}

/** What the actor is in this engagement, by their own seats and by those delegated to them; without any: an empty list. */
export async function getStanding(tx: Tx, actor: Actor, engagementId: EngagementId): Promise<Standing> {
  if (actor.kind !== 'person') return { actor, seats: [] }
  const own: HeldSeat[] = await tx
    .select({ function: seats.function, raci: seats.raci, raciByKind: seats.raciByKind })
    .from(seats)
    .where(and(eq(seats.engagementId, engagementId), eq(seats.personId, actor.personId), isNull(seats.vacatedAt)))
  const delegated = await tx
    .select({
      function: seats.function,
      raci: seats.raci,
      raciByKind: seats.raciByKind,
      onBehalfOf: { id: persons.id, name: persons.name },
    })
    .from(seatDelegations)
    .innerJoin(seats, and(eq(seats.id, seatDelegations.seatId), eq(seats.personId, seatDelegations.fromPersonId)))
    .innerJoin(persons, eq(persons.id, seatDelegations.fromPersonId))
    .where(
      and(
        eq(seatDelegations.engagementId, engagementId),
        eq(seatDelegations.toPersonId, actor.personId),
        isNull(seatDelegations.endedAt),
        sql`${seatDelegations.until} > now()`,
      ),
    )
  return { actor, seats: [...own, ...delegated] }
}

/** The next free code of a client, such as `MAM-2`: the initials of its name and a running number over all engagements. */
export async function nextEngagementCode(tx: Tx, client: string): Promise<string> {
  const initials =
    client
      .normalize('NFD')
      .replace(/\([^)]*\)/g, ' ')
      .split(/\s+/)
      .map((word) => word.replace(/[^A-Za-z]/g, '').charAt(0))
      .join('')
      .toUpperCase()
      .slice(0, 4) || 'E'
  const [row] = await tx.execute<{ next: number }>(sql`select app.next_code_number(${initials}) as next`)
  return `${initials}-${String(row?.next ?? 1)}`
}

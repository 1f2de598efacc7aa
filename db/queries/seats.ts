import { and, asc, desc, eq, isNull, lte, or, sql } from 'drizzle-orm'
import type { Raci, SeatFunction } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import type { EngagementId, PersonId, SeatId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { RaciByKind, SeatState } from '#app/domain/seat.ts'
import { engagements, seats } from '../schema/engagements.ts'
import { organisations } from '../schema/organisations.ts'
import { persons } from '../schema/persons.ts'
import { seatDelegations, seatHolders } from '../schema/table.ts'
import type { Tx } from '../types.ts'

export interface SeatRow {
  readonly id: SeatId
  readonly function: SeatFunction
  readonly raci: Raci
  readonly raciByKind: RaciByKind
  readonly required: boolean
  readonly requiredNote: string
  readonly neededBy: string | null
  readonly state: SeatState
  readonly stateReason: string
  readonly stateBy: string
  readonly stateAt: Date | null
  readonly personId: PersonId | null
  readonly personName: string | null
  readonly personEmail: string | null
  readonly organisationName: string | null
  readonly heldFrom: Date | null
}

const columns = {
  id: seats.id,
  function: seats.function,
  raci: seats.raci,
  raciByKind: seats.raciByKind,
  required: seats.required,
  requiredNote: seats.requiredNote,
  neededBy: seats.neededBy,
  state: seats.state,
  stateReason: seats.stateReason,
  stateBy: seats.stateBy,
  stateAt: seats.stateAt,
  personId: seats.personId,
  personName: persons.name,
  personEmail: persons.email,
  organisationName: organisations.name,
  heldFrom: seats.heldFrom,
}

type Raw = Omit<SeatRow, 'id' | 'personId'> & { id: string; personId: string | null }
const toRow = (raw: Raw): SeatRow => ({
  ...raw,
  id: toId<SeatId>(raw.id),
  personId: raw.personId === null ? null : toId<PersonId>(raw.personId),
})

/** The table of an engagement as it stands, without seats that were taken away. */
export async function listSeats(tx: Tx, engagementId: EngagementId): Promise<SeatRow[]> {
  const rows = await tx
    .select(columns)
    .from(seats)
    .leftJoin(persons, eq(persons.id, seats.personId))
    .leftJoin(organisations, eq(organisations.id, persons.organisationId))
    .where(and(eq(seats.engagementId, engagementId), isNull(seats.vacatedAt)))
    .orderBy(asc(seats.createdAt), asc(seats.id))
    .limit(2000)
  return rows.map(toRow)
}

/** @throws AppError `not_found` */
export async function getSeat(tx: Tx, engagementId: EngagementId, id: SeatId): Promise<SeatRow> {
  const [row] = await tx
    .select(columns)
    .from(seats)
    .leftJoin(persons, eq(persons.id, seats.personId))
    .leftJoin(organisations, eq(organisations.id, persons.organisationId))
    .where(and(eq(seats.engagementId, engagementId), eq(seats.id, id), isNull(seats.vacatedAt)))
  return toRow(found(row, 'This seat'))
}

/** As getSeat, and holds it. */
export async function lockSeat(tx: Tx, engagementId: EngagementId, id: SeatId): Promise<SeatRow> {
  const held = await tx
    .select({ id: seats.id })
    .from(seats)
    .where(and(eq(seats.engagementId, engagementId), eq(seats.id, id)))
    .for('update')
  found(held[0], 'This seat')
  return getSeat(tx, engagementId, id)
}

export interface NewSeat {
  readonly id: SeatId
  readonly engagementId: EngagementId
  readonly function: SeatFunction
  readonly raci: Raci
  readonly required: boolean
  readonly neededBy?: string | null
  readonly at: Date
}

/** Put an open seat at the table. */
export async function insertSeat(tx: Tx, seat: NewSeat): Promise<void> {
  await tx.insert(seats).values({
    id: seat.id,
    engagementId: seat.engagementId,
    function: seat.function,
    raci: seat.raci,
    required: seat.required,
    neededBy: seat.neededBy ?? null,
    state: 'open',
    createdAt: seat.at,
  })
}

/** Move a seat. While it is held there is a person; why it was declined, denied or vacated is kept with it. */
export async function saveSeatState(
  tx: Tx,
  id: SeatId,
  seat: {
    readonly state: SeatState
    readonly personId: string | null
    readonly reason?: string
    readonly by?: string
    readonly at: Date
  },
): Promise<void> {
  await tx
    .update(seats)
    .set({
      state: seat.state,
      personId: seat.personId,
      stateReason: seat.reason ?? '',
      stateBy: seat.by ?? '',
      stateAt: seat.at,
      heldFrom: seat.personId === null ? null : seat.at,
    })
    .where(eq(seats.id, id))
}

export async function saveSeatRaci(tx: Tx, id: SeatId, raci: Raci, byKind: RaciByKind): Promise<void> {
  await tx.update(seats).set({ raci, raciByKind: byKind }).where(eq(seats.id, id))
}

export async function saveSeatRequired(tx: Tx, id: SeatId, required: boolean, note: string): Promise<void> {
  await tx.update(seats).set({ required, requiredNote: note }).where(eq(seats.id, id))
}

export async function insertHolder(
  tx: Tx,
  row: { id: string; engagementId: EngagementId; seatId: SeatId; personId: PersonId; at: Date; isAccepted: boolean },
): Promise<void> {
  await tx.insert(seatHolders).values({
    id: row.id,
    engagementId: row.engagementId,
    seatId: row.seatId,
    personId: row.personId,
    invitedAt: row.at,
    acceptedAt: row.isAccepted ? row.at : null,
  })
}

export async function saveHolderAccepted(tx: Tx, seatId: SeatId, at: Date): Promise<void> {
  await tx
    .update(seatHolders)
    .set({ acceptedAt: at })
    .where(and(eq(seatHolders.seatId, seatId), isNull(seatHolders.endedAt)))
}

/** End whoever holds the seat, and every delegation of it. */
export async function endHolders(tx: Tx, seatId: SeatId, reason: string, at: Date): Promise<void> {
  await tx
    .update(seatHolders)
    .set({ endedAt: at, endReason: reason })
    .where(and(eq(seatHolders.seatId, seatId), isNull(seatHolders.endedAt)))
  await tx
    .update(seatDelegations)
    .set({ endedAt: at })
    .where(and(eq(seatDelegations.seatId, seatId), isNull(seatDelegations.endedAt)))
}

export interface HolderRow {
  readonly id: string
  readonly name: string
  readonly invitedAt: Date
  readonly acceptedAt: Date | null
  readonly endedAt: Date | null
  readonly endReason: string
}

/** Everybody who held a seat, newest first. */
export async function listHolders(tx: Tx, engagementId: EngagementId, seatId: SeatId): Promise<HolderRow[]> {
  return tx
    .select({
      id: seatHolders.id,
      name: persons.name,
      invitedAt: seatHolders.invitedAt,
      acceptedAt: seatHolders.acceptedAt,
      endedAt: seatHolders.endedAt,
      endReason: seatHolders.endReason,
    })
    .from(seatHolders)
    .innerJoin(persons, eq(persons.id, seatHolders.personId))
    .where(and(eq(seatHolders.engagementId, engagementId), eq(seatHolders.seatId, seatId)))
    .orderBy(desc(seatHolders.invitedAt))
    .limit(200)
}

/** Who sat where at a time: for the dossier. */
export async function listHoldersAt(
  tx: Tx,
  engagementId: EngagementId,
  at: Date,
): Promise<
  { function: SeatFunction; raci: Raci; name: string; organisation: string; since: Date; acceptedAt: Date | null }[]
> {
  return tx
    .select({
      function: seats.function,
      raci: seats.raci,
      name: persons.name,
      organisation: organisations.name,
      since: seatHolders.invitedAt,
      acceptedAt: seatHolders.acceptedAt,
    })
    .from(seatHolders)
    .innerJoin(seats, eq(seats.id, seatHolders.seatId))
    .innerJoin(persons, eq(persons.id, seatHolders.personId))
    .innerJoin(organisations, eq(organisations.id, persons.organisationId))
    .where(
      and(
        eq(seatHolders.engagementId, engagementId),
        lte(seatHolders.invitedAt, at),
        or(isNull(seatHolders.endedAt), sql`${seatHolders.endedAt} > ${at.toISOString()}::timestamptz`),
      ),
    )
    .orderBy(asc(seatHolders.invitedAt), asc(seatHolders.id))
    .limit(2000)
}

export interface DelegationRow {
  readonly id: string
  readonly toName: string
  readonly note: string
  readonly until: Date
  readonly endedAt: Date | null
}

export async function insertDelegation(
  tx: Tx,
  row: {
    id: string
    engagementId: EngagementId
    seatId: SeatId
    fromPersonId: PersonId
    toPersonId: PersonId
    note: string
    at: Date
    until: Date
  },
): Promise<void> {
  const { at, ...values } = row
  await tx.insert(seatDelegations).values({ ...values, createdAt: at })
}

/** Delegations of a seat, newest first. */
export async function listDelegations(tx: Tx, engagementId: EngagementId, seatId: SeatId): Promise<DelegationRow[]> {
  return tx
    .select({
      id: seatDelegations.id,
      toName: persons.name,
      note: seatDelegations.note,
      until: seatDelegations.until,
      endedAt: seatDelegations.endedAt,
    })
    .from(seatDelegations)
    .innerJoin(persons, eq(persons.id, seatDelegations.toPersonId))
    .where(and(eq(seatDelegations.engagementId, engagementId), eq(seatDelegations.seatId, seatId)))
    .orderBy(desc(seatDelegations.createdAt))
    .limit(100)
}

export interface Invitation {
  readonly id: SeatId
  readonly engagementId: EngagementId
  readonly engagementName: string
  readonly function: SeatFunction
  readonly raci: Raci
  readonly since: Date | null
}

/** Seats that wait for a person's yes or no, oldest first. */
export async function listInvitations(tx: Tx, personId: PersonId): Promise<Invitation[]> {
  const rows = await tx
    .select({
      id: seats.id,
      engagementId: seats.engagementId,
      engagementName: engagements.name,
      function: seats.function,
      raci: seats.raci,
      since: seats.heldFrom,
    })
    .from(seats)
    .innerJoin(engagements, eq(engagements.id, seats.engagementId))
    .where(and(eq(seats.personId, personId), eq(seats.state, 'invited'), isNull(seats.vacatedAt)))
    .orderBy(asc(seats.heldFrom), asc(seats.id))
    .limit(50)
  return rows.map((row) => ({
    ...row,
    id: toId<SeatId>(row.id),
    engagementId: toId<EngagementId>(row.engagementId),
  }))
}

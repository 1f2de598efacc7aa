import { and, asc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm'
import type { OrganisationKind, OrganisationRole, PersonActor } from '#app/domain/actor.ts'
import type { EngagementId, OrganisationId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { SessionViewing } from '#app/domain/viewing.ts'
import { organisations } from '../schema/organisations.ts'
import type { LINK_KINDS } from '../schema/people.ts'
import { credentials, mailOutbox, memberships, oneTimeLinks, sessions } from '../schema/people.ts'
import { persons } from '../schema/persons.ts'
import type { Tx } from '../types.ts'

const actorColumns = {
  personId: persons.id,
  name: persons.name,
  email: persons.email,
  timeZone: persons.timeZone,
  organisationId: organisations.id,
  organisationName: organisations.name,
  organisationKind: organisations.kind,
  role: memberships.role,
}

interface ActorRow {
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly timeZone: string
  readonly organisationId: string
  readonly organisationName: string
  readonly organisationKind: OrganisationKind
  readonly role: OrganisationRole
}

function toActor(row: ActorRow): PersonActor {
  return {
    ...row,
    kind: 'person',
    personId: toId<PersonId>(row.personId),
    organisationId: toId<OrganisationId>(row.organisationId),
    onlyEngagementId: null,
  }
}

/** The person as an actor; null when disabled or unknown. At the sign-in door, or among people the viewer may see. */
export async function findActor(tx: Tx, personId: PersonId): Promise<PersonActor | null> {
  const [row] = await tx
    .select(actorColumns)
    .from(persons)
    .innerJoin(organisations, eq(organisations.id, persons.organisationId))
    .innerJoin(memberships, and(eq(memberships.personId, persons.id), eq(memberships.organisationId, organisations.id)))
    .where(and(eq(persons.id, personId), isNull(persons.disabledAt)))
  return row ? toActor(row) : null
}

/** The consultancy's first owner; null while nobody has an account. Needs the sign-in door. */
export async function findFirmOwner(tx: Tx): Promise<PersonActor | null> {
  const [row] = await tx
    .select(actorColumns)
    .from(persons)
    .innerJoin(organisations, eq(organisations.id, persons.organisationId))
    .innerJoin(memberships, and(eq(memberships.personId, persons.id), eq(memberships.organisationId, organisations.id)))
    .where(and(eq(organisations.kind, 'consultancy'), eq(memberships.role, 'owner'), isNull(persons.disabledAt)))
    .orderBy(asc(persons.id))
    .limit(1)
  return row ? toActor(row) : null
}

/** Needs the sign-in door. `passwordHash` is null for a person who was invited and has not joined. */
export async function findCredentialByEmail(
  tx: Tx,
  email: string,
): Promise<{ readonly personId: PersonId; readonly name: string; readonly passwordHash: string | null } | null> {
  const [row] = await tx
    .select({ personId: persons.id, name: persons.name, passwordHash: credentials.passwordHash })
    .from(persons)
    .leftJoin(credentials, eq(credentials.personId, persons.id))
    .where(and(eq(persons.email, email), isNull(persons.disabledAt)))
  return row ? { ...row, personId: toId<PersonId>(row.personId) } : null
}

/** Needs the sign-in door. */
export async function saveCredential(tx: Tx, personId: PersonId, passwordHash: string, at: Date): Promise<void> {
  await tx
    .insert(credentials)
    .values({ personId, passwordHash, changedAt: at })
    .onConflictDoUpdate({ target: credentials.personId, set: { passwordHash, changedAt: at } })
}

export interface NewPerson {
  readonly id: PersonId
  readonly organisationId: OrganisationId
  readonly organisationKind: OrganisationKind
  readonly role: OrganisationRole
  readonly name: string
  readonly email: string
  readonly at: Date
}

/** Needs the sign-in door. */
export async function insertPerson(tx: Tx, person: NewPerson): Promise<void> {
  await tx.insert(persons).values({
    id: person.id,
    organisationId: person.organisationId,
    name: person.name,
    email: person.email,
    createdAt: person.at,
  })
  await tx.insert(memberships).values({
    personId: person.id,
    organisationId: person.organisationId,
    organisationKind: person.organisationKind,
    role: person.role,
  })
}

/** Needs the sign-in door. */
export async function renamePerson(tx: Tx, personId: PersonId, name: string): Promise<void> {
  await tx.update(persons).set({ name }).where(eq(persons.id, personId))
}

/** Needs the sign-in door, so that it answers truthfully for addresses the viewer may not see. */
export async function findPersonByEmail(
  tx: Tx,
  email: string,
): Promise<{
  readonly id: PersonId
  readonly organisationId: OrganisationId
  readonly name: string
  /** They have chosen a password. */
  readonly hasJoined: boolean
} | null> {
  const [row] = await tx
    .select({
      id: persons.id,
      organisationId: persons.organisationId,
      name: persons.name,
      passwordHash: credentials.passwordHash,
    })
    .from(persons)
    .leftJoin(credentials, eq(credentials.personId, persons.id))
    .where(eq(persons.email, email))
  return row
    ? {
        id: toId(row.id),
        organisationId: toId(row.organisationId),
        name: row.name,
        hasJoined: row.passwordHash !== null,
      }
    : null
}

export interface PersonRow {
  readonly id: PersonId
  readonly name: string
  readonly email: string
  readonly role: OrganisationRole
  readonly organisationName: string
  readonly organisationKind: OrganisationKind
}

/** Everybody the viewer may know of, by organisation and name. */
export async function listPeople(tx: Tx, limit = 1000): Promise<PersonRow[]> {
  const rows = await tx
    .select({
      id: persons.id,
      name: persons.name,
      email: persons.email,
      role: memberships.role,
      organisationName: organisations.name,
      organisationKind: organisations.kind,
    })
    .from(persons)
    .innerJoin(organisations, eq(organisations.id, persons.organisationId))
    .innerJoin(memberships, eq(memberships.personId, persons.id))
    .where(isNull(persons.disabledAt))
    .orderBy(asc(organisations.kind), asc(organisations.name), asc(persons.name))
    .limit(limit)
  return rows.map((row) => ({ ...row, id: toId<PersonId>(row.id) }))
}

export interface OrganisationRow {
  readonly id: OrganisationId
  readonly name: string
  readonly kind: OrganisationKind
}

/** Organisations the viewer may know of, by name. */
export async function listOrganisations(tx: Tx, kind: OrganisationKind): Promise<OrganisationRow[]> {
  const rows = await tx
    .select({ id: organisations.id, name: organisations.name, kind: organisations.kind })
    .from(organisations)
    .where(eq(organisations.kind, kind))
    .orderBy(asc(organisations.name))
    .limit(1000)
  return rows.map((row) => ({ ...row, id: toId<OrganisationId>(row.id) }))
}

export async function insertOrganisation(tx: Tx, row: OrganisationRow & { readonly at: Date }): Promise<void> {
  await tx.insert(organisations).values({ id: row.id, name: row.name, kind: row.kind, createdAt: row.at })
}

/** True while nobody has an account. Needs the sign-in door. */
export async function isEmptyInstance(tx: Tx): Promise<boolean> {
  const [row] = await tx.select({ id: persons.id }).from(persons).limit(1)
  return row === undefined
}

export type LinkKind = (typeof LINK_KINDS)[number]

export interface OneTimeLink {
  readonly kind: LinkKind
  readonly personId: PersonId | null
  readonly expiresAt: Date
}

/** Needs the sign-in door. */
export async function insertLink(
  tx: Tx,
  link: OneTimeLink & { readonly tokenHash: string; readonly createdAt: Date },
): Promise<void> {
  await tx.insert(oneTimeLinks).values(link)
}

/** A link that can still be used; looking does not use it. Needs the sign-in door. */
export async function findLink(tx: Tx, tokenHash: string, now: Date): Promise<OneTimeLink | null> {
  const [row] = await tx
    .select({ kind: oneTimeLinks.kind, personId: oneTimeLinks.personId, expiresAt: oneTimeLinks.expiresAt })
    .from(oneTimeLinks)
    .where(and(eq(oneTimeLinks.tokenHash, tokenHash), isNull(oneTimeLinks.usedAt), gt(oneTimeLinks.expiresAt, now)))
  return row ? { ...row, personId: row.personId === null ? null : toId<PersonId>(row.personId) } : null
}

/** Use a link up: of two who try at once, one gets it. Needs the sign-in door. */
export async function takeLink(tx: Tx, tokenHash: string, now: Date): Promise<OneTimeLink | null> {
  const [row] = await tx
    .update(oneTimeLinks)
    .set({ usedAt: now })
    .where(and(eq(oneTimeLinks.tokenHash, tokenHash), isNull(oneTimeLinks.usedAt), gt(oneTimeLinks.expiresAt, now)))
    .returning({ kind: oneTimeLinks.kind, personId: oneTimeLinks.personId, expiresAt: oneTimeLinks.expiresAt })
  return row ? { ...row, personId: row.personId === null ? null : toId<PersonId>(row.personId) } : null
}

export interface SessionRow {
  readonly id: string
  readonly personId: PersonId
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly absoluteExpiresAt: Date
  readonly userAgent: string
  /** Whose eyes the session looks through; also when its time is over. */
  readonly viewing: SessionViewing | null
}

type RawSession = typeof sessions.$inferSelect
function toSession({ viewingEngagementId, viewingPersonId, viewingUntil, ...row }: RawSession): SessionRow {
  const isViewing = viewingEngagementId !== null && viewingPersonId !== null && viewingUntil !== null
  return {
    ...row,
    personId: toId<PersonId>(row.personId),
    viewing: isViewing
      ? {
          engagementId: toId<EngagementId>(viewingEngagementId),
          personId: toId<PersonId>(viewingPersonId),
          until: viewingUntil,
        }
      : null,
  }
}

/** Needs the sign-in door. @param row.id SHA-256 of the session id, in hexadecimal */
export async function insertSession(tx: Tx, row: Omit<SessionRow, 'createdAt' | 'viewing'>): Promise<void> {
  await tx.insert(sessions).values(row)
}

/** The session and its person, in one round trip; null when either is gone. Needs the sign-in door. */
export async function findSession(
  tx: Tx,
  id: string,
): Promise<{ readonly session: SessionRow; readonly actor: PersonActor } | null> {
  const [row] = await tx
    .select({ session: sessions, actor: actorColumns })
    .from(sessions)
    .innerJoin(persons, eq(persons.id, sessions.personId))
    .innerJoin(organisations, eq(organisations.id, persons.organisationId))
    .innerJoin(memberships, eq(memberships.personId, persons.id))
    .where(and(eq(sessions.id, id), isNull(persons.disabledAt)))
  return row ? { session: toSession(row.session), actor: toActor(row.actor) } : null
}

/**
 * Set whose eyes a session looks through; null: its own person's. Needs the sign-in door.
 * @returns false when nothing changed
 */
export async function saveSessionViewing(tx: Tx, id: string, viewing: SessionViewing | null): Promise<boolean> {
  const rows = await tx
    .update(sessions)
    .set({
      viewingEngagementId: viewing?.engagementId ?? null,
      viewingPersonId: viewing?.personId ?? null,
      viewingUntil: viewing?.until ?? null,
    })
    .where(and(eq(sessions.id, id), viewing === null ? isNotNull(sessions.viewingPersonId) : undefined))
    .returning({ id: sessions.id })
  return rows.length > 0
}

export async function saveSessionExpiry(tx: Tx, id: string, expiresAt: Date): Promise<void> {
  await tx.update(sessions).set({ expiresAt }).where(eq(sessions.id, id))
}

export async function deleteSession(tx: Tx, id: string): Promise<void> {
  await tx.delete(sessions).where(eq(sessions.id, id))
}

export async function deleteSessionsOf(tx: Tx, personId: PersonId): Promise<void> {
  await tx.delete(sessions).where(eq(sessions.personId, personId))
}

export async function deleteExpiredSessions(tx: Tx, now: Date): Promise<void> {
  await tx
    .delete(sessions)
    .where(sql`least(${sessions.expiresAt}, ${sessions.absoluteExpiresAt}) <= ${now.toISOString()}`)
}

/** The viewer's own sessions, newest first. */
export async function listSessions(tx: Tx, personId: PersonId): Promise<SessionRow[]> {
  const rows = await tx
    .select()
    .from(sessions)
    .where(eq(sessions.personId, personId))
    .orderBy(sql`${sessions.createdAt} desc`)
    .limit(100)
  return rows.map(toSession)
}

export interface NewMail {
  readonly id: string
  readonly toAddress: string
  readonly toName: string
  readonly subject: string
  readonly body: string
  readonly links: readonly { readonly label: string; readonly url: string }[]
  /** An invitation for the reader's calendar (RFC 5545). */
  readonly calendar?: string | null
  readonly createdAt: Date
}

export async function insertMail(tx: Tx, mail: NewMail): Promise<void> {
  await tx.insert(mailOutbox).values(mail)
}

export interface MailRow extends NewMail {
  readonly calendar: string | null
  readonly sentAt: Date | null
  readonly isKept: boolean
}

/**
 * A page of the outbox, newest first; only the firm's administrators see it.
 * @param before the mail that the page begins behind; null for the newest
 */
export async function listMail(
  tx: Tx,
  { before, limit }: { before: string | null; limit: number },
): Promise<MailRow[]> {
  return tx
    .select()
    .from(mailOutbox)
    .where(
      before === null
        ? undefined
        : sql`(${mailOutbox.createdAt}, ${mailOutbox.id}) < (select o.created_at, o.id from mail_outbox o where o.id = ${before})`,
    )
    .orderBy(sql`${mailOutbox.createdAt} desc, ${mailOutbox.id} desc`)
    .limit(limit)
}

export async function findMail(tx: Tx, id: string): Promise<MailRow | null> {
  const [row] = await tx.select().from(mailOutbox).where(eq(mailOutbox.id, id)).for('update')
  return row ?? null
}

/**
 * @param outcome `kept`: no SMTP server is set, it stays on the outbox page; `sent`: its links, which may be secrets, go
 */
export async function saveMailOutcome(tx: Tx, id: string, outcome: 'sent' | 'kept', at: Date): Promise<void> {
  await tx
    .update(mailOutbox)
    .set(outcome === 'sent' ? { sentAt: at, links: [] } : { isKept: true })
    .where(eq(mailOutbox.id, id))
}

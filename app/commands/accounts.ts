import { hash, verify } from '@node-rs/argon2'
import { z } from 'zod'
import type { OrganisationKind, OrganisationRole, PersonActor } from '#app/domain/actor.ts'
import { isFirmAdmin, isStaff, ORGANISATION_ROLES, rolesToGive } from '#app/domain/actor.ts'
import { AppError, ensure, found } from '#app/domain/errors.ts'
import type { OrganisationId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { passwordRefusal } from '#app/domain/password.ts'
import { emailAddress, line } from '#app/domain/text.ts'
import { newSecret, sha256 } from '#db/digest.ts'
import { atAuthDoor } from '#db/door.ts'
import { newId } from '#db/new-id.ts'
import { recordEvent } from '#db/queries/events.ts'
import type { LinkKind } from '#db/queries/people.ts'
import {
  deleteSessionsOf,
  findActor,
  findCredentialByEmail,
  findPersonByEmail,
  insertLink,
  insertMail,
  insertOrganisation,
  insertPerson,
  isEmptyInstance,
  renamePerson,
  saveCredential,
  takeLink,
} from '#db/queries/people.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Database, Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const LINK_HOURS = { set_up: 24, invitation: 14 * 24, password_reset: 1 } as const

/** A hash nobody knows the password of: an unknown address costs the same time as a wrong password. */
const decoy = hash(newSecret(), ARGON2ID)

/**
 * Check a password.
 * @throws AppError `unauthenticated`, the same for an unknown address, a person who never joined and a wrong password
 */
export async function checkPassword(database: Database, input: { email: string; password: string }): Promise<PersonId> {
  const known = await database.as({ door: 'auth' }, (tx) => findCredentialByEmail(tx, input.email.trim().toLowerCase()))
  const matches = await verify(known?.passwordHash ?? (await decoy), input.password).catch(() => false)
  if (!known?.passwordHash || !matches)
    throw new AppError('unauthenticated', 'This e-mail address and password do not belong together.')
  return known.personId
}

export const SetUpForm = z.object({
  firm: line(120, 'The name of your firm'),
  name: line(120, 'Your name'),
  email: emailAddress,
  password: z.string(),
})

/**
 * The first account of an instance, by its one-time link: the consultancy and its owner.
 * @throws AppError `not_found` for a used or wrong link, `refused` when somebody has an account already
 */
export async function setUpFirm(
  door: { database: Database; now: Date },
  input: z.infer<typeof SetUpForm> & { token: string },
): Promise<PersonId> {
  ensurePassword(input)
  const passwordHash = await hash(input.password, ARGON2ID)
  return door.database.as({ door: 'auth' }, async (tx) => {
    const link = found(await takeLink(tx, sha256(input.token), door.now), 'This link')
    if (link.kind !== 'set_up') throw new AppError('not_found', 'This link does not exist.')
    ensure((await isEmptyInstance(tx)) ? null : { reason: 'This instance is already set up.' })
    return addFirm(tx, { ...input, passwordHash, now: door.now })
  })
}

/** Add the consultancy and its owner. The transaction is at the sign-in door. */
export async function addFirm(
  tx: Tx,
  input: { firm: string; name: string; email: string; passwordHash: string; now: Date },
): Promise<PersonId> {
  const organisationId = newId<OrganisationId>()
  const personId = newId<PersonId>()
  await insertOrganisation(tx, { id: organisationId, name: input.firm, kind: 'consultancy', at: input.now })
  await insertPerson(tx, {
    id: personId,
    organisationId,
    organisationKind: 'consultancy',
    role: 'owner',
    name: input.name,
    email: input.email,
    at: input.now,
  })
  await saveCredential(tx, personId, input.passwordHash, input.now)
  await recordEvent(tx, null, {
    kind: 'firm.set_up',
    engagementId: null,
    subjectId: organisationId,
    summary: `${input.name} set up ${input.firm}.`,
    at: input.now,
  })
  return personId
}

export function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2ID)
}

/** A link that makes the first account. Returns null when somebody has one already. */
export async function issueSetUpLink(database: Database, now: Date): Promise<string | null> {
  return database.as({ door: 'auth' }, async (tx) =>
    (await isEmptyInstance(tx)) ? issueLink(tx, { kind: 'set_up', personId: null, now }) : null,
  )
}

export const InviteForm = z.object({
  name: line(120, 'A name'),
  email: emailAddress,
  role: z.enum(ORGANISATION_ROLES, { error: 'Choose a role.' }).default('member'),
})

/** Invite a colleague to the consultancy, or once more who never joined. @throws AppError `refused`, `conflict` when the address is taken */
export async function inviteStaff(
  ctx: CommandContext<PersonActor>,
  input: z.infer<typeof InviteForm> & { origin: string },
): Promise<PersonId> {
  ensure(isFirmAdmin(ctx.actor) ? null : { reason: 'Only owners and administrators of the firm invite colleagues.' })
  if (!rolesToGive(ctx.actor).includes(input.role))
    throw new AppError('refused', 'Only an owner makes owners and executives.', {
      fields: { role: 'Only an owner makes owners and executives.' },
    })
  return transact(ctx, async (tx) => {
    const { personId, hasJoined } = await ensurePerson(tx, {
      ...input,
      organisationId: ctx.actor.organisationId,
      organisationKind: 'consultancy',
      role: input.role,
      now: ctx.now,
    })
    if (hasJoined)
      throw new AppError('conflict', 'This person has an account already.', {
        fields: { email: 'This person has an account already.' },
      })
    await mailInvitation(tx, { ctx, personId, to: input, origin: input.origin, about: ctx.actor.organisationName })
    return personId
  })
}

/**
 * The person with this address, added to the organisation when nobody has it. Opens the sign-in door for itself.
 * @throws AppError `conflict` when the address belongs to another organisation (said without naming it)
 */
export async function ensurePerson(
  tx: Tx,
  input: {
    name: string
    email: string
    organisationId: OrganisationId
    organisationKind: OrganisationKind
    role: OrganisationRole
    now: Date
  },
): Promise<{ personId: PersonId; isNew: boolean; hasJoined: boolean }> {
  return atAuthDoor(tx, async () => {
    const existing = await findPersonByEmail(tx, input.email)
    if (existing && existing.organisationId !== input.organisationId)
      throw new AppError('conflict', 'This address cannot be invited here.', {
        fields: { email: 'This address cannot be invited here.' },
      })
    if (existing) return { personId: existing.id, isNew: false, hasJoined: existing.hasJoined }
    const personId = newId<PersonId>()
    await insertPerson(tx, { id: personId, ...input, at: input.now })
    return { personId, isNew: true, hasJoined: false }
  })
}

/** Write the invitation to the outbox and put it on the queue. */
export async function mailInvitation(
  tx: Tx,
  input: {
    ctx: CommandContext
    personId: PersonId
    to: { name: string; email: string }
    origin: string
    about: string
  },
): Promise<void> {
  const token = await atAuthDoor(tx, () =>
    issueLink(tx, { kind: 'invitation', personId: input.personId, now: input.ctx.now }),
  )
  await queueMail(tx, {
    to: input.to,
    subject: `${input.ctx.actor.name} invites you to ${input.about}`,
    body: `${input.ctx.actor.name} asks you to join ${input.about} on Throughline. The link opens a page where you choose a password; opening it changes nothing. It works once, for 14 days.`,
    links: [{ label: 'Accept the invitation', url: `${input.origin}/links/${token}` }],
    now: input.ctx.now,
  })
  await recordEvent(tx, input.ctx.actor, {
    kind: 'person.invited',
    engagementId: null,
    subjectId: input.personId,
    summary: `${input.ctx.actor.name} invited ${input.to.name}.`,
    at: input.ctx.now,
  })
}

/**
 * Ask for a password reset. Says nothing about whether the address is known. Where mail is not sent but kept for our
 * administrators to read, a client's person gets no link: it would let us sign in their name.
 */
export async function askPasswordReset(
  door: { database: Database; now: Date; origin: string; isMailSent: boolean },
  email: string,
): Promise<void> {
  await door.database.as({ door: 'auth' }, async (tx) => {
    const known = await findCredentialByEmail(tx, email)
    if (!known?.passwordHash) return
    if (!door.isMailSent && !isStaff(found(await findActor(tx, known.personId)))) return
    const token = await issueLink(tx, { kind: 'password_reset', personId: known.personId, now: door.now })
    await queueMail(tx, {
      to: { name: known.name, email },
      subject: 'Choose a new password',
      body: 'Somebody asked for a new password for this address. If it was not you, do nothing. The link works once, for one hour.',
      links: [{ label: 'Choose a new password', url: `${door.origin}/links/${token}` }],
      now: door.now,
    })
    await recordEvent(tx, null, {
      kind: 'password.reset_asked',
      engagementId: null,
      subjectId: known.personId,
      summary: 'A password reset was asked for.',
      at: door.now,
    })
  })
}

export const UseLinkForm = z.object({ password: z.string(), name: line(120, 'Your name').optional() })

/**
 * Use an invitation or a password-reset link: sets the password and ends every session of the person.
 * @throws AppError `not_found` for a used, old or wrong link
 */
export async function useLink(
  door: { database: Database; now: Date },
  input: { token: string; password: string; name?: string | undefined },
): Promise<PersonId> {
  ensurePassword(input)
  const passwordHash = await hash(input.password, ARGON2ID)
  return door.database.as({ door: 'auth' }, async (tx) => {
    const link = found(await takeLink(tx, sha256(input.token), door.now), 'This link')
    const personId = found(link.personId, 'This link')
    const actor = found(await findActor(tx, personId), 'This link')
    await saveCredential(tx, personId, passwordHash, door.now)
    await deleteSessionsOf(tx, personId)
    if (link.kind === 'invitation' && input.name) await renamePerson(tx, personId, input.name)
    await recordEvent(tx, actor, {
      kind: link.kind === 'invitation' ? 'person.joined' : 'password.changed',
      engagementId: null,
      subjectId: personId,
      summary: link.kind === 'invitation' ? `${actor.name} joined.` : `${actor.name} chose a new password.`,
      at: door.now,
    })
    return personId
  })
}

function ensurePassword(input: { password: string; name?: string | undefined; email?: string; firm?: string }): void {
  const refusal = passwordRefusal(input.password, [input.name ?? '', input.email ?? '', input.firm ?? ''])
  if (refusal) throw new AppError('invalid', refusal.reason, { fields: { password: refusal.reason } })
}

async function issueLink(tx: Tx, input: { kind: LinkKind; personId: PersonId | null; now: Date }): Promise<string> {
  const token = newSecret()
  await insertLink(tx, {
    kind: input.kind,
    personId: input.personId,
    tokenHash: sha256(token),
    createdAt: input.now,
    expiresAt: new Date(input.now.getTime() + LINK_HOURS[input.kind] * 3_600_000),
  })
  return token
}

/** Put a mail in the outbox and its sending on the queue, in the caller's transaction. */
export async function queueMail(
  tx: Tx,
  mail: {
    to: { name: string; email: string }
    subject: string
    body: string
    links: readonly { label: string; url: string }[]
    /** An invitation for the reader's calendar (RFC 5545). */
    calendar?: string
    now: Date
  },
): Promise<void> {
  const id = newId()
  await insertMail(tx, {
    id,
    toAddress: mail.to.email,
    toName: mail.to.name,
    subject: mail.subject,
    body: mail.body,
    links: mail.links,
    calendar: mail.calendar ?? null,
    createdAt: mail.now,
  })
  await enqueue(tx, 'send_mail', { mailId: id })
}

/** End every session of the person who asks. */
export async function signOutEverywhere(ctx: CommandContext<PersonActor>): Promise<void> {
  await transact(ctx, async (tx) => {
    await deleteSessionsOf(tx, ctx.actor.personId)
    await recordEvent(tx, ctx.actor, {
      kind: 'session.signed_out_everywhere',
      engagementId: null,
      subjectId: ctx.actor.personId,
      summary: `${ctx.actor.name} signed out everywhere.`,
      at: ctx.now,
    })
  })
}

/** Add a client organisation. @throws AppError `refused` */
export async function addClient(ctx: CommandContext<PersonActor>, input: { name: string }): Promise<OrganisationId> {
  ensure(ctx.actor.organisationKind === 'consultancy' ? null : { reason: 'Only the consultancy adds clients.' })
  return transact(ctx, async (tx) => {
    const id = newId<OrganisationId>()
    await insertOrganisation(tx, { id, name: input.name, kind: 'client', at: ctx.now })
    await recordEvent(tx, ctx.actor, {
      kind: 'organisation.added',
      engagementId: null,
      subjectId: id,
      summary: `${ctx.actor.name} added the client ${input.name}.`,
      at: ctx.now,
    })
    return toId<OrganisationId>(id)
  })
}

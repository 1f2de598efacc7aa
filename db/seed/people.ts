import { addClient, addFirm, ensurePerson, hashPassword } from '#app/commands/accounts.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { OrganisationId } from '#app/domain/ids.ts'
import { findActor, findPersonByEmail, listOrganisations, saveCredential } from '#db/queries/people.ts'
import type { CastKey, CastMember, ClientKey } from './cast.ts'
import { CAST, CLIENTS, FIRM } from './cast.ts'
import type { World } from './world.ts'
import { acting, asking, timeOf } from './world.ts'

/** The people as actors, and the clients' organisations. */
export interface Cast {
  readonly people: Readonly<Record<CastKey, PersonActor>>
  readonly clients: Readonly<Record<ClientKey, OrganisationId>>
}

/** The firm, its clients, and everybody with the demonstration's password. */
export async function ensureTable(world: World): Promise<Cast> {
  const passwordHash = await hashPassword(found(world.demo.signIns[0]).password)
  const owner = await ensureOwner(world, passwordHash)
  const clients = {
    airline: await ensureClient(world, owner, CLIENTS.airline),
    grid: await ensureClient(world, owner, CLIENTS.grid),
    ferries: await ensureClient(world, owner, CLIENTS.ferries),
  }
  const member = (key: CastKey) =>
    ensureMember(world, { owner, clients, passwordHash }, found(CAST.find((one) => one.key === key)))
  const people = {
    owner,
    lead: await member('lead'),
    scientist: await member('scientist'),
    dana: await member('dana'),
    jon: await member('jon'),
    wei: await member('wei'),
    sofia: await member('sofia'),
  }
  world.say(`${String(CAST.length)} people at ${String(Object.keys(CLIENTS).length)} clients and the firm`)
  return { people, clients }
}

function ensureOwner(world: World, passwordHash: string): Promise<PersonActor> {
  const { name, email } = found(CAST.find((one) => one.key === 'owner'))
  return world.database.as({ door: 'auth' }, async (tx) => {
    const existing = await findPersonByEmail(tx, email)
    const id = existing?.id ?? (await addFirm(tx, { firm: FIRM, name, email, passwordHash, now: timeOf(world, 60) }))
    return found(await findActor(tx, id))
  })
}

async function ensureClient(world: World, owner: PersonActor, name: string): Promise<OrganisationId> {
  const known = await asking(world, owner, (tx) => listOrganisations(tx, 'client'))
  return known.find((client) => client.name === name)?.id ?? addClient(acting(world, owner, 50), { name })
}

async function ensureMember(
  world: World,
  at: { owner: PersonActor; clients: Cast['clients']; passwordHash: string },
  member: CastMember,
): Promise<PersonActor> {
  const now = timeOf(world, 50)
  const { personId } = await asking(world, at.owner, (tx) =>
    ensurePerson(tx, {
      name: member.name,
      email: member.email,
      organisationId: member.at === 'firm' ? at.owner.organisationId : at.clients[member.at],
      organisationKind: member.at === 'firm' ? 'consultancy' : 'client',
      role: member.organisationRole,
      now,
    }),
  )
  return world.database.as({ door: 'auth' }, async (tx) => {
    await saveCredential(tx, personId, at.passwordHash, now)
    return found(await findActor(tx, personId))
  })
}

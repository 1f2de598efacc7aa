import { AppError, found } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { listEngagements } from '#db/queries/engagements.ts'
import { findActor, findFirmOwner, listOrganisations } from '#db/queries/people.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Database } from '#db/types.ts'
import { addClient } from './accounts.ts'
import { openEngagement } from './engagements.ts'
import { issueToken } from './tokens.ts'

const CODE = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/
const CLIENT = 'Scripts'

/**
 * A tracking token of an engagement, for whoever runs the portal: in the name of the engagement's lead.
 * @param input.mayCreate open the engagement when there is none of this code, for the client “Scripts”
 * @throws AppError `not_found`, `invalid`, `refused` while nobody has an account
 */
export async function trackingToken(
  database: Database,
  input: { readonly code: string; readonly mayCreate: boolean; readonly now: Date },
): Promise<string> {
  const owner = await database.as({ door: 'auth' }, findFirmOwner)
  if (!owner)
    throw new AppError(
      'refused',
      'Nobody has an account yet. Set the portal up in a browser first: its start shows the link.',
    )
  const ctx = { database, actor: owner, now: input.now }
  const known = await database.as({ personId: owner.personId }, async (tx) =>
    (await listEngagements(tx, 10_000)).find(({ code }) => code.toLowerCase() === input.code.toLowerCase()),
  )
  const engagementId = known?.id ?? (await openFor(input.code, input.mayCreate))
  const lead = await database.as({ door: 'auth', personId: owner.personId }, async (tx) => {
    const seat = (await listSeats(tx, engagementId)).find(
      (held) => held.function === 'engagement_lead' && held.personId !== null,
    )
    return findActor(tx, found(seat?.personId, 'A lead of this engagement'))
  })
  const { token } = await issueToken(
    { ...ctx, actor: found(lead, 'The lead of this engagement') },
    { engagementId, name: 'scripts', scopes: ['track'] },
  )
  return token

  async function openFor(code: string, mayCreate: boolean): Promise<EngagementId> {
    if (!mayCreate) throw new AppError('not_found', `There is no engagement ${code}. Add --create to open one.`)
    if (!CODE.test(code))
      throw new AppError(
        'invalid',
        'A code holds letters, digits and dashes, at most 40, and begins with a letter or digit.',
      )
    const clients = await database.as({ personId: ctx.actor.personId }, (tx) => listOrganisations(tx, 'client'))
    const clientId = clients.find(({ name }) => name === CLIENT)?.id ?? (await addClient(ctx, { name: CLIENT }))
    return openEngagement(ctx, {
      code,
      name: code,
      clientOrganisationId: clientId,
      problem: 'Opened for scripts.',
      decisionSupported: 'None: opened for scripts.',
      affectedPeople: '',
      inScope: '',
      outOfScope: '',
      targetEnd: undefined,
    })
  }
}

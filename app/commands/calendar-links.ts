import type { PersonActor } from '#app/domain/actor.ts'
import { AppError } from '#app/domain/errors.ts'
import type { EngagementId } from '#app/domain/ids.ts'
import { newSecret, sha256 } from '#db/digest.ts'
import { newId } from '#db/new-id.ts'
import { insertCalendarLink, listCalendarLinks, revokeCalendarLink } from '#db/queries/calendar-links.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

/** Addresses of one calendar that one person may hold at once: one for each device, and some that were forgotten. */
const LINKS_MAX = 10

/**
 * Make a secret address for one's own calendar of an engagement. It is returned this once; only its hash is kept.
 * @throws AppError `refused` when there are too many
 */
export async function makeCalendarLink(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId },
): Promise<string> {
  return transact(ctx, async (tx) => {
    const { id: engagementId } = await getEngagement(tx, input.engagementId)
    const { personId } = ctx.actor
    if ((await listCalendarLinks(tx, engagementId, personId)).length >= LINKS_MAX)
      throw new AppError('refused', `You hold ${String(LINKS_MAX)} addresses of this calendar; end one first.`)
    const secret = newSecret()
    await insertCalendarLink(tx, {
      id: newId(),
      engagementId,
      personId,
      tokenHash: sha256(secret),
      createdAt: ctx.now,
    })
    return secret
  })
}

/** End one's own address. Ending it twice is harmless. */
export async function endCalendarLink(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; linkId: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const link = { id: input.linkId, engagementId: input.engagementId, personId: ctx.actor.personId }
    await revokeCalendarLink(tx, link, ctx.now)
  })
}

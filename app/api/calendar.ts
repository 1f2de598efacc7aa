import type { WebDeps } from '#app/server/context.server.ts'
import { calendarResponse } from '#app/server/calendar.ts'
import { sha256 } from '#db/digest.ts'
import { findCalendarLink } from '#db/queries/calendar-links.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { listCalendarMeetings } from '#db/queries/meetings.ts'
import { findActor } from '#db/queries/people.ts'
import { AppError, found } from '#app/domain/errors.ts'
import type { ApiContext } from './door.ts'

/** How far back a calendar goes, in days. */
const PAST_DAYS = 180
const ADDRESS = /^([0-9a-z]{31})\.ics$/

/**
 * A person's meetings in one engagement, for a calendar programme. The secret in the address is all it asks for; it shows
 * what its owner sees there today, and nothing when they have left.
 * @throws AppError `not_found` for a wrong or revoked address
 */
export async function calendarDoor(c: ApiContext, deps: WebDeps): Promise<Response> {
  const now = new Date()
  const secret = ADDRESS.exec(c.req.param('file') ?? '')?.[1]
  if (secret === undefined) throw new AppError('not_found', 'This calendar does not exist.')
  const scope = await deps.database.as({ door: 'auth' }, async (tx) => {
    const link = found(await findCalendarLink(tx, sha256(secret)), 'This calendar')
    found(await findActor(tx, link.personId), 'This calendar')
    return link
  })
  return deps.database.as(scope, async (tx) => {
    const engagement = await getEngagement(tx, scope.engagementId)
    return calendarResponse(tx, {
      engagement,
      meetings: await listCalendarMeetings(tx, engagement.id, new Date(now.getTime() - PAST_DAYS * 86_400_000)),
      origin: deps.publicOrigin,
      now,
      fileName: `${engagement.code}.ics`,
    })
  })
}

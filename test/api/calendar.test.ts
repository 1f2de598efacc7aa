import { describe, expect } from 'vitest'
import { endCalendarLink, makeCalendarLink } from '#app/commands/calendar-links.ts'
import { planMeeting } from '#app/commands/meetings.ts'
import { acceptSeat, vacateSeat } from '#app/commands/seats.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { MeetingId } from '#app/domain/ids.ts'
import { MeetingForm } from '#app/domain/meeting.ts'
import { newId } from '#db/new-id.ts'
import { listCalendarLinks } from '#db/queries/calendar-links.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { as, ORIGIN } from '#test/support/factories.ts'
import { test } from '#test/support/http.ts'

async function plan(pools: Pools, at: EngagementFixture, title: string, audience: 'team' | 'shared') {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16)
  await planMeeting(as(pools, at.lead, new Date()), {
    engagementId: at.engagementId,
    meetingId: newId<MeetingId>(),
    audience,
    form: MeetingForm.parse({ title, start: tomorrow, timeZone: 'UTC', lengthMinutes: '30' }),
    origin: ORIGIN,
  })
}

const makeLink = (pools: Pools, who: PersonActor, { engagementId }: EngagementFixture) =>
  makeCalendarLink(as(pools, who, new Date()), { engagementId })

describe('a calendar by its secret address', () => {
  test('shows what its owner sees in that engagement and nothing else, also for a client', async ({
    pools,
    fixture,
    other,
    server,
  }) => {
    await plan(pools, fixture, 'Shared review', 'shared')
    await plan(pools, fixture, 'Our margins', 'team')
    await plan(pools, other, 'Elsewhere', 'shared')
    const titles = async (who: PersonActor) => {
      const answer = await server.fetch(`/calendars/${await makeLink(pools, who, fixture)}.ics`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8; method=PUBLISH')
      return (await answer.text()).match(/^SUMMARY:.*(?=\r)/gm)?.sort()
    }
    expect(await titles(fixture.lead)).toEqual(['SUMMARY:Our margins', 'SUMMARY:Shared review'])
    expect(await titles(fixture.client)).toEqual(['SUMMARY:Shared review'])
  })

  test('is not there when the address is wrong, was ended, or its owner has left the table', async ({
    pools,
    fixture,
    server,
  }) => {
    const { engagementId, client, lead } = fixture
    const status = async (secret: string) => (await server.fetch(`/calendars/${secret}.ics`)).status
    const ended = await makeLink(pools, client, fixture)
    const [link] = await pools.web.as({ personId: client.personId }, (tx) =>
      listCalendarLinks(tx, engagementId, client.personId),
    )
    await endCalendarLink(as(pools, client, new Date()), { engagementId, linkId: found(link).id })
    const kept = await makeLink(pools, client, fixture)
    expect([await status(kept), await status(ended)]).toEqual([200, 404])
    for (const wrong of ['0'.repeat(31), 'x', `${kept}0`]) expect(await status(wrong)).toBe(404)
    const seats = await pools.web.as({ personId: lead.personId }, (tx) => listSeats(tx, engagementId))
    const seatId = found(seats.find((seat) => seat.personId === client.personId)).id
    await acceptSeat(as(pools, client, new Date()), { engagementId, seatId })
    await vacateSeat(as(pools, lead, new Date()), { engagementId, seatId, reason: 'Left.', origin: ORIGIN })
    expect(await status(kept)).toBe(404)
  })
})

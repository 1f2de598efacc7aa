import { describe, expect } from 'vitest'
import { endCalendarLink, makeCalendarLink } from '#app/commands/calendar-links.ts'
import { askForSomething, draftChange } from '#app/commands/changes.ts'
import { addCriterion, sendCriterion } from '#app/commands/criteria.ts'
import { giveSeat, moveEngagement } from '#app/commands/engagements.ts'
import { cancelMeeting, changeMeeting, closeMeeting, correctMinutes, planMeeting } from '#app/commands/meetings.ts'
import { addPoint, proposePoints, recordOutcome, removePoint, writeMinutes } from '#app/commands/minutes.ts'
import { addRegisterItem, settleRegisterItem } from '#app/commands/registers.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { ChangeForm } from '#app/domain/change.ts'
import { found } from '#app/domain/errors.ts'
import type { MeetingId, PersonId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { MeetingInput } from '#app/domain/meeting.ts'
import { MeetingForm, OutcomeForm } from '#app/domain/meeting.ts'
import { RegisterForm } from '#app/domain/register.ts'
import { newId } from '#db/new-id.ts'
import { listEvents } from '#db/queries/events.ts'
import { listPoints } from '#db/queries/agendas.ts'
import {
  getMeeting,
  listAttendees,
  listComingMeetings,
  listCorrections,
  listPastMeetings,
} from '#db/queries/meetings.ts'
import { listRegister } from '#db/queries/registers.ts'
import { query } from '#test/support/database.ts'
import { test } from '#test/support/engagement.ts'
import type { EngagementFixture, Pools } from '#test/support/factories.ts'
import { actorOf, aCriterionForm, anEngagement, as, NOW, ORIGIN } from '#test/support/factories.ts'

const AFTER = new Date('2026-03-04T12:00:00Z')

const read = <T>(pools: Pools, who: PersonActor, work: Parameters<typeof pools.web.as<T>>[1]) =>
  pools.web.as<T>({ personId: who.personId }, work)

function aForm(attendees: readonly PersonActor[], change: Record<string, string> = {}): MeetingInput {
  return MeetingForm.parse({
    title: 'Review',
    start: '2026-03-04T11:00',
    timeZone: 'Europe/Berlin',
    lengthMinutes: '60',
    place: 'Room 4',
    ...Object.fromEntries(attendees.map(({ personId }) => [`attendee-${personId}`, 'yes'])),
    ...change,
  })
}

async function aMeeting(
  pools: Pools,
  { engagementId, lead, client }: EngagementFixture,
  audience: 'team' | 'shared' = 'shared',
): Promise<MeetingId> {
  const meetingId = newId<MeetingId>()
  const form = aForm(audience === 'shared' ? [lead, client] : [lead])
  await planMeeting(as(pools, lead), { engagementId, meetingId, audience, form, origin: ORIGIN })
  return meetingId
}

const mails = (ownerUrl: string) =>
  query(
    ownerUrl,
    (sql) =>
      sql<{ to_address: string; subject: string; calendar: string }[]>`
        select to_address, subject, calendar from mail_outbox where calendar is not null order by created_at, id`,
  )

describe('planning a meeting', () => {
  test('takes the start from the clocks of its zone, and tells the others with an invitation for their calendar', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const meeting = await read(pools, client, (tx) => getMeeting(tx, engagementId, meetingId))
    expect(meeting).toMatchObject({ title: 'Review', state: 'planned', sequence: 0 })
    expect(meeting.startsAt.toISOString()).toBe('2026-03-04T10:00:00.000Z')
    const sent = await mails(database.ownerUrl)
    expect(sent).toMatchObject([{ to_address: client.email, subject: 'Meeting: Review' }])
    expect(sent[0]?.calendar).toContain('METHOD:REQUEST\r\n')
    expect(sent[0]?.calendar).toContain('DTSTART:20260304T100000Z\r\n')
    expect(sent[0]?.calendar).toContain(`UID:${meetingId}@throughline\r\n`)
    expect((await read(pools, lead, (tx) => listComingMeetings(tx, engagementId, NOW))).length).toBe(1)
  })

  test('twice with one form plans one; an id of another engagement is refused', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = newId<MeetingId>()
    const plan = (at: EngagementFixture) =>
      planMeeting(as(pools, lead), {
        engagementId: at.engagementId,
        meetingId,
        audience: 'shared',
        form: aForm([lead, at.client]),
        origin: ORIGIN,
      })
    await Promise.all([plan(fixture), plan(fixture)])
    expect(await read(pools, client, (tx) => listComingMeetings(tx, engagementId, NOW))).toHaveLength(1)
    expect(await mails(database.ownerUrl)).toHaveLength(1)
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(plan(other)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('asks only people with a seat, and the client’s never to a meeting of the team', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const other = await anEngagement(pools, lead, 'Other Mills')
    const plan = (audience: 'team' | 'shared', asked: PersonActor) =>
      planMeeting(as(pools, lead), {
        engagementId,
        meetingId: newId<MeetingId>(),
        audience,
        form: aForm([asked]),
        origin: ORIGIN,
      })
    await expect(plan('team', client)).rejects.toMatchObject({ code: 'invalid', message: /only people of the team/ })
    await expect(plan('shared', other.client)).rejects.toMatchObject({ code: 'invalid' })
    expect(await read(pools, lead, (tx) => listComingMeetings(tx, engagementId, NOW))).toEqual([])
  })

  test('is the team’s: a client is refused, another client’s person finds nothing', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const other = await anEngagement(pools, lead, 'Other Mills')
    const input = {
      engagementId,
      meetingId: newId<MeetingId>(),
      audience: 'shared',
      form: aForm([]),
      origin: ORIGIN,
    } as const
    await expect(planMeeting(as(pools, client), input)).rejects.toMatchObject({ code: 'refused' })
    await expect(planMeeting(as(pools, other.client), input)).rejects.toMatchObject({ code: 'not_found' })
    const meetingId = await aMeeting(pools, fixture)
    await expect(read(pools, other.client, (tx) => getMeeting(tx, engagementId, meetingId))).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

test('a start that the clocks skip is refused beside its field; one that they show twice is the first', () => {
  const start = (text: string) =>
    MeetingForm.safeParse({ title: 'x', start: text, timeZone: 'Europe/Berlin', lengthMinutes: '30' })
  expect(start('2026-03-29T02:30').error?.issues).toMatchObject([{ path: ['start'], message: /go forward/ }])
  expect(start('2026-10-25T02:30').data?.startsAt.toISOString()).toBe('2026-10-25T00:30:00.000Z')
})

describe('the agenda', () => {
  test('begins with what is open; a shared meeting never names what is the team’s own', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    await askForSomething(as(pools, client), { engagementId, text: 'Helicopters, please.', origin: ORIGIN })
    const criterionId = await addCriterion(as(pools, lead), {
      engagementId,
      form: aCriterionForm(fixture.datasetVersionId),
    })
    await sendCriterion(as(pools, lead), { engagementId, criterionId, origin: ORIGIN })
    const write = (title: string, audience: 'team' | 'shared', due: string) =>
      addRegisterItem(as(pools, lead), {
        engagementId,
        form: RegisterForm.parse({ kind: 'risk', title, body: '', audience, due }),
      })
    await write('shared and due', 'shared', '2026-03-04')
    await write('shared and later', 'shared', '2026-03-05')
    await write('ours and due', 'team', '2026-03-01')
    await draftChange(as(pools, lead), {
      engagementId,
      changeId: null,
      content: ChangeForm.parse({
        title: 'A draft',
        reason: 'x',
        addToScope: 'helicopters',
        takeFromScope: '',
        pushToLater: '',
        newDeliverables: '',
        newTargetEnd: '',
        scheduleDays: '',
        hours: '',
        fee: '',
        criteria: '',
        data: '',
      }),
    })
    const texts = async (meetingId: MeetingId) =>
      (await read(pools, lead, (tx) => listPoints(tx, [meetingId]))).map(({ text }) => text)
    expect(await texts(await aMeeting(pools, fixture))).toEqual([
      'C1 Rank damaging strikes first, version 1',
      'Helicopters, please.',
      'R1 shared and due',
    ])
    expect(await texts(await aMeeting(pools, fixture, 'team'))).toEqual([
      'C1 Rank damaging strikes first, version 1',
      'Change 1: A draft',
      'Helicopters, please.',
      'R3 ours and due',
      'R1 shared and due',
    ])
  })

  test('takes points of one’s own and what became open since, each once; a point can be taken off', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const at = { engagementId, meetingId }
    await addPoint(as(pools, lead), { ...at, text: 'Any other business' })
    await askForSomething(as(pools, client), { engagementId, text: 'Helicopters?', origin: ORIGIN })
    expect(await proposePoints(as(pools, lead), at)).toBe(1)
    expect(await proposePoints(as(pools, lead), at)).toBe(0)
    const points = () => read(pools, client, (tx) => listPoints(tx, [meetingId]))
    expect((await points()).map(({ text, subject }) => [text, subject])).toEqual([
      ['Any other business', 'own'],
      ['Helicopters?', 'ask'],
    ])
    const pointId = found((await points())[0]).id
    await removePoint(as(pools, lead), { ...at, pointId })
    await removePoint(as(pools, lead), { ...at, pointId })
    expect((await points()).map(({ text }) => text)).toEqual(['Helicopters?'])
    await expect(addPoint(as(pools, client), { ...at, text: 'Mine' })).rejects.toMatchObject({ code: 'refused' })
  })
})

describe('minutes', () => {
  test('are not written over a text that the writer did not see', async ({ pools, fixture }) => {
    const { engagementId, lead } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const at = { engagementId, meetingId }
    await addPoint(as(pools, lead), { ...at, text: 'Data' })
    const point = found((await read(pools, lead, (tx) => listPoints(tx, [meetingId])))[0])
    const write = (minutes: string) =>
      writeMinutes(as(pools, lead), { ...at, pointId: point.id, text: 'Data', minutes, version: 0 })
    await write('First.')
    await expect(write('Second.')).rejects.toMatchObject({ code: 'conflict' })
    expect(await read(pools, lead, (tx) => listPoints(tx, [meetingId]))).toMatchObject([
      { minutes: 'First.', version: 1 },
    ])
  })

  test('are closed after the meeting began, stand from then on, and are corrected beside', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const at = { engagementId, meetingId }
    await addPoint(as(pools, lead), { ...at, text: 'Data' })
    const point = found((await read(pools, lead, (tx) => listPoints(tx, [meetingId])))[0])
    await expect(correctMinutes(as(pools, lead), { ...at, text: 'Too early.' })).rejects.toMatchObject({
      code: 'refused',
    })
    await expect(closeMeeting(as(pools, lead), at)).rejects.toMatchObject({ code: 'refused', message: /not begun/ })
    const later = as(pools, lead, AFTER)
    await closeMeeting(later, at)
    await expect(closeMeeting(later, at)).rejects.toMatchObject({ code: 'refused' })
    const acts = [
      () => writeMinutes(later, { ...at, pointId: point.id, text: 'x', minutes: 'y', version: 0 }),
      () => addPoint(later, { ...at, text: 'Late' }),
      () => removePoint(later, { ...at, pointId: point.id }),
      () => cancelMeeting(later, { ...at, reason: 'x', origin: ORIGIN }),
    ]
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 'refused' })
    await expect(
      query(database.ownerUrl, (sql) => sql`update meeting_points set minutes = 'forged' where id = ${point.id}`),
    ).rejects.toThrow(/never change/)
    const open = await aMeeting(pools, fixture)
    await expect(
      query(database.ownerUrl, (sql) => sql`update meeting_points set meeting_id = ${open} where id = ${point.id}`),
    ).rejects.toThrow(/never change/)
    await expect(
      query(database.ownerUrl, (sql) => sql`update meetings set title = 'forged' where id = ${meetingId}`),
    ).rejects.toThrow(/never changes/)
    await correctMinutes(later, { ...at, text: 'It was Tuesday’s data.' })
    await expect(correctMinutes(as(pools, client, AFTER), { ...at, text: 'No.' })).rejects.toMatchObject({
      code: 'refused',
    })
    expect(await read(pools, client, (tx) => listCorrections(tx, meetingId))).toMatchObject([
      { text: 'It was Tuesday’s data.', writtenByName: lead.name },
    ])
    await moveEngagement(later, { engagementId, to: 'cancelled' })
    await expect(correctMinutes(later, { ...at, text: 'Too late.' })).rejects.toMatchObject({
      code: 'refused',
      message: /not changed/,
    })
    const page = { now: AFTER, before: null, limit: 50 }
    expect(await read(pools, client, (tx) => listPastMeetings(tx, engagementId, page))).toMatchObject([
      { id: meetingId, state: 'held' },
    ])
  })

  test('put decisions and actions into the registers, with who answers and the meeting they come from', async ({
    pools,
    fixture,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const at = { engagementId, meetingId }
    await addPoint(as(pools, lead), { ...at, text: 'Data' })
    const { id: pointId } = found((await read(pools, lead, (tx) => listPoints(tx, [meetingId])))[0])
    const form = (change: Record<string, string>) =>
      OutcomeForm.parse({ kind: 'action', title: 'Send 2025', ownerId: client.personId, due: '2026-03-20', ...change })
    await recordOutcome(as(pools, lead), { ...at, pointId, form: form({}) })
    await recordOutcome(as(pools, lead), { ...at, pointId, form: form({ kind: 'decision', title: 'No helicopters' }) })
    const entries = () => read(pools, client, (tx) => listRegister(tx, engagementId))
    expect(await entries()).toMatchObject([
      { key: 'T1', title: 'Send 2025', ownerName: client.name, due: '2026-03-20', meetingId, state: 'open' },
      { key: 'M1', title: 'No helicopters', meetingId, state: 'taken' },
    ])
    await expect(removePoint(as(pools, lead), { ...at, pointId })).rejects.toMatchObject({ code: 'refused' })
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(
      recordOutcome(as(pools, lead), { ...at, pointId, form: form({ ownerId: other.client.personId }) }),
    ).rejects.toMatchObject({ code: 'invalid' })
    const settle = (who: PersonActor, key: string) =>
      entries().then((all) =>
        settleRegisterItem(as(pools, who), {
          engagementId,
          itemId: found(all.find((entry) => entry.key === key)).id,
          to: 'closed',
          note: 'Done.',
          origin: ORIGIN,
        }),
      )
    await expect(settle(client, 'M1')).rejects.toMatchObject({ code: 'refused' })
    await settle(client, 'T1')
    expect((await entries()).map(({ state }) => state)).toEqual(['closed', 'taken'])
  })
})

test('a meeting that an executive without a seat planned and corrected is there for the client', async ({
  pools,
  fixture,
  database,
}) => {
  const { engagementId, client } = fixture
  const [owner] = await query(
    database.ownerUrl,
    (sql) => sql<{ id: string }[]>`select id from persons where email = 'owner@firm.test'`,
  )
  const executive = await actorOf(pools, toId<PersonId>(found(owner).id))
  const meetingId = newId<MeetingId>()
  await planMeeting(as(pools, executive), {
    engagementId,
    meetingId,
    audience: 'shared',
    form: aForm([client]),
    origin: ORIGIN,
  })
  await closeMeeting(as(pools, executive, AFTER), { engagementId, meetingId })
  await correctMinutes(as(pools, executive, AFTER), { engagementId, meetingId, text: 'It was Tuesday.' })
  const seen = await read(pools, client, async (tx) => ({
    plannedBy: (await getMeeting(tx, engagementId, meetingId)).plannedByName,
    corrections: (await listCorrections(tx, meetingId)).length,
  }))
  expect(seen).toEqual({ plannedBy: executive.name, corrections: 1 })
})

describe('a meeting of the team', () => {
  test('is not there for the client: not its row, its points, its outcomes, its events', async ({ pools, fixture }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture, 'team')
    const at = { engagementId, meetingId }
    await addPoint(as(pools, lead), { ...at, text: 'Margins' })
    const { id: pointId } = found((await read(pools, lead, (tx) => listPoints(tx, [meetingId])))[0])
    await recordOutcome(as(pools, lead), {
      ...at,
      pointId,
      form: OutcomeForm.parse({ kind: 'decision', title: 'Raise them', ownerId: lead.personId }),
    })
    await closeMeeting(as(pools, lead, AFTER), at)
    const seen = (who: PersonActor) =>
      read(pools, who, async (tx) => ({
        coming: (await listComingMeetings(tx, engagementId, NOW)).length,
        points: (await listPoints(tx, [meetingId])).length,
        attendees: (await listAttendees(tx, [meetingId])).length,
        entries: (await listRegister(tx, engagementId)).length,
        events: (await listEvents(tx, engagementId, 100)).filter(({ summary }) => /Review|Raise/.test(summary)).length,
      }))
    expect(await seen(lead)).toEqual({ coming: 1, points: 1, attendees: 1, entries: 1, events: 2 })
    expect(await seen(client)).toEqual({ coming: 0, points: 0, attendees: 0, entries: 0, events: 0 })
  })
})

describe('a change', () => {
  test('raises the sequence, tells who comes, and calls it off for who is no longer asked', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const secondId = await giveSeat(as(pools, lead), {
      engagementId,
      name: 'Bo of Acme',
      email: 'bo@acme-freight.test',
      function: 'data_owner',
      raci: 'C',
      origin: ORIGIN,
    })
    const meetingId = await aMeeting(pools, fixture)
    const change = (form: MeetingInput, sequence = 0) =>
      changeMeeting(as(pools, lead), { engagementId, meetingId, sequence, form, origin: ORIGIN })
    await change(aForm([lead], { [`attendee-${secondId}`]: 'yes', start: '2026-03-05T11:00' }))
    await expect(change(aForm([lead]))).rejects.toMatchObject({ code: 'conflict' })
    const sent = await mails(database.ownerUrl)
    const asked = sent.find(({ subject }) => subject === 'Meeting changed: Review')
    const gone = sent.find(({ subject }) => subject === 'You need not come: Review')
    expect(sent).toHaveLength(3)
    expect(asked?.to_address).toBe('bo@acme-freight.test')
    expect(asked?.calendar).toMatch(/SEQUENCE:1\r\nDTSTART:20260305T100000Z/)
    expect(gone?.to_address).toBe(client.email)
    expect(gone?.calendar).toMatch(/METHOD:CANCEL\r\n/)
  })

  test('that cancels keeps the meeting, with its reason, and cancels it in the calendars', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const meetingId = await aMeeting(pools, fixture)
    const cancel = () => cancelMeeting(as(pools, lead), { engagementId, meetingId, reason: 'Snow.', origin: ORIGIN })
    await cancel()
    await expect(cancel()).rejects.toMatchObject({ code: 'refused', message: 'This meeting was cancelled.' })
    expect(await read(pools, client, (tx) => getMeeting(tx, engagementId, meetingId))).toMatchObject({
      state: 'cancelled',
      stateReason: 'Snow.',
      sequence: 1,
    })
    const last = (await mails(database.ownerUrl)).find(({ subject }) => subject === 'Meeting cancelled: Review')
    expect(last?.calendar).toMatch(/METHOD:CANCEL\r\n[^]*SEQUENCE:1\r\n[^]*STATUS:CANCELLED\r\n/)
  })
})

describe('an address of a calendar', () => {
  test('is kept as a hash, seen by its owner only, and ended by its owner only', async ({
    pools,
    fixture,
    database,
  }) => {
    const { engagementId, lead, client } = fixture
    const secret = await makeCalendarLink(as(pools, client), { engagementId })
    const rows = () =>
      query(
        database.ownerUrl,
        (sql) => sql<{ id: string; token_hash: string; revoked_at: Date | null }[]>`select * from calendar_links`,
      )
    const [row] = await rows()
    expect(JSON.stringify(row)).not.toContain(secret)
    const linkId = found(row).id
    await endCalendarLink(as(pools, lead), { engagementId, linkId })
    expect((await rows())[0]?.revoked_at).toBeNull()
    await endCalendarLink(as(pools, client), { engagementId, linkId })
    expect((await rows())[0]?.revoked_at).not.toBeNull()
    const other = await anEngagement(pools, lead, 'Other Mills')
    await expect(makeCalendarLink(as(pools, other.client), { engagementId })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CalendarEntry } from '#app/domain/calendar.ts'
import { calendarText } from '#app/domain/calendar.ts'
import { isWellFormed } from '#app/domain/canonical-json.ts'

const NOW = new Date('2026-03-02T09:00:00Z')

const ENTRY: CalendarEntry = {
  id: '11111111-1111-4111-8111-111111111111',
  title: 'Review',
  startsAt: new Date('2026-03-05T08:30:00Z'),
  lengthMinutes: 45,
  place: '',
  state: 'planned',
  sequence: 2,
  changedAt: new Date('2026-03-01T10:00:00Z'),
  url: 'https://portal.test/m/1',
  agenda: [],
  organizer: { name: 'Lea "L" Lead', email: 'lead@firm.test' },
}

const published = (change: Partial<CalendarEntry> = {}) =>
  calendarText([{ ...ENTRY, ...change }], { method: 'publish', name: 'Triage' }, NOW)

/** As a reader does it (RFC 5545, 3.1): a line that begins with a space goes on the one before. */
const unfolded = (text: string) => text.replaceAll('\r\n ', '').split('\r\n')

const unescaped = (text: string) =>
  text.replaceAll(/\\([\\;,nN])/g, (_, sign: string) => (sign.toLowerCase() === 'n' ? '\n' : sign))

describe('a calendar', () => {
  test('says when in UTC, with its identity, its sequence and its state', () => {
    expect(unfolded(published())).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Throughline//Meetings//EN',
      'CALSCALE:GREGORIAN',
      'METHOD:PUBLISH',
      'X-WR-CALNAME:Triage',
      'BEGIN:VEVENT',
      'UID:11111111-1111-4111-8111-111111111111@throughline',
      'DTSTAMP:20260302T090000Z',
      'LAST-MODIFIED:20260301T100000Z',
      'SEQUENCE:2',
      'DTSTART:20260305T083000Z',
      'DTEND:20260305T091500Z',
      'SUMMARY:Review',
      'DESCRIPTION:https://portal.test/m/1',
      'URL:https://portal.test/m/1',
      'STATUS:CONFIRMED',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ])
  })

  test('of a cancelled meeting says so, and keeps its identity', () => {
    const lines = unfolded(published({ state: 'cancelled', sequence: 3 }))
    expect(lines).toContain('STATUS:CANCELLED')
    expect(lines).toContain('UID:11111111-1111-4111-8111-111111111111@throughline')
    expect(lines).toContain('SEQUENCE:3')
  })

  test('that anybody may subscribe to names nobody; an invitation names whom it is for', () => {
    expect(published()).not.toMatch(/ATTENDEE|ORGANIZER|mailto/)
    const attendee = { name: 'Ann; of "Acme"', email: 'ann@acme.test' }
    const sent = unfolded(calendarText([ENTRY], { method: 'request', attendee }, NOW))
    expect(sent).toContain('METHOD:REQUEST')
    expect(sent).toContain('ORGANIZER;CN="Lea  L  Lead":mailto:lead@firm.test')
    expect(sent).toContain(
      'ATTENDEE;CN="Ann; of  Acme ";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:ann@acme.test',
    )
    expect(unfolded(calendarText([ENTRY], { method: 'cancel', attendee }, NOW))).toContain('STATUS:CANCELLED')
  })

  test('has no line above 75 bytes, breaks no character, and gives back any text as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string({ maxLength: 200 }), (title, place) => {
        const text = published({ title, place: `x${place}`, agenda: [title] })
        expect(text.endsWith('\r\n')).toBe(true)
        for (const line of text.split('\r\n')) {
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
          expect(line).not.toMatch(/[\r\n]/)
          expect(isWellFormed(line)).toBe(true)
        }
        const value = (name: string) =>
          unescaped(
            unfolded(text)
              .find((line) => line.startsWith(`${name}:`))
              ?.slice(name.length + 1) ?? 'missing',
          )
        // No value may hold a control but the tab and the line feed, which is escaped; all of them become spaces.
        const clean = (given: string) =>
          [...given.replaceAll(/\r\n?/g, '\n')]
            .map((sign) => (sign !== '\n' && (sign < ' ' || sign === '\u007f') ? ' ' : sign))
            .join('')
        expect(value('SUMMARY')).toBe(clean(title))
        expect(value('LOCATION')).toBe(clean(`x${place}`))
      }),
    )
  })

  test('lets no text add a line of its own', () => {
    const text = published({ title: 'A\r\nATTENDEE:mailto:eve@evil.test', agenda: ['b\nEND:VEVENT'] })
    expect(unfolded(text).filter((line) => line.startsWith('ATTENDEE') || line === 'END:VEVENT')).toEqual([
      'END:VEVENT',
    ])
  })
})

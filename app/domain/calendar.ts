import type { MeetingState } from './meeting.ts'

/** A meeting as calendars know it. */
export interface CalendarEntry {
  readonly id: string
  readonly title: string
  readonly startsAt: Date
  readonly lengthMinutes: number
  readonly place: string
  readonly state: MeetingState
  /** Grows with each change that people have to hear of; starts at 0. */
  readonly sequence: number
  readonly changedAt: Date
  readonly url: string
  /** One line each. */
  readonly agenda: readonly string[]
  /** Left out of what anybody may subscribe to. */
  readonly organizer: { readonly name: string; readonly email: string } | null
}

/** `publish`: a calendar to read. `request` and `cancel`: sent to one attendee (RFC 5546, 3.2). */
export type CalendarMessage =
  | { readonly method: 'publish'; readonly name: string }
  | {
      readonly method: 'request' | 'cancel'
      readonly attendee: { readonly name: string; readonly email: string }
    }

/** Longest line of a calendar in bytes, without its end. Source: RFC 5545, 3.1. */
const LINE_BYTES_MAX = 75

/**
 * Meetings as an iCalendar stream (RFC 5545, RFC 5546): UTC times, CRLF, long lines folded, text escaped. Every time is UTC,
 * so no time zone has to be described in it.
 * @param now when this stream is made, DTSTAMP of each entry
 */
export function calendarText(entries: readonly CalendarEntry[], message: CalendarMessage, now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Throughline//Meetings//EN',
    'CALSCALE:GREGORIAN',
    `METHOD:${message.method.toUpperCase()}`,
    ...(message.method === 'publish' ? [`X-WR-CALNAME:${escaped(message.name)}`] : []),
    ...entries.flatMap((entry) => eventLines(entry, message, now)),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

function eventLines(entry: CalendarEntry, message: CalendarMessage, now: Date): string[] {
  const isCancelled = entry.state === 'cancelled' || message.method === 'cancel'
  const description = [...entry.agenda.map((point) => `- ${point}`), entry.url].join('\n')
  return [
    'BEGIN:VEVENT',
    `UID:${entry.id}@throughline`,
    `DTSTAMP:${utc(now)}`,
    `LAST-MODIFIED:${utc(entry.changedAt)}`,
    `SEQUENCE:${String(entry.sequence)}`,
    `DTSTART:${utc(entry.startsAt)}`,
    `DTEND:${utc(new Date(entry.startsAt.getTime() + entry.lengthMinutes * 60_000))}`,
    `SUMMARY:${escaped(entry.title)}`,
    ...(entry.place === '' ? [] : [`LOCATION:${escaped(entry.place)}`]),
    `DESCRIPTION:${escaped(description)}`,
    `URL:${entry.url}`,
    `STATUS:${isCancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    ...(message.method === 'publish' ? [] : peopleLines(entry, message.attendee)),
    'END:VEVENT',
  ]
}

function peopleLines(entry: CalendarEntry, attendee: { readonly name: string; readonly email: string }): string[] {
  const { organizer } = entry
  return [
    ...(organizer === null ? [] : [`ORGANIZER;CN=${parameter(organizer.name)}:mailto:${organizer.email}`]),
    `ATTENDEE;CN=${parameter(attendee.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:${attendee.email}`,
  ]
}

/** `20261201T090000Z`. */
function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** A value of type TEXT. Source: RFC 5545, 3.3.11. */
function escaped(text: string): string {
  return withoutControls(text.replaceAll(/\r\n?/g, '\n'))
    .replaceAll(/[\\;,]/g, (sign) => `\\${sign}`)
    .replaceAll('\n', '\\n')
}

/** A quoted parameter, which cannot hold a quotation mark. Source: RFC 5545, 3.2. */
function parameter(text: string): string {
  return `"${withoutControls(text).replaceAll(/["\n]/g, ' ')}"`
}

function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- CONTROL of RFC 5545, which no value may hold; the line feed is escaped later
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ')
}

/** Folded at 75 bytes of UTF-8, never within a character; what continues a line begins with a space. */
function folded(line: string): string {
  const rows: string[] = []
  let [row, bytes] = ['', 0]
  for (const character of line) {
    const size = bytesOf(character)
    if (bytes + size > LINE_BYTES_MAX) {
      rows.push(row)
      ;[row, bytes] = [' ', 1]
    }
    row += character
    bytes += size
  }
  return [...rows, row].join('\r\n')
}

/** Bytes of one character in UTF-8. */
function bytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

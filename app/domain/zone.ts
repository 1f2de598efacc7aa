import { z } from 'zod'
import { isDay } from './text.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** What a clock on the wall in a time zone says, and whether that happens: never (the clocks go forward over it), once, or twice. */
export type WallTime =
  | { readonly kind: 'never'; readonly before: Date }
  | { readonly kind: 'once'; readonly at: Date }
  | { readonly kind: 'twice'; readonly first: Date; readonly second: Date }

/** The names of the IANA database, and then some. */
const FORMATS_MAX = 1000
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  })
  if (formats.size >= FORMATS_MAX) formats.clear()
  formats.set(zone, made)
  return made
}

/** True for `UTC` and for names of the IANA time zone database with a place in them (`Europe/Berlin`). */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true
  if (name.length > 64 || !/^[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z0-9_+-]*){1,2}$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** How far the zone's clocks are ahead of UTC at a moment, in milliseconds. @param zone as isTimeZone takes it */
export function offsetMs(at: Date, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
  const wall = Date.UTC(
    number('year'),
    number('month') - 1,
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  )
  return wall - Math.floor(at.getTime() / 1000) * 1000
}

/** What the clocks of the zone show, written as if it were UTC. */
export function wallOf(at: Date, zone: string): Date {
  return new Date(at.getTime() + offsetMs(at, zone))
}

/**
 * When the clocks of a zone show a time. Looks at the offsets a day before and a day after: between them a zone changes its
 * clocks at most once.
 * @param wall what the clock shows, written as if it were UTC
 * @returns for a time that is skipped, `before`: the moment as counted on with the clocks from before the change
 */
export function wallTime(wall: Date, zone: string): WallTime {
  const shown = wall.getTime()
  const offsets = [-DAY_MS, DAY_MS].map((shift) => offsetMs(new Date(shown + shift), zone))
  const moments = [...new Set(offsets)]
    .map((offset) => new Date(shown - offset))
    .filter((at) => wallOf(at, zone).getTime() === shown)
    .sort((a, b) => a.getTime() - b.getTime())
  const [first, second] = moments
  if (first === undefined) return { kind: 'never', before: new Date(shown - (offsets[0] ?? 0)) }
  return second === undefined ? { kind: 'once', at: first } : { kind: 'twice', first, second }
}

/** What every zone has a time for, as far as anybody plans: ISO texts of it have four digits for the year. */
const [YEAR_MIN, YEAR_MAX] = ['1970', '9998']

/** A date and time as a browser's field gives it, to the minute, as if it were UTC. */
export const wallClock = z
  .string({ error: 'A date and a time are needed.' })
  .trim()
  .refine(
    (text) =>
      /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:00)?$/.test(text) &&
      isDay(text.slice(0, 10)) &&
      text.slice(0, 4) >= YEAR_MIN &&
      text.slice(0, 4) <= YEAR_MAX,
    'Give a date and a time, such as 2026-12-01T10:00.',
  )

/** As wallClock takes it. */
export function wallClockOf(at: Date, zone: string): string {
  return new Date(Math.floor(wallOf(at, zone).getTime() / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16)
}

export const timeZoneName = z
  .string({ error: 'A time zone is needed.' })
  .trim()
  .refine(isTimeZone, 'This is not the name of a time zone. Names look like Europe/Berlin, America/New_York or UTC.')

/** The day in UTC, YYYY-MM-DD. */
export function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10)
}

/** A time as it stands in a signed text, the same for every reader: `2026-11-25 07:30:00 UTC`. */
export function utcWords(at: Date): string {
  return `${utcDay(at)} ${at.toISOString().slice(11, 19)} UTC`
}

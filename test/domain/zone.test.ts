import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { day } from '#app/domain/text.ts'
import { isTimeZone, offsetMs, wallClock, wallClockOf, wallOf, wallTime } from '#app/domain/zone.ts'

const at = (text: string) => new Date(`${text}Z`)

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/St_Johns',
]

describe('the clocks of a zone', () => {
  test('show a time once on a usual day', () => {
    expect(wallTime(at('2026-12-01T10:00'), 'Europe/Berlin')).toEqual({ kind: 'once', at: at('2026-12-01T09:00') })
    expect(wallTime(at('2026-07-01T10:00'), 'Europe/Berlin')).toEqual({ kind: 'once', at: at('2026-07-01T08:00') })
    expect(wallTime(at('2026-07-01T10:00'), 'Asia/Kathmandu')).toEqual({ kind: 'once', at: at('2026-07-01T04:15') })
  })

  test('skip an hour in spring: the first minute of it never comes, the last before and the first after do', () => {
    expect(wallTime(at('2026-03-29T01:59'), 'Europe/Berlin')).toEqual({ kind: 'once', at: at('2026-03-29T00:59') })
    expect(wallTime(at('2026-03-29T02:00'), 'Europe/Berlin')).toEqual({ kind: 'never', before: at('2026-03-29T01:00') })
    expect(wallTime(at('2026-03-29T02:59'), 'Europe/Berlin')).toMatchObject({ kind: 'never' })
    expect(wallTime(at('2026-03-29T03:00'), 'Europe/Berlin')).toEqual({ kind: 'once', at: at('2026-03-29T01:00') })
  })

  test('show an hour twice in autumn', () => {
    expect(wallTime(at('2026-10-25T02:30'), 'Europe/Berlin')).toEqual({
      kind: 'twice',
      first: at('2026-10-25T00:30'),
      second: at('2026-10-25T01:30'),
    })
    expect(wallTime(at('2026-10-25T03:00'), 'Europe/Berlin')).toEqual({ kind: 'once', at: at('2026-10-25T02:00') })
    // Half an hour only.
    expect(wallTime(at('2026-04-05T01:45'), 'Australia/Lord_Howe')).toMatchObject({ kind: 'twice' })
    expect(wallTime(at('2026-04-05T01:15'), 'Australia/Lord_Howe')).toMatchObject({ kind: 'once' })
  })

  test('give each moment back that they show', () => {
    const moment = fc.date({ min: at('1990-01-01T00:00'), max: at('2035-01-01T00:00'), noInvalidDate: true })
    fc.assert(
      fc.property(moment, fc.constantFrom(...ZONES), (given, zone) => {
        const shown = wallTime(wallOf(given, zone), zone)
        const moments = shown.kind === 'once' ? [shown.at] : shown.kind === 'twice' ? [shown.first, shown.second] : []
        expect(moments.map((one) => one.getTime())).toContain(given.getTime())
        for (const one of moments) expect(wallOf(one, zone).getTime()).toBe(wallOf(given, zone).getTime())
      }),
    )
  })

  test('are ahead of UTC by whole milliseconds, also between seconds', () => {
    expect(offsetMs(new Date('2026-07-01T10:00:00.999Z'), 'Europe/Berlin')).toBe(7_200_000)
    expect(wallClockOf(at('2026-07-01T10:00:59'), 'Europe/Berlin')).toBe('2026-07-01T12:00')
  })
})

test('a zone is named as the IANA database names it', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT+5'])
    expect(isTimeZone(name), name).toBe(true)
  for (const name of ['', 'Berlin', 'europe/berlin', '+01:00', 'Europe/Nowhere', 'Europe/Berlin; drop'])
    expect(isTimeZone(name), name).toBe(false)
})

test('a date and time of a form is one that exists', () => {
  expect(wallClock.safeParse('2026-12-01T10:00').success).toBe(true)
  for (const bad of ['', '2026-12-01', '2026-13-01T10:00', '2026-12-01T25:00', '2026-12-01T10:00Z'])
    expect(wallClock.safeParse(bad).success, bad).toBe(false)
  for (const never of ['2026-02-30T10:00', '2026-12-01T24:00', '0000-01-01T10:00', '9999-12-31T23:59'])
    expect(wallClock.safeParse(never).success, never).toBe(false)
})

test('a day of a form is one that the database takes, too', () => {
  for (const good of ['2026-12-01', '2028-02-29', '0001-01-01', '9999-12-31'])
    expect(day('The day').safeParse(good).success, good).toBe(true)
  for (const bad of ['2026-02-30', '2026-02-29', '2026-04-31', '2026-13-01', '0000-01-01', '26-01-01'])
    expect(day('The day').safeParse(bad).success, bad).toBe(false)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cron } from '#app/domain/cron.ts'
import { nextFirings, parseCron } from '#app/domain/cron.ts'
import { wallOf } from '#app/domain/zone.ts'

function cron(text: string): Cron {
  const parsed = parseCron(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

const next = (text: string, zone: string, after: string, count: number) =>
  nextFirings(cron(text), zone, new Date(after), count).map((at) => at.toISOString().slice(0, 16))

describe('a schedule', () => {
  test.each([
    ['30 6 * * 1-5', '2026-03-06T06:30', ['2026-03-09T06:30', '2026-03-10T06:30']],
    ['*/20 9 1 * *', '2026-03-02T00:00', ['2026-04-01T09:00', '2026-04-01T09:20']],
    ['0 0 29 2 *', '2026-01-01T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['0 12 13 * fri', '2026-03-01T00:00', ['2026-03-06T12:00', '2026-03-13T12:00']],
    ['5,10-12 0 1 jan,JUL *', '2026-06-01T00:00', ['2026-07-01T00:05', '2026-07-01T00:10']],
    ['0 0 * * 7', '2026-03-02T00:00', ['2026-03-08T00:00', '2026-03-15T00:00']],
    ['50/5 23 * * *', '2026-03-02T00:00', ['2026-03-02T23:50', '2026-03-02T23:55']],
  ])('%s fires as crontab says', (text, after, expected) => {
    expect(next(text, 'UTC', `${after}Z`, 2)).toEqual(expected)
  })

  test.each(['', '* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '5-1 * * * *'])(
    '“%s” is refused with a sentence',
    (text) => expect(parseCron(text)).toMatch(/\.$/),
  )
  test.each(['*/0 * * * *', '1/2/3 * * * *', '1-2-3 * * * *', '@daily', '* * 31 2 *', 'a * * * *', '1,,2 * * * *'])(
    '“%s” is refused, too',
    (text) => expect(parseCron(text)).toMatch(/\.$/),
  )
})

describe('where the clocks go forward', () => {
  test('a time that they skip fires once, counted on by the clocks from before', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:30', // the clocks show 03:30
      '2026-03-30T00:30',
    ])
  })

  test('no moment fires twice: what was skipped falls on what fires anyway', () => {
    expect(next('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:20Z', 4)).toEqual([
      '2026-03-29T00:30',
      '2026-03-29T01:00',
      '2026-03-29T01:30',
      '2026-03-29T02:00',
    ])
  })
})

describe('where the clocks go back', () => {
  test('a time that they show twice fires the first time only', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  test('a schedule for every hour goes by the time that passes', () => {
    expect(next('30 * * * *', 'Europe/Berlin', '2026-10-24T23:40Z', 4)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:30',
      '2026-10-25T02:30',
      '2026-10-25T03:30',
    ])
    // Half an hour only.
    expect(next('45 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00Z', 3)).toEqual([
      '2026-04-04T14:45',
      '2026-04-04T15:15',
      '2026-04-04T16:15',
    ])
  })
})

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo']
const moment = fc.date({
  min: new Date('2015-01-01T00:00Z'),
  max: new Date('2035-01-01T00:00Z'),
  noInvalidDate: true,
})
const hour = fc.integer({ min: 0, max: 23 })
const minute = fc.integer({ min: 0, max: 59 })

describe('in any zone and year', () => {
  test('firings are in order, each later than asked, and each after the last is the next', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...ZONES), hour, minute, (after, zone, atHour, atMinute) => {
        const daily = cron(`${String(atMinute)} ${String(atHour)} * * *`)
        const firings = nextFirings(daily, zone, after, 5).map((at) => at.getTime())
        expect(firings).toHaveLength(5)
        expect([...firings].sort((a, b) => a - b)).toEqual(firings)
        expect(firings[0]).toBeGreaterThan(after.getTime())
        for (const [index, at] of firings.slice(0, 4).entries())
          expect(nextFirings(daily, zone, new Date(at), 1)[0]?.getTime()).toBe(firings[index + 1])
      }),
      { numRuns: 200 },
    )
  })

  test('a daily schedule fires once for each day, and shows its time on every day on which the clocks do', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...ZONES), hour, minute, (after, zone, atHour, atMinute) => {
        const daily = cron(`${String(atMinute)} ${String(atHour)} * * *`)
        const firings = nextFirings(daily, zone, after, 400)
        const days = firings.map((at) => wallOf(at, zone).toISOString().slice(0, 10))
        expect(new Set(days).size).toBe(400)
        const time = `${String(atHour).padStart(2, '0')}:${String(atMinute).padStart(2, '0')}`
        const odd = firings.filter((at) => wallOf(at, zone).toISOString().slice(11, 16) !== time)
        expect(odd.length).toBeLessThanOrEqual(2) // the days in 400 on which a zone skips it
      }),
      { numRuns: 60 },
    )
  })

  test('a schedule for every minute misses none and repeats none', () => {
    const every = cron('* * * * *')
    fc.assert(
      fc.property(moment, fc.constantFrom(...ZONES), (after, zone) => {
        const start = Math.floor(after.getTime() / 60_000) * 60_000
        const firings = nextFirings(every, zone, new Date(start), 200).map((at) => at.getTime())
        expect(firings).toEqual(Array.from({ length: 200 }, (_, index) => start + (index + 1) * 60_000))
      }),
      { numRuns: 60 },
    )
  })
})

import { describe, expect, test } from 'vitest'
import { parseCron } from '#app/domain/cron.ts'
import type { Misfire } from '#app/domain/schedule.ts'
import { dueFirings } from '#app/domain/schedule.ts'

const at = (time: string) => new Date(`2026-03-02T${time}Z`)

function due(misfire: Misfire, now: string, text = '0 * * * *', nextAt = '08:00:00') {
  const cron = parseCron(text)
  if (typeof cron === 'string') throw new Error(cron)
  const found = dueFirings({ cron, timeZone: 'UTC', misfire, nextAt: at(nextAt), now: at(now) })
  const words = (times: readonly Date[]) => times.map((time) => time.toISOString().slice(11, 16))
  return { fire: words(found.fire), missed: words(found.missed), next: words(found.nextAt ? [found.nextAt] : [])[0] }
}

describe('what is due', () => {
  test('is what came within the grace, whatever the policy says', () => {
    for (const misfire of ['skip', 'once', 'all'] as const)
      expect(due(misfire, '08:01:00')).toEqual({ fire: ['08:00'], missed: [], next: '09:00' })
  })
  test('is nothing before its time', () => {
    expect(due('all', '07:59:59')).toEqual({ fire: [], missed: [], next: '08:00' })
  })
  test.each([
    ['skip', [], ['08:00', '09:00', '10:00']],
    ['once', ['10:00'], ['08:00', '09:00']],
    ['all', ['08:00', '09:00', '10:00'], []],
  ] as const)('after hours without a worker: %s', (misfire, fire, missed) => {
    expect(due(misfire, '10:30:00')).toEqual({ fire: [...fire], missed: [...missed], next: '11:00' })
  })
  test('is what is on time beside what was missed', () => {
    expect(due('skip', '10:00:30')).toEqual({ fire: ['10:00'], missed: ['08:00', '09:00'], next: '11:00' })
    expect(due('once', '10:00:30')).toEqual({ fire: ['10:00'], missed: ['08:00', '09:00'], next: '11:00' })
  })
  test('is looked at a hundred at a time, and only the very last is made up for', () => {
    const first = due('once', '12:00:00', '* * * * *')
    expect([first.fire, first.missed.length, first.next]).toEqual([[], 100, '09:40'])
    const last = due('once', '12:00:30', '* * * * *', '11:58:00')
    expect(last).toEqual({ fire: ['12:00'], missed: ['11:58', '11:59'], next: '12:01' })
  })
})

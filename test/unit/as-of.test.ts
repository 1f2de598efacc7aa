import { expect, test } from 'vitest'
import { asOf, ensureAsOf } from '#app/server/as-of.ts'

const NOW = new Date('2026-03-02T09:00:30.000Z')
const asking = (at: string) => new URL(`https://portal.test/evidence?at=${encodeURIComponent(at)}`)

test('evidence is as of a time that was', () => {
  expect(asOf(asking('2026-03-01T12:00'), NOW)).toMatchObject({ at: new Date('2026-03-01T12:00:59.999Z'), error: null })
  expect(asOf(asking('2026-03-01'), NOW)).toMatchObject({ at: new Date('2026-03-01T23:59:59.999Z'), error: null })
})

test.each(['', '2026-03-02', '2026-03-02T09:00'])('%j is answered for now, and means it', (at) => {
  expect(asOf(asking(at), NOW)).toEqual({ at: NOW, typed: '2026-03-02T09:00', error: null })
})

test.each([
  ['2026-03-03', 'This time is still to come.'],
  ['2026-03-02T09:01', 'This time is still to come.'],
  ['2031-01-01T00:00', 'This time is still to come.'],
  ['soon', 'This is not a time.'],
])('%j is said to be no time to ask for, and refused to machines', (at, error) => {
  expect(asOf(asking(at), NOW)).toEqual({ at: NOW, typed: '2026-03-02T09:00', error })
  expect(() => ensureAsOf(asking(at), NOW)).toThrow(error)
})

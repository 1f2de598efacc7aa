import { expect, test } from 'vitest'
import { readMeetingCursor } from '#app/domain/meeting.ts'

test('a place in the list of meetings is a time and an id that can be asked for, or none', () => {
  const [start, id] = ['2026-03-04T10:00:00.000Z', '0a000000-0000-4000-8000-000000000001']
  expect(readMeetingCursor(`${start}_${id}`)).toEqual({ startsAt: new Date(start), id })
  for (const bad of [
    null,
    '',
    start,
    `${start}_${'-'.repeat(36)}`,
    `${start}_${id.toUpperCase()}x`,
    `0000-01-01T00:00:00.000Z_${id}`,
    `2026-02-30T00:00:00.000Z_${id}`,
    `2026-03-04T99:00:00.000Z_${id}`,
  ])
    expect(readMeetingCursor(bad), String(bad)).toBeNull()
})

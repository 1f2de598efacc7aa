import { describe, expect, test } from 'vitest'
import type { LogTail } from '#app/domain/job-log.ts'
import { LOG_SHOWN_BYTES_MAX, LOG_SHOWN_PIECES_MAX, longerTail } from '#app/domain/job-log.ts'

const EMPTY: LogTail<{ text: string }> = { pieces: [], bytes: 0, leftOutBytes: 0 }
const tailOf = (...texts: string[]) => texts.reduce((tail, text) => longerTail(tail, { text }), EMPTY)

describe('what a page shows of a log that grows', () => {
  test('is all of it up to the limit, and from one byte more only the newest whole pieces', () => {
    const half = 'a'.repeat(LOG_SHOWN_BYTES_MAX / 2)
    const full = tailOf(half, half)
    expect([full.pieces.length, full.bytes, full.leftOutBytes]).toEqual([2, LOG_SHOWN_BYTES_MAX, 0])
    expect(longerTail(full, { text: 'b' })).toEqual({
      pieces: [{ text: half }, { text: 'b' }],
      bytes: half.length + 1,
      leftOutBytes: half.length,
    })
  })

  test('is counted in bytes, not in letters, and in pieces', () => {
    const wide = tailOf(...Array<string>(3).fill('é'.repeat(LOG_SHOWN_BYTES_MAX / 4)))
    expect([wide.pieces.length, wide.leftOutBytes]).toEqual([2, LOG_SHOWN_BYTES_MAX / 2])
    const short = tailOf(...Array<string>(LOG_SHOWN_PIECES_MAX + 5).fill('x'))
    expect([short.pieces.length, short.bytes, short.leftOutBytes]).toEqual([
      LOG_SHOWN_PIECES_MAX,
      LOG_SHOWN_PIECES_MAX,
      5,
    ])
  })

  test('has the newest piece, whatever it takes', () => {
    const huge = 'c'.repeat(LOG_SHOWN_BYTES_MAX + 1)
    expect(tailOf('before', huge)).toEqual({ pieces: [{ text: huge }], bytes: huge.length, leftOutBytes: 6 })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ATTEMPTS_MAX, isDeadLetter, isJobEnded, JOB_REASONS, JOB_STATES, retryDelaySeconds } from '#app/domain/job.ts'

describe('trying again', () => {
  test('is for faults of the house only, and ends', () => {
    for (const reason of JOB_REASONS) {
      const isOurs = ['crashed', 'not_started', 'worker_lost', 'tracking_lost'].includes(reason)
      expect(retryDelaySeconds(reason, 1, 0.5) !== null, reason).toBe(isOurs)
      expect(retryDelaySeconds(reason, ATTEMPTS_MAX, 0.5)).toBeNull()
    }
    expect(retryDelaySeconds(null, 1, 0.5)).toBeNull()
  })

  test('waits ever longer, within a fifth, and never past 15 minutes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: ATTEMPTS_MAX - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, variation) => {
          const seconds = retryDelaySeconds('worker_lost', attempt, variation) ?? NaN
          // 0.8 + 0.4 is not 1.2 to the last bit.
          const rounding = 1e-9
          expect(seconds).toBeGreaterThanOrEqual(2 ** attempt * 0.8 - rounding)
          expect(seconds).toBeLessThanOrEqual(Math.min(2 ** attempt, 15 * 60) * 1.2 + rounding)
        },
      ),
    )
  })
})

test('a dead letter ended, and neither well nor by choice', () => {
  expect(JOB_STATES.filter(isDeadLetter)).toEqual(['failed', 'timed_out', 'lost'])
  expect(JOB_STATES.filter((state) => !isJobEnded(state))).toEqual(['queued', 'running'])
})

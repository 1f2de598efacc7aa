import { expect, test } from 'vitest'
import { guardRatios } from '#test/bench/guard.ts'

test('writing metrics is not slower, beside a fixed server on the same machine, than it was', async () => {
  for (const { name, ratio, least, errors } of await guardRatios({ seconds: 0.8, rounds: 3 })) {
    expect([name, errors]).toEqual([name, 0])
    expect(ratio, `${name}: ${ratio.toFixed(1)} times the baseline`).toBeGreaterThan(least)
  }
}, 180_000)

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalOf, hanleyMcNeilStandardError, normalQuantile } from '#app/domain/metric.ts'
import type { EvaluationDataset } from '#app/domain/verdict.ts'
import { isBetter, judge, satisfies, withinNoise } from '#app/domain/verdict.ts'
import { aContent, aRun } from './examples.ts'

const SIGNED = { isSigned: true }
const DATASET: EvaluationDataset = { rows: 1848, positives: 206, state: 'available' }
const verdictOf = (run = aRun(0.9), content = aContent(), dataset = DATASET) => judge(content, SIGNED, run, dataset)

describe('a verdict', () => {
  test('is met when the whole interval reaches the target', () => {
    expect(verdictOf()).toMatchObject({ verdict: 'met', value: 0.9, rows: 1848 })
  })

  test('is met within noise when the value reaches it and the interval does not', () => {
    const verdict = verdictOf(aRun(0.81))
    expect(verdict).toMatchObject({ verdict: 'met_within_noise' })
    expect(verdict.interval?.low).toBeLessThan(0.8)
    expect(verdict.reason).toBe(
      'ROC-AUC 0.81 (95 % interval 0.773 to 0.847); the target is at least 0.8, and the interval reaches past it.',
    )
  })

  test('is not met one step below the target, and says so with digits that show it', () => {
    expect(verdictOf(aRun(0.8)).verdict).toBe('met_within_noise')
    expect(verdictOf(aRun(0.79999)).verdict).toBe('not_met')
    expect(verdictOf(aRun(0.79999)).reason).toContain('ROC-AUC 0.79999')
  })

  test.each([
    [
      'an unsigned definition',
      () => judge(aContent(), { isSigned: false }, aRun(0.9), DATASET),
      'The definition is not signed.',
    ],
    ['a run that did not finish', () => verdictOf(aRun(0.9, { state: 'failed' })), 'The run did not finish.'],
    ['a deleted run', () => verdictOf(aRun(0.9, { isDeleted: true })), 'The run was deleted.'],
    [
      'erased data',
      () => verdictOf(aRun(0.9), aContent(), { ...DATASET, state: 'erased' }),
      'The dataset holdout was erased.',
    ],
    [
      'withdrawn data',
      () => verdictOf(aRun(0.9), aContent(), { ...DATASET, state: 'withdrawn' }),
      'The dataset holdout was withdrawn.',
    ],
    [
      'a run from outside',
      () => verdictOf(aRun(0.9, { isVerified: false })),
      'It was logged from outside: only runs that a worker executed here can satisfy a criterion.',
    ],
    [
      'another dataset',
      () => verdictOf(aRun(0.9, { values: [{ value: 0.9, digest: 'other', datasetName: 'easy' }] })),
      'ROC-AUC was measured on easy, not on holdout.',
    ],
    [
      'a value that names no data',
      () => verdictOf(aRun(0.9, { values: [{ value: 0.9, digest: null, datasetName: null }], inputs: [] })),
      'ROC-AUC was logged without saying on which data.',
    ],
    ['a metric that was never logged', () => verdictOf(aRun(0.9, { values: [] })), 'ROC-AUC was never logged.'],
    ['NaN', () => verdictOf(aRun(NaN)), 'ROC-AUC is not a number (NaN).'],
    ['infinity', () => verdictOf(aRun(Infinity)), 'ROC-AUC is infinite.'],
    [
      'too few rows',
      () => verdictOf(aRun(0.9), aContent(), { ...DATASET, rows: 999 }),
      'holdout has 999 rows; the criterion asks for 1000.',
    ],
  ])('on %s is not comparable, never “not met”, with the reason', (_name, ask, reason) => {
    expect(ask()).toMatchObject({ verdict: 'not_comparable', reason })
  })

  test('invariant 7: leakage, a run trained on the test data is not comparable however good it is', () => {
    const leaked = aRun(1, { inputs: [{ digest: 'd1', name: 'holdout', role: 'training' }] })
    expect(verdictOf(leaked)).toMatchObject({
      verdict: 'not_comparable',
      reason: 'It was trained on holdout, the data it is to be tested on.',
    })
  })

  test('invariant 6: on another digest no value whatever is “not met”', () => {
    fc.assert(
      fc.property(fc.double(), fc.string({ minLength: 1 }), (value, digest) => {
        fc.pre(digest !== 'd1')
        const run = aRun(value, { values: [{ value, digest, datasetName: 'x' }] })
        expect(verdictOf(run).verdict).toBe('not_comparable')
      }),
    )
  })

  test('counts a value without a dataset when the run tested on exactly the criterion’s data', () => {
    expect(verdictOf(aRun(0.9, { values: [{ value: 0.9, digest: null, datasetName: null }] })).verdict).toBe('met')
  })

  test('by the confidence rule is satisfied only by the whole interval', () => {
    const strict = aContent({ decisionRule: 'confidence_bound' })
    expect(satisfies(strict, verdictOf(aRun(0.81), strict).verdict)).toBe(false)
    expect(satisfies(strict, verdictOf(aRun(0.9), strict).verdict)).toBe(true)
    expect(satisfies(aContent(), 'met_within_noise')).toBe(true)
    expect(
      verdictOf(
        aRun(3, { standardError: null }),
        aContent({ metricKey: 'rmse', direction: 'lower', baseline: 9, target: 4, decisionRule: 'confidence_bound' }),
      ).verdict,
    ).toBe('not_comparable')
  })
})

describe('intervals', () => {
  test('of ROC-AUC agree with Hanley and McNeil’s own example (Radiology 143, 1982: area 0.8, 100 and 100 cases)', () => {
    expect(hanleyMcNeilStandardError(0.8, 100, 100)).toBeCloseTo(0.031, 3)
  })

  test('of a proportion agree with Wilson’s for 0.5 of 10 at 95 %', () => {
    const interval = intervalOf('accuracy', 0.5, { rows: 10, positives: null, standardError: null }, 0.95)
    expect(interval?.low).toBeCloseTo(0.2366, 3)
    expect(interval?.high).toBeCloseTo(0.7634, 3)
  })

  test('a logged standard error wins', () => {
    const interval = intervalOf('rmse', 2, { rows: 100, positives: null, standardError: 0.1 }, 0.95)
    expect(interval?.low).toBeCloseTo(1.804, 2)
  })

  test('quantiles are those of the normal distribution', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.96, 2)
    expect(normalQuantile(0.5)).toBeCloseTo(0, 3)
    expect(normalQuantile(0.025)).toBeCloseTo(-1.96, 2)
  })

  test('say nothing where nothing sound can be said', () => {
    expect(intervalOf('roc_auc', 0.8, { rows: 100, positives: 0, standardError: null }, 0.95)).toBeNull()
    expect(intervalOf('precision', 0.8, { rows: 100, positives: 10, standardError: null }, 0.95)).toBeNull()
    expect(intervalOf('accuracy', 1.2, { rows: 100, positives: null, standardError: null }, 0.95)).toBeNull()
  })
})

test('better is by the criterion’s own direction', () => {
  expect(isBetter(aContent(), { value: 0.9 }, { value: 0.8 })).toBe(true)
  expect(isBetter(aContent({ direction: 'lower' }), { value: 0.9 }, { value: 0.8 })).toBe(false)
  const range = aContent({ direction: 'range', target: 3, targetHigh: 5 })
  expect(isBetter(range, { value: 4 }, { value: 6 })).toBe(true)
  expect(isBetter(range, { value: 2 }, { value: 9 })).toBe(true)
})

test('a count of met criteria says how many of them are met only within noise', () => {
  expect([withinNoise(2, 0), withinNoise(2, 1), withinNoise(2, 2)]).toEqual([
    '',
    ', 1 of them within noise,',
    ' within noise',
  ])
})

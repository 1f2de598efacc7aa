import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextAlertState, ruleSentence } from '#app/domain/alert.ts'
import { CriterionContent } from '#app/domain/criterion.ts'
import { addCounts, binCount, binOf, DRIFT_ROWS_MIN, driftOf, referenceOf } from '#app/domain/drift.ts'
import { openApiOf, PlainSignature, signatureChanges } from '#app/domain/openapi.ts'
import { complianceOf, complianceSentence, realisedMetric } from '#app/domain/realised.ts'

describe('drift', () => {
  const spread = (values: readonly (number | string | null)[], column = referenceOf(values)) => {
    const counts = new Array<number>(binCount(column)).fill(0)
    for (const value of values) counts[binOf(column, value)] = (counts[binOf(column, value)] ?? 0) + 1
    return counts
  }
  /** Not random, and evenly spread: the fractions of multiples of the golden section. */
  const even = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => (from + at * 0.618033988749895) % 1)

  test('puts every value in exactly one bin, whatever it is', () => {
    const anything = fc.oneof(fc.double(), fc.string(), fc.constant(null), fc.boolean())
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double(), fc.string()), { minLength: 1 }), anything, (values, value) => {
        const column = referenceOf(values)
        expect(column.counts.length).toBe(binCount(column))
        expect(addCounts([column.counts]).reduce((total, count) => total + count, 0)).toBe(values.length)
        const bin = binOf(column, value)
        expect(bin).toBeGreaterThanOrEqual(0)
        expect(bin).toBeLessThan(binCount(column))
      }),
    )
  })

  test('is none for the same spread, some and large for shifted ones, unknown for few rows', () => {
    const column = referenceOf(even(2000))
    expect(driftOf(column, spread(even(1000, 0.3), column))).toMatchObject({ verdict: 'none', rows: 1000 })
    const shifted = spread(
      even(1000).map((value) => value * 0.75),
      column,
    )
    const drift = driftOf(column, shifted)
    expect(drift.verdict).toBe('large')
    expect(drift.psi).toBeGreaterThan(0.25)
    expect(drift.ks).toBeCloseTo(0.25, 1)
    const few = spread(
      even(DRIFT_ROWS_MIN - 1).map((value) => value / 4),
      column,
    )
    expect(driftOf(column, few).verdict).toBe('unknown')
    expect(driftOf(column, []).verdict).toBe('unknown')
  })

  test('of texts sees what became rare, what is new and what is missing', () => {
    const column = referenceOf([...new Array<string>(500).fill('a'), ...new Array<string>(500).fill('b')])
    const live = spread([...new Array<string>(200).fill('a'), ...new Array<string>(200).fill('z'), ''], column)
    expect(live).toEqual([200, 0, 200, 1])
    expect(driftOf(column, live)).toMatchObject({ verdict: 'large', ks: null })
  })
})

describe('a metric as it turned out', () => {
  const at = (scores: readonly number[], labels: readonly number[]) =>
    scores.map((score, index) => ({ score, label: labels[index] ?? 0 }))

  test('is the area by hand, with ties counted half', () => {
    expect(realisedMetric('roc_auc', at([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.95)?.value).toBeCloseTo(0.75)
    expect(realisedMetric('roc_auc', at([0.5, 0.5], [0, 1]), 0.95)?.value).toBeCloseTo(0.5)
    expect(realisedMetric('roc_auc', at([0.5, 0.7], [1, 1]), 0.95)).toBeNull()
    expect(realisedMetric('roc_auc', [], 0.95)).toBeNull()
  })

  test('is recall, precision, accuracy, and errors, by definition', () => {
    const outcomes = at([0.9, 0.6, 0.4, 0.2], [1, 0, 1, 0])
    expect(realisedMetric('recall', outcomes, 0.95)?.value).toBe(0.5)
    expect(realisedMetric('precision', outcomes, 0.95)?.value).toBe(0.5)
    expect(realisedMetric('accuracy', outcomes, 0.95)?.value).toBe(0.5)
    expect(realisedMetric('mae', at([1, 2], [2, 4]), 0.95)?.value).toBe(1.5)
    expect(realisedMetric('rmse', at([0, 0], [3, 4]), 0.95)?.value).toBeCloseTo(Math.sqrt(12.5))
    expect(realisedMetric('something else', outcomes, 0.95)).toBeNull()
  })

  const content = CriterionContent.parse({
    ...{ name: 'Find them', why: 'x', metricKey: 'recall', direction: 'higher', unit: '', baseline: 0.5 },
    ...{ baselineAt: '2026-01-01', baselineSource: 'x', target: 0.8, targetHigh: null, datasetVersionId: 'x' },
    ...{ datasetName: 'x', datasetDigest: 'x', protocol: 'x', minimumRows: 1, decisionRule: 'point' },
    ...{ confidence: 0.95, weight: 1, reviewBy: null },
  })

  test('speaks the criterion, and tells risk from breach and from too little', () => {
    const recall = (hits: number, of: number) =>
      realisedMetric(
        'recall',
        at(
          Array.from({ length: of }, (_, index) => (index < hits ? 1 : 0)),
          new Array<number>(of).fill(1),
        ),
        0.95,
      )
    expect(complianceOf(content, recall(330, 412))).toBe('in_criterion')
    const atRisk = recall(321, 412)
    expect(complianceOf(content, atRisk)).toBe('at_risk')
    if (atRisk)
      expect(complianceSentence('C2', content, atRisk, 'at_risk')).toBe(
        'C2 at risk: Recall 0.779 (n = 412, 95 % 0.737–0.817), signed at least 0.8.',
      )
    expect(complianceOf(content, recall(200, 412))).toBe('breach')
    expect(complianceOf(content, recall(10, 99))).toBe('unmeasured')
    expect(complianceOf(content, null)).toBe('unmeasured')
  })
})

describe('an alert', () => {
  const now = new Date('2026-03-02T09:00:00Z')
  const before = (state: 'pending' | 'open', minutes: number) => ({
    state,
    since: new Date(now.getTime() - minutes * 60_000),
  })

  test('waits for its minutes, opens once, and is over when it is over', () => {
    const next = (standing: ReturnType<typeof before> | null, isTrue: boolean, forMinutes = 5) =>
      nextAlertState(standing, { isTrue, forMinutes, now })
    expect(next(null, false)).toBeNull()
    expect(next(null, true)).toBe('pending')
    expect(next(null, true, 0)).toBe('open')
    expect(next(before('pending', 4), true)).toBeNull()
    expect(next(before('pending', 5), true)).toBe('open')
    expect(next(before('open', 60), true)).toBeNull()
    expect(next(before('open', 60), false)).toBe('resolved')
    expect(next(before('pending', 1), false)).toBe('resolved')
  })

  test('of a rule speaks above its limit only, and never of a handful of requests', () => {
    const facts = { requests: 100, serverErrors: 5, latencyMsP95: 250, minutesSilent: 10, scorePsi: 0.3 }
    const say = (
      kind: Parameters<typeof ruleSentence>[0]['kind'],
      threshold: number,
      change: Partial<typeof facts> = {},
    ) => ruleSentence({ kind, threshold }, { ...facts, ...change })
    expect(say('error_rate', 5)).toBeNull()
    expect(say('error_rate', 4.9)).toBe('5.0 % of 100 requests failed; the limit is 4.9 %.')
    expect(say('error_rate', 1, { requests: 19, serverErrors: 19 })).toBeNull()
    expect(say('latency_p95', 249)).toMatch(/250\.0 ms/)
    expect(say('latency_p95', 250)).toBeNull()
    expect(say('silence', 9)).toMatch(/10 minutes/)
    expect(say('drift', 0.25)).toMatch(/PSI 0\.30/)
  })
})

describe('a signature', () => {
  const signature = (inputs: object[]) => PlainSignature.parse({ inputs, outputs: [{ name: 'p', type: 'double' }] })
  const before = signature([
    { name: 'a', type: 'double' },
    { name: 'b', type: 'string', required: false },
    { name: 'c', type: 'string' },
  ])

  test('that changes says what breaks, first', () => {
    const after = signature([
      { name: 'a', type: 'string' },
      { name: 'b', type: 'string' },
      { name: 'd', type: 'double', required: false },
    ])
    expect(signatureChanges(before, after)).toEqual([
      { field: 'a', change: 'is a text, was a number', isBreaking: true },
      { field: 'b', change: 'is required now', isBreaking: true },
      { field: 'c', change: 'is not taken any more', isBreaking: true },
      { field: 'd', change: 'is new', isBreaking: false },
    ])
    expect(signatureChanges(before, before)).toEqual([])
  })

  test('is described with what is required and nothing more', () => {
    const described = openApiOf({ slug: 's', origin: 'http://x', name: 'M', version: 3 }, before)
    expect(described.components.schemas.Row.required).toEqual(['a', 'c'])
    expect(described.components.schemas.Row.additionalProperties).toBe(false)
    expect(Object.keys(described.paths)).toEqual(['/endpoints/s/predict'])
  })
})

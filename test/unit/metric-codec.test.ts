import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparePositions, thinned } from '#app/domain/metric-point.ts'
import { decodeBatch, decodeChunk, decodeRollup, encodeBatch, encodeChunk, encodeRollup } from '#db/metric-codec.ts'

const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -5, max: 2000 }))
const point = fc.record({ step: integer, timestamp: integer, value: fc.double() })
const columns = (points: readonly { step: number; timestamp: number; value: number }[]) => ({
  steps: points.map(({ step }) => step),
  timestamps: points.map(({ timestamp }) => timestamp),
  values: points.map(({ value }) => value),
})
const label = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 20 }))

describe('metric points as bytes', () => {
  test('of a request come back as they were', () => {
    const series = fc.record({
      key: label,
      datasetName: label,
      datasetDigest: label,
      modelId: label,
      points: fc.array(point, { maxLength: 30 }),
    })
    fc.assert(
      fc.property(fc.array(series, { maxLength: 8 }), (list) => {
        const given = list.map(({ points, ...name }) => ({ ...name, ...columns(points) }))
        expect(
          decodeBatch(
            given.map(({ key }) => key),
            encodeBatch(given),
          ),
        ).toEqual(given)
      }),
    )
  })

  test('of a chunk come back as they were, NaN, infinities and minus zero too', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 300 }), (points) => {
        expect(decodeChunk(encodeChunk(columns(points)))).toEqual(columns(points))
      }),
    )
    const odd = { steps: [0, 0, 0, 1], timestamps: [1, 2, 3, 4], values: [-0, Number.NaN, -Infinity, 5e-324] }
    expect(decodeChunk(encodeChunk(odd))).toEqual(odd)
  })

  test('take few bytes where they are regular', () => {
    const points = Array.from({ length: 4096 }, (_, at) => ({
      step: at,
      timestamp: 1_700_000_000_000 + at * 250,
      value: Math.fround(Math.sin(at / 50)),
    }))
    expect(encodeChunk(columns(points)).length / points.length).toBeLessThan(12)
  })

  test('keep the extremes of every stretch in the rollup', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 2000 }), (values) => {
        const kept = decodeRollup(encodeRollup({ steps: values.map((_, step) => step), values }))
        const keptValues = kept.map(({ value }) => value)
        expect(Math.max(...keptValues)).toBe(Math.max(...values))
        expect(Math.min(...keptValues)).toBe(Math.min(...values))
        expect(kept[0]?.step).toBe(0)
        expect(kept.at(-1)?.step).toBe(values.length - 1)
      }),
    )
  })
})

describe('thinning', () => {
  test('keeps both ends, the extremes, the order, and about as many points as asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 4, max: 400 }),
        (values, max) => {
          const points = values.map((value, step) => ({ step, value }))
          const kept = thinned(points, max)
          expect(kept.length).toBeLessThanOrEqual(Math.max(4, max))
          expect(kept[0]).toEqual(points[0])
          expect(kept.at(-1)).toEqual(points.at(-1))
          expect(Math.max(...kept.map(({ value }) => value))).toBe(Math.max(...values))
          expect(kept.map(({ step }) => step)).toEqual([...kept.map(({ step }) => step)].sort((a, b) => a - b))
        },
      ),
    )
  })

  test('positions are a total order with NaN last', () => {
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        expect(Math.sign(comparePositions(a, b))).toBe(-Math.sign(comparePositions(b, a)) + 0)
        if (comparePositions(a, b) <= 0 && comparePositions(b, c) <= 0)
          expect(comparePositions(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

import { describe, expect, test } from 'vitest'
import { AXES_MAX, axisCandidates, parallelAxes } from '#app/domain/parallel-axes.ts'
import type { ComparedRow } from '#app/domain/run-comparison.ts'

const row = (
  kind: ComparedRow['kind'],
  label: string,
  values: ComparedRow['values'],
  isDifferent = true,
): ComparedRow => ({ kind, label, values, isDifferent })

describe('axes of parallel coordinates', () => {
  test('are what differs, parameters first, without standard errors', () => {
    const rows = [
      row('verdict', 'C1 v1', ['met', 'not_met']),
      row('metric', 'auc on holdout', [0.8, 0.9]),
      row('metric', 'auc_se on holdout', [0.1, 0.2]),
      row('metric', 'same', [1, 1], false),
      row('parameter', 'l2', ['1', '5']),
    ]
    expect(axisCandidates(rows).map(({ id }) => id)).toEqual(['parameter.l2', 'metric.auc on holdout'])
    expect(parallelAxes(rows, ['metric.auc on holdout', 'no such']).map(({ id }) => id)).toEqual([
      'metric.auc on holdout',
    ])
  })

  test('hold the greatest numbers that there are', () => {
    const [axis] = parallelAxes([row('metric', 'loss', [-1.7e308, 0, 1.7e308])], [])
    expect(axis?.points.map((point) => point?.height)).toEqual([0, 0.5, 1])
    expect(axis?.marks.map(({ text }) => text)).toEqual(['-1.700e+308', '1.700e+308'])
  })

  test('are numbers from the least to the greatest; what is no number there is a gap', () => {
    const [axis] = parallelAxes([row('parameter', 'rate', ['0.1', '1e1', null, '5.05'])], [])
    expect(axis?.marks).toEqual([
      { text: '0.1', height: 0 },
      { text: '10', height: 1 },
    ])
    expect(axis?.points.map((point) => point?.height ?? null)).toEqual([0, 1, null, 0.5])
    const [loss] = parallelAxes([row('metric', 'loss', [NaN, 2, Infinity])], [])
    expect(loss?.points).toEqual([null, { text: '2', height: 0.5 }, null])
  })

  test('are words at equal distances when one value is a word', () => {
    const [axis] = parallelAxes([row('parameter', 'kind', ['tree', 'linear', '10'])], [])
    expect(axis?.marks).toEqual([
      { text: '10', height: 0 },
      { text: 'linear', height: 0.5 },
      { text: 'tree', height: 1 },
    ])
    const many = Array.from({ length: 13 }, (_, at) => `word ${String(at)}`)
    expect(axisCandidates([row('parameter', 'note', many)])).toEqual([])
  })

  test('are bounded', () => {
    const rows = Array.from({ length: 20 }, (_, at) => row('metric', `m${String(at)}`, [at, at + 1]))
    expect(parallelAxes(rows, [])).toHaveLength(AXES_MAX / 2)
    expect(
      parallelAxes(
        rows,
        rows.map(({ label }) => `metric.${label}`),
      ),
    ).toHaveLength(AXES_MAX)
  })
})

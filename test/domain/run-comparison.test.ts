import { describe, expect, test } from 'vitest'
import { comparedRows } from '#app/domain/run-comparison.ts'

const run = (change: Partial<Parameters<typeof comparedRows>[0][number]> = {}) => ({
  params: [{ key: 'l2', value: '1' }],
  metrics: [{ key: 'roc_auc', value: 0.8, datasetName: 'holdout' }],
  tags: [{ key: 'mlflow.note.content', value: 'The baseline.' }],
  inputs: [{ name: 'train', digest: 't1', role: 'training' }],
  verdicts: [{ key: 'C1', version: 2, verdict: 'met' }],
  ...change,
})

describe('comparing runs', () => {
  test('finds only what differs, and what one of them lacks', () => {
    const rows = comparedRows([
      run(),
      run({
        params: [
          { key: 'l2', value: '5' },
          { key: 'depth', value: '3' },
        ],
      }),
    ])
    expect(rows.filter((row) => row.isDifferent)).toEqual([
      { kind: 'parameter', label: 'depth', values: [null, '3'], isDifferent: true },
      { kind: 'parameter', label: 'l2', values: ['1', '5'], isDifferent: true },
    ])
  })

  test('a metric on other data is another row, never compared', () => {
    const other = run({ metrics: [{ key: 'roc_auc', value: 0.99, datasetName: 'easy' }] })
    expect(
      comparedRows([run(), other])
        .filter((row) => row.kind === 'metric')
        .map((row) => [row.label, row.values]),
    ).toEqual([
      ['roc_auc on easy', [null, 0.99]],
      ['roc_auc on holdout', [0.8, null]],
    ])
  })

  test('NaN equals itself', () => {
    const nan = run({ metrics: [{ key: 'x', value: NaN, datasetName: '' }] })
    expect(comparedRows([nan, nan]).find((row) => row.label === 'x')?.isDifferent).toBe(false)
  })
})

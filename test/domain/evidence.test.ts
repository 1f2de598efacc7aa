import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { datasetMoveRefusal } from '#app/domain/dataset.ts'
import { leaderboard, meanInterval, studentQuantile } from '#app/domain/leaderboard.ts'
import { parseLineageEnd } from '#app/domain/lineage.ts'
import { checkedAlias, parseSource, parseStage } from '#app/domain/registry.ts'
import { readImport } from '#app/domain/run-import.ts'
import { readFilter, readOrder, RUN_GRAMMAR } from '#app/domain/search-grammar.ts'
import { ensureKey } from '#app/domain/tracking-key.ts'
import { aContent } from './examples.ts'

describe('a filter', () => {
  test('is read or refused, whatever it says, and never anything else', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('metrics.a', 'tags.', '`', '"', "'", ' AND ', ' IN (', ')', '>', '!=', '1e5', 'NOT', ' LIKE '),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        for (const read of [() => readFilter(RUN_GRAMMAR, text), () => readOrder(RUN_GRAMMAR, [text])]) {
          try {
            read()
          } catch (error) {
            expect(error).toMatchObject({ name: 'AppError', code: 'invalid' })
          }
        }
      }),
    )
  })

  test('of many words is read in time that grows with its length only', () => {
    const text = `tags.a = '${'x'.repeat(4000)}'`
    expect(readFilter(RUN_GRAMMAR, text)).toHaveLength(1)
    expect(() => readFilter(RUN_GRAMMAR, `${text} and ${text}`)).toThrow(/4096/)
  })
})

describe('the t distribution', () => {
  test.each([
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [10, 2.228],
    [30, 2.042],
  ])('has its 97.5 %% quantile with %d degrees at %d', (degrees, expected) => {
    expect(Math.abs(studentQuantile(0.975, degrees) / expected - 1)).toBeLessThan(0.01)
  })

  test('gives no interval for one run, and one around the mean for several', () => {
    expect(meanInterval([0.9], 0.95)).toBeNull()
    const interval = meanInterval([0.9, 0.92, 0.91], 0.95)
    expect(interval?.low).toBeCloseTo(0.91 - 4.303 * (0.01 / Math.sqrt(3)), 3)
    expect(interval?.high).toBeGreaterThan(0.91)
  })
})

describe('a leaderboard', () => {
  const run = (runId: string, value: number | null, change: object = {}) => ({
    runId,
    runName: runId,
    verdict: 'met' as const,
    value,
    interval: null,
    rows: 1,
    reason: '',
    recipe: null,
    ...change,
  })

  test('ranks equal values alike, and leaves out what cannot be compared', () => {
    const board = leaderboard(aContent(), [
      run('a', 0.8),
      run('b', 0.9),
      run('c', 0.9),
      run('d', null),
      run('e', 1, { verdict: 'not_comparable' }),
    ])
    expect(board.ranked.map(({ runId, rank }) => [runId, rank])).toEqual([
      ['b', 1],
      ['c', 1],
      ['a', 3],
    ])
    expect(board.excluded.map(({ runId }) => runId)).toEqual(['d', 'e'])
  })

  test('of a metric that falls puts the smallest first; of a range the nearest', () => {
    const order = (direction: 'lower' | 'range') =>
      leaderboard(aContent({ direction, target: 3, targetHigh: direction === 'range' ? 5 : null }), [
        run('a', 6),
        run('b', 1),
        run('c', 4),
      ]).ranked.map(({ runId }) => runId)
    expect(order('lower')).toEqual(['b', 'c', 'a'])
    expect(order('range')).toEqual(['c', 'a', 'b'])
  })
})

describe('names', () => {
  test.each(['', '/a', 'a//b', '../a', 'a/./b', 'a\nb', 'k'.repeat(251), '<b>', 'a"b', 'top-5 (%)', 'a+b', 'f@5'])(
    'refuse %j',
    (key) => {
      expect(() => {
        ensureKey(key, 'metric')
      }).toThrow(/Invalid metric name/)
    },
  )
  test.each(['loss', 'val/loss', 'α β', 'k'.repeat(250), 'top-5: a_b.c d'])('take %j', (key) => {
    ensureKey(key, 'metric')
  })

  test('of stages and aliases are checked', () => {
    expect(parseStage('production')).toBe('Production')
    expect(() => parseStage('Live')).toThrow(/Invalid Model Version stage/)
    expect(checkedAlias('champion-1')).toBe('champion-1')
    expect(() => checkedAlias('Latest')).toThrow(/is reserved/)
    for (const alias of ['latest', 'V12', 'a b', '', 'x'.repeat(256)]) expect(() => checkedAlias(alias)).toThrow()
  })

  test('of sources lead to runs, logged models, versions, or elsewhere', () => {
    const run = 'a'.repeat(32)
    expect(parseSource(`runs:/${run}/model/`)).toEqual({ kind: 'run', runId: run, folder: 'model' })
    expect(parseSource(`mlflow-artifacts:/1/${run}/artifacts`)).toEqual({ kind: 'run', runId: run, folder: '' })
    expect(parseSource(`models:/m-${run}`)).toEqual({ kind: 'model', modelId: `m-${run}`, folder: '' })
    expect(parseSource('models:/churn model/12')).toEqual({ kind: 'version', name: 'churn model', version: 12 })
    for (const source of ['s3://bucket/a', 'runs:/x/model', 'mlflow-artifacts:/models///', 'http://a/b/..../'])
      expect(parseSource(source)).toEqual({ kind: 'elsewhere' })
    for (const source of [
      '',
      'model',
      's3://bucket/../a',
      'http://a/%2e%2e/b',
      'http://a/%zz',
      `runs:/${run}/../a`,
      `runs:/${run}/a//b`,
      `runs:/${run}/a?b`,
      `runs:/${run}/%2e`,
      'file:///a',
    ])
      expect(() => parseSource(source)).toThrow(/Invalid model version source/)
  })

  test('of lineage ends are kinds and ids', () => {
    expect(parseLineageEnd(`run:${'a'.repeat(32)}`).kind).toBe('run')
    expect(parseLineageEnd('code:train.py:12').id).toBe('train.py:12')
    for (const text of ['', 'run', 'run:', 'x:1', ':a']) expect(() => parseLineageEnd(text)).toThrow(/kind:id/)
    expect(() => parseLineageEnd('dataset:1')).toThrow(/does not exist/)
  })
})

describe('a file of past results', () => {
  test('is all runs or all mistakes', () => {
    const cell = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('0.5', 'NaN', '1e400', '', 'x'))
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 5 }), { maxLength: 6 }), (rows) => {
        const reading = readImport([['name', 'metrics.auc', 'params.p', 'dataset', 'dataset_digest'], ...rows])
        expect(reading.runs.length === 0 || reading.errors.length === 0).toBe(true)
        expect(reading.runs.length + reading.errors.length).toBeGreaterThan(0)
        for (const run of reading.runs)
          expect(run.metrics.every(({ value }) => !Number.isFinite(value) === Number.isNaN(value))).toBe(true)
      }),
    )
  })
})

describe('data', () => {
  const standing = (seat: 'engagement_lead' | 'data_owner' | 'sponsor') => ({
    actor: { kind: 'job' } as never,
    seats: [{ function: seat, raci: 'A' as const }] as never,
  })
  test('moves forward only, by those who may decide', () => {
    expect(datasetMoveRefusal(standing('data_owner'), 'available', 'erased')).toBeNull()
    expect(datasetMoveRefusal(standing('engagement_lead'), 'restricted', 'available')).toBeNull()
    expect(datasetMoveRefusal(standing('engagement_lead'), 'withdrawn', 'available')?.reason).toMatch(/cannot become/)
    expect(datasetMoveRefusal(standing('engagement_lead'), 'erased', 'withdrawn')?.reason).toMatch(/cannot become/)
    expect(datasetMoveRefusal(standing('engagement_lead'), 'erased', 'erased')?.reason).toMatch(/already/)
    expect(datasetMoveRefusal(standing('sponsor'), 'available', 'erased')?.reason).toMatch(/decides/)
  })
})

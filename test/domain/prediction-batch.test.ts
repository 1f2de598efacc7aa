import { describe, expect, test } from 'vitest'
import { csvLine } from '#app/domain/csv.ts'
import { PlainSignature } from '#app/domain/openapi.ts'
import {
  BATCH_ROWS_MAX,
  batchFileRefusal,
  beyondLearned,
  readRow,
  resultColumns,
} from '#app/domain/prediction-batch.ts'

const signature = PlainSignature.parse({
  inputs: [
    { name: 'speed', type: 'double' },
    { name: 'height', type: 'double', required: false },
    { name: 'phase', type: 'string' },
  ],
  outputs: [{ name: 'score', type: 'double' }],
})

describe('a row that was typed', () => {
  test('has numbers as numbers, and null for what may be missing', () => {
    expect(readRow(signature, { speed: ' 1.5e2 ', phase: 'Approach', other: 'kept out' })).toEqual({
      row: { speed: 150, height: null, phase: 'Approach' },
    })
  })

  test.each([
    [{ phase: 'x' }, { speed: 'This is needed.' }],
    [{ speed: 'fast', phase: 'x' }, { speed: 'This is not a number.' }],
    [{ speed: '1e39', phase: 'x' }, { speed: 'This is not a number.' }],
    [
      { speed: 'Infinity', phase: '' },
      { speed: 'This is not a number.', phase: 'This is needed.' },
    ],
    [{ speed: '1', height: 'tall', phase: 'x' }, { height: 'This is not a number.' }],
    [{ speed: '1', phase: 'x'.repeat(10_001) }, { phase: 'This is longer than 10,000 characters.' }],
  ])('%j is refused beside its fields', (typed, errors) => {
    expect(readRow(signature, typed)).toEqual({ errors })
  })
})

test('says what of a row lies outside of what the model has learned from', () => {
  const learned = PlainSignature.parse({
    inputs: [
      { name: 'month', type: 'double', min: 1, max: 12 },
      { name: 'time_of_day', type: 'string', allowed: ['Day', 'Night'] },
      { name: 'note', type: 'string' },
    ],
    outputs: [{ name: 'score', type: 'double' }],
  })
  expect(beyondLearned(learned, { month: 12, time_of_day: 'Day', note: 'anything' })).toEqual([])
  expect(beyondLearned(learned, { month: null, time_of_day: null, note: '' })).toEqual([])
  expect(beyondLearned(learned, { month: 13, time_of_day: 'Dusk', note: '' })).toEqual([
    'month 13 lies outside of 1 to 12.',
    'time of day “Dusk” was not among what it has learned from.',
  ])
})

describe('a file of rows', () => {
  test('needs the columns that the model needs, and no more rows than it may have', () => {
    expect(batchFileRefusal(signature, { columns: ['phase', 'speed', 'anything'], rows: BATCH_ROWS_MAX })).toBeNull()
    expect(batchFileRefusal(signature, { columns: ['phase'], rows: 1 })?.reason).toContain('no column speed')
    expect(batchFileRefusal(signature, { columns: ['phase', 'speed'], rows: BATCH_ROWS_MAX + 1 })?.reason).toContain(
      '100,001',
    )
  })

  test('keeps its own columns, whatever they are called', () => {
    expect(resultColumns(['a'])).toEqual({ answer: 'answer', problem: 'problem' })
    expect(resultColumns(['answer', 'answer_', 'problem'])).toEqual({ answer: 'answer__', problem: 'problem_' })
  })
})

test('a line of CSV quotes what must be, disarms formulas and leaves numbers alone', () => {
  expect(csvLine(['a,b', 'say "x"', '-1.5', '=1+1', '@cmd', '-', null, 2])).toBe(
    '"a,b","say ""x""",-1.5,\'=1+1,\'@cmd,\'-,,2\r\n',
  )
})

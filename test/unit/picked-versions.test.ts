import { describe, expect, test } from 'vitest'
import { problemChanges } from '#app/domain/problem.ts'
import { noted, pickedVersions } from '#app/server/picked-versions.ts'

const VERSIONS = [{ version: 3 }, { version: 2 }, { version: 1 }]
const pick = (query: string) => {
  const { shown, before } = pickedVersions(VERSIONS, new URL(`http://localhost/x${query}`))
  return [before?.version ?? null, shown.version]
}

describe('the versions that a page compares', () => {
  test.each([
    ['', [2, 3]],
    ['?version=2', [1, 2]],
    ['?version=1', [null, 1]],
    ['?version=3&against=1', [1, 3]],
    ['?version=1&against=3', [3, 1]],
    ['?version=2&against=2', [null, 2]],
    ['?version=3&against=9', [null, 3]],
  ])('%s', (query, expected) => expect(pick(query)).toEqual(expected))

  test.each(['?version=4', '?version=one', '?version=0'])('%s does not exist', (query) =>
    expect(() => pick(query)).toThrow('This version does not exist.'),
  )
})

test('problem statements are compared field by field; who is affected is an explanation', () => {
  const before = { problem: 'P', decisionSupported: 'D', affectedPeople: '', inScope: ['a', 'b'], outOfScope: [] }
  const after = { ...before, affectedPeople: 'Inspectors', inScope: ['a', 'c'] }
  expect(problemChanges(before, before)).toEqual([])
  expect(problemChanges(before, after).map(noted)).toMatchObject([
    { label: 'Who is affected', before: '–', after: 'Inspectors', note: 'Editorial' },
    { label: 'In scope', before: 'a\nb', after: 'a\nc', note: 'Material: needs a new signature' },
  ])
})

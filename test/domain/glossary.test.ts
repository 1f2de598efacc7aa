import { describe, expect, test } from 'vitest'
import { glossaryEntry, listGlossary, metricEntry, rowEntry, verdictEntry } from '#app/domain/glossary.ts'
import { METRICS } from '#app/domain/metric.ts'
import type { ModelSignOffFacts } from '#app/domain/model-sign-off.ts'
import { modelRows } from '#app/domain/model-sign-off.ts'
import { VERDICTS } from '#app/domain/verdict.ts'

describe('the glossary', () => {
  const all = listGlossary()

  test('holds each word once, under an address of its own, in whole sentences', () => {
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length)
    expect(new Set(all.map(({ term }) => term.toLowerCase())).size).toBe(all.length)
    for (const { key, means, doesNotMean } of all) {
      expect(key).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(means).toMatch(/^[A-Z].*\.$/)
      if (doesNotMean !== null) expect(doesNotMean).toMatch(/^[A-Z].*\.$/)
    }
  })

  test('explains every metric that we can explain, and no other', () => {
    for (const metric of METRICS) expect(all).toContainEqual(metricEntry(metric.key))
    expect(metricEntry('customers_kept')).toBeNull()
  })

  test('explains every verdict', () => {
    for (const verdict of VERDICTS) expect(all).toContainEqual(verdictEntry(verdict))
    expect(verdictEntry('not_comparable').doesNotMean).toBe('It does not mean that the criterion was missed.')
  })

  test('explains the rows of a model that is signed', () => {
    const facts: ModelSignOffFacts = {
      name: 'm', version: 1, source: 'x', files: {}, criteria: [], deployments: [], gate: [], waivers: [], at: new Date(0),
      run: { id: 'r', name: 'r', state: 'finished', isVerified: true, jobId: null, inputs: [{ name: 't', digest: 'd', role: 'training' }] },
    } // prettier-ignore
    const explained = modelRows(facts).flatMap(({ term }) => rowEntry(term)?.key ?? [])
    expect(explained).toEqual(['model-version', 'run', 'verified-run', 'training-data', 'gate', 'revision', 'sha-256'])
    expect(rowEntry('Why')).toBeNull()
    expect(all).toContainEqual(glossaryEntry('hand-over'))
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CriterionContent } from '#app/domain/criterion.ts'
import {
  changesBetween,
  CriterionForm,
  criterionLine,
  plainWords,
  progress,
  reaches,
  sendRefusal,
  targetPhrase,
} from '#app/domain/criterion.ts'
import type { Standing } from '#app/domain/engagement.ts'
import { aClient, aColleague, aContent } from './examples.ts'

const lead: Standing = { actor: aColleague(), seats: [{ function: 'engagement_lead', raci: 'A' }] }

describe('progress', () => {
  test.each([
    ['higher is better, half way', { direction: 'higher', baseline: 0.6, target: 0.8 }, 0.7, 0.5],
    ['lower is better, half way', { direction: 'lower', baseline: 10, target: 6 }, 8, 0.5],
    ['worse than the baseline is 0, not negative', { direction: 'higher', baseline: 0.6, target: 0.8 }, 0.5, 0],
    ['past the target is 1, not more', { direction: 'lower', baseline: 10, target: 6 }, 1, 1],
    ['target = baseline, reached', { direction: 'higher', baseline: 0.8, target: 0.8 }, 0.8, 1],
    ['target = baseline, missed', { direction: 'higher', baseline: 0.8, target: 0.8 }, 0.79, 0],
    ['inside a range', { direction: 'range', baseline: 20, target: 3, targetHigh: 5 }, 4, 1],
    ['above a range, half way down to it', { direction: 'range', baseline: 15, target: 3, targetHigh: 5 }, 10, 0.5],
  ] as const)('%s', (_name, change, current, expected) => {
    expect(progress(aContent(change), current)).toBeCloseTo(expected, 10)
  })

  test('is null when unmeasured, never 0', () => {
    expect(progress(aContent(), null)).toBeNull()
    expect(progress(aContent(), NaN)).toBeNull()
  })

  test('invariant 22: stays between 0 and 1 and is 1 exactly where the target is reached', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(
        fc.constantFrom('higher', 'lower' as const),
        number,
        number,
        number,
        (direction, baseline, target, value) => {
          fc.pre(direction === 'higher' ? target >= baseline : target <= baseline)
          const content = aContent({ direction, baseline, target })
          const share = progress(content, value) ?? -1
          expect(share).toBeGreaterThanOrEqual(0)
          expect(share).toBeLessThanOrEqual(1)
          if (reaches(content, value)) expect(share).toBe(1)
        },
      ),
    )
  })
})

describe('invariant 3: the form asks for all that an agreement rests on', () => {
  const typed = {
    name: 'Rank', why: 'Hours.', metricKey: 'roc_auc', direction: 'higher', baseline: '0.6', baselineAt: '2026-01-01',
    baselineSource: 'a rule', target: '0.8', datasetVersionId: 'x', protocol: 'once', minimumRows: '10', decisionRule: 'point',
    confidencePercent: '95', weight: '1',
  } // prettier-ignore
  const faults = (change: Record<string, string>) => {
    const parsed = CriterionForm.safeParse({ ...typed, ...change })
    return parsed.success
      ? {}
      : Object.fromEntries(parsed.error.issues.map((issue) => [String(issue.path[0]), issue.message]))
  }

  test('takes what is complete', () => expect(faults({})).toEqual({}))
  test.each([
    ['baseline', '', 'The baseline is needed.'],
    ['baseline', 'much', 'The baseline is not a number.'],
    ['baseline', '1e999', 'The baseline is not a number.'],
    ['baselineAt', '2026-13-45', 'The day of the baseline is not a date.'],
    ['baselineSource', ' ', 'The source of the baseline is needed.'],
    ['target', '0.5', 'Higher is better, so the target is not below the baseline.'],
    ['protocol', '', 'The protocol is needed.'],
    ['minimumRows', '1.5', 'This is a whole number.'],
    ['confidencePercent', '100', 'At most 99.9 %.'],
    ['weight', '0', 'A weight is above 0.'],
    ['metricKey', 'a;b', 'A metric key holds letters, digits, underscores, dashes, dots, spaces and slashes.'],
    ['name', 'a\u0000b', 'A name holds characters that cannot be used.'],
    ['name', 'x'.repeat(121), 'A name may have at most 120 characters.'],
  ])('says beside %s (%s) what is wrong', (field, value, sentence) => {
    expect(faults({ [field]: value })).toEqual({ [field]: sentence })
  })

  test('a range needs an upper bound above the lower one', () => {
    expect(faults({ direction: 'range' })).toEqual({ targetHigh: 'A range needs an upper bound.' })
    expect(faults({ direction: 'range', targetHigh: '0.8' })).toEqual({
      targetHigh: 'The upper bound is above the lower one.',
    })
    expect(faults({ direction: 'range', targetHigh: '0.9' })).toEqual({})
  })
})

describe('changes between versions', () => {
  test('tells material from editorial, field by field', () => {
    const changes = changesBetween(aContent(), aContent({ why: 'Another reason.', target: 0.75, minimumRows: 2000 }))
    expect(changes.map(({ label, before, after, isMaterial }) => [label, before, after, isMaterial])).toEqual([
      ['Why it matters', 'Hours.', 'Another reason.', false],
      ['Target', '0.8', '0.75', true],
      ['Least number of rows', '1000', '2000', true],
    ])
  })

  test('finds nothing between equal versions', () => expect(changesBetween(aContent(), aContent())).toEqual([]))

  test('invariant 4: every field on which a verdict rests is material', () => {
    const verdictFields: Partial<Record<keyof CriterionContent, unknown>> = {
      metricKey: 'recall', direction: 'lower', target: 0.1, targetHigh: 2, datasetDigest: 'other', protocol: 'other',
      minimumRows: 7, decisionRule: 'confidence_bound', confidence: 0.5, weight: 3, baseline: 0.1, unit: 'x',
    } // prettier-ignore
    for (const [field, value] of Object.entries(verdictFields)) {
      const [change] = changesBetween(aContent(), { ...aContent(), [field]: value } as CriterionContent) // one field of its own type
      expect(change?.isMaterial, field).toBe(true)
    }
  })
})

describe('words', () => {
  test('say the target in one phrase for each direction', () => {
    expect(targetPhrase(aContent())).toBe('at least 0.8')
    expect(targetPhrase(aContent({ direction: 'lower', target: 2.6, unit: '°C' }))).toBe('at most 2.6 °C')
    expect(targetPhrase(aContent({ direction: 'range', target: 3, targetHigh: 5, unit: '%' }))).toBe(
      'between 3 and 5 %',
    )
    expect(criterionLine(aContent())).toBe('ROC-AUC at least 0.8 on holdout')
  })

  test('carry the metric’s meaning in the client’s numbers, what it does not mean, and the baseline', () => {
    const words = plainWords(aContent({ metricKey: 'recall', baseline: 0.88, target: 0.957 }))
    expect(words).toContain('Of 100 cases that are really positive, the model may miss at most 4.3; it was 12.')
    expect(words.some((sentence) => sentence.startsWith('What it does not mean: '))).toBe(true)
    expect(words.some((sentence) => sentence.startsWith('Before the work began it was 0.88'))).toBe(true)
  })

  test('do not invent an explanation for a metric that nobody explained', () => {
    expect(plainWords(aContent({ metricKey: 'gini_xx' })).join(' ')).not.toContain('does not mean')
  })
})

describe('sending for signature', () => {
  test('invariant 3: is the lead’s, of a draft, when somebody at the client can sign', () => {
    expect(sendRefusal(lead, 'draft', { clientAccountableCount: 1 })).toBeNull()
    expect(sendRefusal(lead, 'agreed', { clientAccountableCount: 1 })?.reason).toBe(
      'Only a draft can be sent for signature.',
    )
    expect(sendRefusal(lead, 'draft', { clientAccountableCount: 0 })?.reason).toContain('invite a person')
    expect(
      sendRefusal({ ...lead, seats: [{ function: 'data_scientist', raci: 'R' }] }, 'draft', {
        clientAccountableCount: 1,
      }),
    ).not.toBeNull()
    expect(sendRefusal({ actor: aClient(), seats: lead.seats }, 'draft', { clientAccountableCount: 1 })).not.toBeNull()
  })
})

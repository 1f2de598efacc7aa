import { describe, expect, test } from 'vitest'
import type { ModelCard } from '#app/domain/model-card.ts'
import {
  CardForm,
  cardMarkdown,
  inheritedProse,
  missingParts,
  readCardProse,
  writeCardProse,
} from '#app/domain/model-card.ts'

const NONE = { summary: '', intendedUse: '', limits: '', owner: '' }

const CARD: Omit<ModelCard, 'missing'> = {
  format: 'throughline.model-card/1',
  model: 'triage',
  version: 3,
  engagement: { code: 'ACM-1', name: 'Triage', client: 'Acme' },
  registered: { by: 'Lea', at: '2026-03-02T09:00:00.000Z' },
  madeAt: '2026-03-03T09:00:00.000Z',
  prose: { summary: '', intendedUse: 'Order the queue.', limits: 'Not for pilots.', owner: 'Ann' },
  run: {
    id: 'a'.repeat(32),
    name: 'calm-heron',
    isVerified: true,
    environment: { name: 'text-tools v1', sha256: 'cd'.repeat(32) },
    parameters: [{ key: 'l2', value: '1|2\n3' }],
    metrics: [{ key: 'roc_auc', value: 0.9, standardError: 0.01, dataset: 'holdout' }],
  },
  data: [
    { role: 'training', name: 'a v1', digest: 'd1', rows: 10, licence: 'CC0', legalBasis: 'contract' },
    { role: 'testing', name: 'b v1', digest: 'd2', rows: null, licence: 'CC0', legalBasis: 'contract' },
  ],
  verdicts: [{ criterion: 'C1 v1', verdict: 'met', reason: 'Above the *target*.' }],
  deployments: [],
  files: [{ path: 'model.onnx', sha256: 'ab' }],
}

describe('the prose of a model card', () => {
  test('is read from headings of any level, and written as it is read', () => {
    const prose = { summary: 'A model.\n\nOf two.', intendedUse: '- one\n- two', limits: 'None known.', owner: 'Ann' }
    expect(readCardProse(writeCardProse(prose))).toEqual(prose)
    expect(writeCardProse(NONE)).toBe('')
    expect(readCardProse('Free text\r\n# LIMITS #\r\nfew\r\n### Owner\r\nAnn\r\n## Other\r\nmore')).toEqual({
      ...NONE,
      summary: 'Free text',
      limits: 'few',
      owner: 'Ann\n## Other\nmore',
    })
    expect(readCardProse('Plain words, as MLflow has them.').summary).toBe('Plain words, as MLflow has them.')
  })

  test('comes from the registered model where the version says nothing', () => {
    expect(inheritedProse({ ...NONE, owner: 'Ben' }, { ...NONE, owner: 'Ann', limits: 'few' })).toEqual({
      ...NONE,
      owner: 'Ben',
      limits: 'few',
    })
  })

  test('fits into what MLflow takes as a description', () => {
    const long = {
      summary: 'x'.repeat(1500),
      intendedUse: 'x'.repeat(1500),
      limits: 'x'.repeat(1500),
      owner: 'x'.repeat(300),
    }
    expect(writeCardProse(CardForm.parse(long)).length).toBeLessThanOrEqual(5000)
    expect(CardForm.safeParse({ ...long, limits: 'x'.repeat(1501) }).success).toBe(false)
  })
})

describe('a model card', () => {
  test('names what is missing, and nothing else', () => {
    expect(missingParts(CARD)).toEqual([])
    const bare = { ...CARD, prose: NONE, run: null, data: [], verdicts: [] }
    expect(missingParts(bare).map(({ part }) => part)).toEqual([
      'Intended use',
      'Limits',
      'Owner',
      'Run',
      'Training data',
      'Evaluation data',
      'Verdict',
    ])
    const [first] = CARD.data
    const unknown = {
      ...CARD,
      run: CARD.run && { ...CARD.run, environment: null },
      data: first ? [{ ...first, licence: '', legalBasis: null }] : [],
    }
    expect(missingParts(unknown).map(({ part }) => part)).toEqual([
      'Evaluation data',
      'Environment',
      'Licence of a v1',
      'Legal basis of a v1',
    ])
  })

  test('as Markdown keeps people’s text out of its own structure, and says what is missing', () => {
    const text = cardMarkdown({
      ...CARD,
      prose: { ...CARD.prose, owner: '' },
      missing: [{ part: 'Owner', sentence: 'x' }],
    })
    expect(text).toContain('# triage v3')
    expect(text).toContain('| l2 | 1\\|2 3 |')
    expect(text).toContain('Above the \\*target\\*.')
    expect(text).toContain(`It ran in text-tools v1 (lock \`${'cd'.repeat(32)}\`).`)
    expect(text).toContain('## Owner\n\n_Not recorded._')
    expect(text).toContain('## Deployments\n\n_None recorded._')
    expect(text).toContain('- **Owner**: x')
  })
})

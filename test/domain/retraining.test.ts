import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEPLOYMENT_STATES } from '#app/domain/deployment.ts'
import { ENGAGEMENT_STATES } from '#app/domain/engagement.ts'
import { JOB_STATES } from '#app/domain/job.ts'
import type { ComparedVerdict } from '#app/domain/retraining-comparison.ts'
import { approvalReasonRefusal, COMPARED, comparedSentence, compareOn } from '#app/domain/retraining-comparison.ts'
import type { RetrainingFacts } from '#app/domain/retraining.ts'
import {
  cancelRetrainingRefusal,
  decideRetrainingRefusal,
  isRetrainingOpen,
  mayMove,
  nextRetrainingMove,
  retrainRefusal,
  RETRAINING_STATES,
} from '#app/domain/retraining.ts'
import { columnNeeds, fillRole, schemaProblems } from '#app/domain/training-schema.ts'
import { aClient, aColleague, aContent } from './examples.ts'

const facts: fc.Arbitrary<RetrainingFacts> = fc.record({
  state: fc.constantFrom(...RETRAINING_STATES),
  baseVersion: fc.constant({ id: 'base' }),
  live: fc.option(fc.record({ id: fc.constantFrom('base', 'other'), label: fc.constant('m version 3') })),
  job: fc.option(fc.record({ state: fc.constantFrom(...JOB_STATES) })),
  deployment: fc.option(
    fc.record({
      state: fc.constantFrom(...DEPLOYMENT_STATES),
      wasLive: fc.boolean(),
      failure: fc.option(fc.string({ minLength: 1 })),
    }),
  ),
})

describe('a retraining', () => {
  test('takes only steps that exist, each with a reason, and never starts to go live by itself', () => {
    fc.assert(
      fc.property(facts, (known) => {
        const move = nextRetrainingMove(known)
        if (move === null) return
        expect(mayMove(known.state, move.to)).toBe(true)
        expect(move.reason).not.toBe('')
        expect(move.to).not.toBe('deploying')
        if (move.to === 'done') expect(known.deployment?.wasLive).toBe(true)
        if (known.state !== 'deploying' && known.live?.id !== 'base') expect(move.to).toBe('superseded')
      }),
    )
  })

  test('goes on from where it stood until it ends, whenever it is looked at', () => {
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 40 }), (looks) => {
        let state: RetrainingFacts['state'] = 'checking'
        let wasApproved = false
        for (const look of looks) {
          const before = state
          // A person approves in between, or does not.
          if (state === 'awaiting_approval' && look.job?.state === 'succeeded') {
            state = 'deploying'
            wasApproved = true
          } else state = nextRetrainingMove({ ...look, state })?.to ?? state
          if (!isRetrainingOpen(before)) expect(state).toBe(before)
          if (state === 'done') expect(wasApproved).toBe(true)
        }
      }),
    )
  })

  test('every open state has a way to an end, and no end leads anywhere', () => {
    for (const state of RETRAINING_STATES)
      expect(RETRAINING_STATES.some((to) => mayMove(state, to))).toBe(isRetrainingOpen(state))
  })

  test.each([
    ['queued', null],
    ['running', null],
    ['succeeded', 'judging'],
    ['failed', 'failed'],
    ['timed_out', 'failed'],
    ['lost', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('with a job that is %s goes to %s', (state, to) => {
    const live = { id: 'base', label: 'm version 1' }
    const known = { state: 'training' as const, baseVersion: live, live, job: { state, reason: 'x' }, deployment: null }
    expect(nextRetrainingMove(known)?.to ?? null).toBe(to)
  })
})

const seat = (held: 'engagement_lead' | 'data_scientist' | 'sponsor' | 'domain_expert', raci: 'R' | 'A' = 'R') => ({
  function: held,
  raci,
})

describe('who may', () => {
  const lead = { actor: aColleague(), seats: [seat('engagement_lead')] }
  const scientist = { actor: aColleague(), seats: [seat('data_scientist')] }
  const sponsor = { actor: aClient(), seats: [seat('sponsor', 'A')] }
  const expert = { actor: aClient(), seats: [seat('domain_expert')] }
  const stranger = { actor: aClient(), seats: [seat('sponsor')] }

  test.each(ENGAGEMENT_STATES)('retrain and decide while the engagement is %s', (engagement) => {
    const isTheirs = engagement === 'operate'
    const may = (standing: typeof lead) => retrainRefusal(standing, engagement) === null
    expect([lead, scientist, sponsor, expert, stranger].map(may)).toEqual([true, true, isTheirs, isTheirs, false])
    const decides = (standing: typeof lead) =>
      decideRetrainingRefusal(standing, { engagement, state: 'awaiting_approval' }) === null
    expect([lead, scientist, sponsor, expert, stranger].map(decides)).toEqual([true, false, isTheirs, false, false])
  })

  test('decides nothing that does not wait for a decision, and cancels nothing that was approved', () => {
    for (const state of RETRAINING_STATES) {
      const about = { engagement: 'active', state } as const
      expect(decideRetrainingRefusal(lead, about) === null).toBe(state === 'awaiting_approval')
      expect(cancelRetrainingRefusal(lead, about) === null).toBe(
        ['checking', 'training', 'judging', 'awaiting_approval'].includes(state),
      )
    }
  })
})

const verdict = (value: number, half: number | null, change: Partial<ComparedVerdict> = {}): ComparedVerdict => ({
  verdict: 'met',
  value,
  interval: half === null ? null : { low: value - half, high: value + half },
  reason: 'said.',
  ...change,
})

describe('live beside candidate', () => {
  test.each([
    ['higher', 0.7, 0.9, 'better'],
    ['higher', 0.9, 0.7, 'worse'],
    ['higher', 0.8, 0.81, 'no_different'],
    ['lower', 0.7, 0.9, 'worse'],
    ['lower', 0.9, 0.7, 'better'],
    ['range', 0.2, 0.5, 'better'],
    ['range', 0.5, 0.2, 'worse'],
    ['range', 0.45, 0.55, 'no_different'],
  ] as const)('%s is better: %d to %d is %s', (direction, live, candidate, outcome) => {
    const content = aContent({ direction, target: 0.4, targetHigh: direction === 'range' ? 0.6 : null })
    expect(compareOn(content, verdict(live, 0.05), verdict(candidate, 0.05)).outcome).toBe(outcome)
  })

  test.each([
    [null, verdict(1, 0.1), 'What is live was never judged against it.'],
    [verdict(1, 0.1), null, 'The candidate was never judged against it.'],
    [verdict(1, 0.1), verdict(1, 0.1, { verdict: 'not_comparable' }), 'Candidate: said.'],
    [verdict(1, 0.1, { verdict: 'not_comparable' }), verdict(1, 0.1), 'Live: said.'],
  ])('says why it is not comparable', (live, candidate, reason) => {
    expect(compareOn(aContent(), live, candidate)).toEqual({ outcome: 'not_comparable', reason })
  })

  test('calls nothing better without an interval: a difference may be noise', () => {
    expect(compareOn(aContent(), verdict(0.5, null), verdict(0.9, 0.01)).outcome).toBe('not_comparable')
  })

  test('is the same seen from the other side, and is never better and worse at once', () => {
    const side = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.3, noNaN: true }))
    const turned = { better: 'worse', worse: 'better', no_different: 'no_different', not_comparable: 'not_comparable' }
    fc.assert(
      fc.property(side, side, fc.constantFrom('higher', 'lower', 'range'), (a, b, direction) => {
        const content = aContent({ direction, target: 0.4, targetHigh: 0.6 })
        const one = compareOn(content, verdict(...a), verdict(...b)).outcome
        expect(compareOn(content, verdict(...b), verdict(...a)).outcome).toBe(turned[one])
      }),
    )
  })

  test('goes live in silence only when it is nowhere worse and compared everywhere', () => {
    for (const outcome of COMPARED) {
      const isPlain = outcome === 'better' || outcome === 'no_different'
      expect(approvalReasonRefusal([{ outcome }], '') === null).toBe(isPlain)
      expect(approvalReasonRefusal([{ outcome }], 'New aircraft.')).toBeNull()
    }
    expect(approvalReasonRefusal([], '')).not.toBeNull()
    expect(comparedSentence([{ outcome: 'better' }, { outcome: 'worse' }])).toBe(
      'Of 2 signed criteria, the candidate is better on 1, worse on 1.',
    )
  })
})

describe('fresh data', () => {
  const signature = {
    inputs: [
      { name: 'speed', type: 'double' as const, required: false, description: '' },
      { name: 'phase', type: 'string' as const, required: true, description: '' },
    ],
    outputs: [],
  }
  const full = { emptyAtLine: null, textAt: null }
  const needs = columnNeeds({
    recipeColumns: ['speed', 'phase', 'damaged', 'never read'],
    signature,
    columnsBefore: ['speed', 'phase', 'damaged'],
    before: {
      speed: { ...full, emptyAtLine: 4 },
      phase: { ...full, textAt: { line: 2, value: 'Climb' } },
      damaged: full,
    },
  })
  const look = (columns: string[], change: Record<string, object> = {}) =>
    schemaProblems(needs, {
      name: 'strikes v2',
      columns,
      facts: Object.fromEntries(columns.map((name) => [name, { ...full, ...change[name] }])),
    })

  test('fits when it holds what the recipe and the live model ask for, and more', () => {
    expect(look(['speed', 'phase', 'damaged', 'new'], { speed: { emptyAtLine: 9 } })).toEqual([])
  })

  test.each([
    [['phase', 'damaged'], {}, 'strikes v2 has no column speed, which the live model asks for.'],
    [['speed', 'phase'], {}, 'strikes v2 has no column damaged, which the recipe asks for.'],
    [
      ['speed', 'phase', 'damaged'],
      { speed: { textAt: { line: 7, value: 'fast' } } },
      'strikes v2, line 7: speed is “fast”, and the live model asks for a number.',
    ],
    [
      ['speed', 'phase', 'damaged'],
      { damaged: { emptyAtLine: 3 } },
      'strikes v2, line 3: damaged is empty, and the recipe asks for a value.',
    ],
  ])('is refused with the column named', (columns, change, sentence) => {
    expect(look(columns, change)).toEqual([sentence])
  })

  test('is learned from when it is the newest, and measured on as it was signed', () => {
    const versions = [{ digest: 'c' }, { digest: 'b' }, { digest: 'a' }]
    expect(fillRole('train', versions, new Set(['b']))).toEqual({ digest: 'c' })
    expect(fillRole('test', versions, new Set(['b']))).toEqual({ digest: 'b' })
    expect(fillRole('test', versions, new Set(['z']))).toEqual({ digest: 'c' })
    expect(fillRole('train', [], new Set())).toBeNull()
  })
})

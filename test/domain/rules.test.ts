import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isExecutive, isFirmAdmin } from '#app/domain/actor.ts'
import { deploymentGate, gateRefusal } from '#app/domain/deployment.ts'
import { ENGAGEMENT_STATES, moveRefusal } from '#app/domain/engagement.ts'
import { passwordRefusal } from '#app/domain/password.ts'
import { passes, POLICIES } from '#app/domain/policy.ts'
import { stateByRecord } from '#app/domain/readiness.ts'
import { signRefusal, staleRefusal } from '#app/domain/sign-off.ts'
import { engagementStatus } from '#app/domain/status.ts'
import { durationWords, parseWorkLine } from '#app/domain/work.ts'
import { aClient, aColleague } from './examples.ts'

describe('a line of work', () => {
  test.each([
    ['2h leakage fix #C2', { minutes: 120, key: 'C2', note: 'leakage fix' }],
    ['1h30 call', { minutes: 90, key: null, note: 'call' }],
    ['45m #d1 slides', { minutes: 45, key: 'D1', note: 'slides' }],
    ['1.5h x', { minutes: 90, key: null, note: 'x' }],
    ['1,5 h x', { minutes: 90, key: null, note: 'x' }],
    ['24h all of it', { minutes: 1440, key: null, note: 'all of it' }],
  ])('%s', (text, expected) => expect(parseWorkLine(text)).toEqual(expected))

  test.each(['', 'two hours', '25h too long', '0m nothing', '-1h', '9999m x'])(
    '%s is refused in one sentence',
    (text) => {
      expect(parseWorkLine(text)).toHaveProperty('error')
    },
  )

  test('never throws, and never returns more than a day', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (text) => {
        const line = parseWorkLine(text)
        if (!('error' in line)) expect(line.minutes).toBeLessThanOrEqual(1440)
      }),
    )
  })

  test('minutes as words', () => expect([5, 60, 135].map(durationWords)).toEqual(['5 min', '1 h', '2 h 15 min']))
})

describe('policies', () => {
  const member = { actor: aColleague(), seats: [{ function: 'data_scientist', raci: 'R' }] } as const
  test('nobody passes anything but public pages', () => {
    expect(POLICIES.filter((policy) => passes(policy, null, null))).toEqual(['public'])
  })
  test('a client passes pages of their own engagement and of nobody’s team', () => {
    const standing = { actor: aClient(), seats: [{ function: 'sponsor', raci: 'A' }] } as const
    expect(POLICIES.filter((policy) => passes(policy, aClient(), standing))).toEqual([
      'public',
      'signed-in',
      'engagement',
    ])
  })
  test('a colleague without a seat is not of the team', () => {
    expect(passes('team', aColleague(), { actor: aColleague(), seats: [] })).toBe(false)
    expect(passes('team', aColleague(), member)).toBe(true)
    expect(passes('engagement', aColleague(), null)).toBe(false)
  })
  test('executives review, administrators administer, owners do both', () => {
    const rights = (['member', 'admin', 'executive', 'owner'] as const).map((role) => [
      isExecutive(aColleague(role)),
      isFirmAdmin(aColleague(role)),
    ])
    expect(rights).toEqual([[false, false], [false, true], [true, false], [true, true]]) // prettier-ignore
    expect(isExecutive({ ...aClient(), role: 'owner' })).toBe(false)
  })
})

describe('signing', () => {
  const accountable = { actor: aClient(), seats: [{ function: 'sponsor', raci: 'A' }] } as const
  test('is the accountable client’s, while it is asked', () => {
    expect(signRefusal(accountable, 'awaiting_approval', 'criterion_version')).toBeNull()
    expect(
      signRefusal(
        { ...accountable, seats: [{ function: 'domain_expert', raci: 'C' }] },
        'awaiting_approval',
        'criterion_version',
      ),
    ).not.toBeNull()
    expect(
      signRefusal({ actor: aColleague('owner'), seats: accountable.seats }, 'awaiting_approval', 'criterion_version'),
    ).not.toBeNull()
    for (const state of ['approved', 'rejected', 'superseded', 'voided', 'changes_requested'] as const)
      expect(signRefusal(accountable, state, 'criterion_version')?.reason).toContain('already decided')
  })
  test('invariant 2: a page that showed another text cannot sign', () => {
    expect(staleRefusal('a', 'b')?.reason).toContain('This changed while you were reading')
    expect(staleRefusal('a', 'a')).toBeNull()
  })
})

describe('the state of an engagement', () => {
  const lead = { actor: aColleague(), seats: [{ function: 'engagement_lead', raci: 'A' }] } as const
  test('becomes active from the record alone', () => {
    const facts = { sentForSignature: true, problemAgreed: true, criteriaAgreedCount: 1, seats: [], isWaived: false }
    expect(stateByRecord('draft', { ...facts, problemAgreed: false })).toBe('readiness')
    expect(stateByRecord('readiness', { ...facts, criteriaAgreedCount: 0 })).toBe('readiness')
    expect(stateByRecord('readiness', facts)).toBe('active')
    expect(stateByRecord('paused', facts)).toBe('paused')
  })
  test('never leaves an end, whoever asks and whatever was before', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ENGAGEMENT_STATES), { maxLength: 30 }), (wishes) => {
        let state: (typeof ENGAGEMENT_STATES)[number] = 'draft'
        let hasEnded = false
        for (const wish of wishes) {
          if (moveRefusal(lead, state, wish) !== null) continue
          expect(hasEnded).toBe(false)
          state = wish
          hasEnded = state === 'closed' || state === 'cancelled'
        }
      }),
    )
  })
})

describe('the gate of a deployment', () => {
  const facts = {
    modelVersion: { state: 'ready', isDeleted: false, hasOnnx: true, hasExample: true },
    signature: { isRequired: false, state: null },
    problem: { isAgreed: true },
    criteria: [
      {
        id: 'x',
        versionId: 'v2',
        key: 'C1',
        name: 'Rank',
        agreedVersion: 2,
        dataset: { name: 'holdout', state: 'available' },
        judged: { verdict: 'met', isSatisfied: true, reason: 'so.' },
      },
    ],
  } as const
  test('opens when everything is met', () => expect(gateRefusal(deploymentGate(facts))).toBeNull())
  test.each(['approved', 'approved_with_conditions'] as const)('opens for a version that is signed: %s', (state) =>
    expect(gateRefusal(deploymentGate({ ...facts, signature: { isRequired: true, state } }))).toBeNull(),
  )
  test.each([
    ['no ONNX file', { modelVersion: { ...facts.modelVersion, hasOnnx: false } }, 'no ONNX file to serve'],
    ['no example', { modelVersion: { ...facts.modelVersion, hasExample: false } }, 'no stored example'],
    ['a deleted version', { modelVersion: { ...facts.modelVersion, isDeleted: true } }, 'It was deleted.'],
    [
      'data that was withdrawn since',
      { criteria: [{ ...facts.criteria[0], dataset: { name: 'holdout', state: 'withdrawn' } }] },
      'The dataset holdout was withdrawn.',
    ],
    ['an unsigned problem', { problem: { isAgreed: false } }, 'accountable person has to sign it'],
    ['no criterion', { criteria: [] }, 'accountable person has to sign one'],
    ['a version that has to be signed', { signature: { isRequired: true, state: null } }, 'The risk tier asks for it'],
    [
      'an answer that is waited for',
      { signature: { isRequired: false, state: 'awaiting_approval' } },
      'Awaiting signature',
    ],
    ['a version that was rejected', { signature: { isRequired: false, state: 'rejected' } }, 'Rejected'],
    ['a signature that expired', { signature: { isRequired: true, state: 'expired' } }, 'Expired'],
    [
      'an unsigned criterion',
      { criteria: [{ ...facts.criteria[0], agreedVersion: null }] },
      'No version of it is signed',
    ],
    ['a model never measured', { criteria: [{ ...facts.criteria[0], judged: null }] }, 'never measured against it'],
    [
      'a miss',
      { criteria: [{ ...facts.criteria[0], judged: { verdict: 'not_met', isSatisfied: false, reason: '0.7.' } }] },
      'Not met: 0.7.',
    ],
  ] as const)('stays shut for %s, named', (_name, change, words) => {
    expect(gateRefusal(deploymentGate({ ...facts, ...change }))?.reason).toContain(words)
  })
})

describe('the status of an engagement', () => {
  const criterion = { isAgreed: true, verdict: 'met', isSatisfied: true, isLive: true } as const
  const facts = { state: 'active', criteria: [criterion], oldestAskDays: null, failedJobsLastWeekCount: 0 } as const
  test.each([
    ['met', {}, 'The signed criterion is met.'],
    [
      'breach',
      { criteria: [{ ...criterion, verdict: 'not_met', isSatisfied: false }] },
      'The live model misses 1 signed criterion.',
    ],
    ['risk', { oldestAskDays: 6 }, 'An ask has waited 6 days; 5 are expected.'],
    ['met', { oldestAskDays: 5 }, 'The signed criterion is met.'],
    ['risk', { failedJobsLastWeekCount: 3 }, '3 jobs failed in the last seven days.'],
    ['unknown', { criteria: [] }, 'Nothing is signed yet.'],
    [
      'unknown',
      { criteria: [{ ...criterion, verdict: null, isSatisfied: false }] },
      'No run was measured against a signed criterion yet.',
    ],
    ['unknown', { state: 'closed' }, 'The engagement is closed.'],
  ] as const)('%s, by its rule', (tone, change, rule) => {
    expect(engagementStatus({ ...facts, ...change })).toEqual({ tone, rule })
  })
})

describe('passwords', () => {
  test.each(['short', 'aaaaaaaaaaaa', 'password123', '1234567890', 'pat signer', 'x'.repeat(257), 'a\u0000bcdefghijk'])(
    '%s is refused',
    (password) => {
      expect(passwordRefusal(password, ['Pat Signer', 'pat@client.test'])).not.toBeNull()
    },
  )
  test.each(['a walk through the thread', 'correct horse', '日本語のパスワードです'])('%s is taken', (password) => {
    expect(passwordRefusal(password, ['Pat Signer'])).toBeNull()
  })
})

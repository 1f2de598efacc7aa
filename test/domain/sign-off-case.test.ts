import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SignOffAct, SignOffCase } from '#app/domain/sign-off-case.ts'
import { decideRefusal, isRefused, SIGN_OFF_STATES, signOffAfter, SignOffRule } from '#app/domain/sign-off-case.ts'
import { OUTCOMES } from '#app/domain/outcome.ts'

const people = ['ann', 'bob', 'cyd', 'dee'] as const
const person = fc.constantFrom(...people)

const rule: fc.Arbitrary<SignOffRule> = fc
  .record({
    quorum: fc.integer({ min: 1, max: 3 }),
    order: fc.constantFrom([], ['ann', 'bob'], ['bob', 'ann', 'cyd']),
    isAuthorExcluded: fc.boolean(),
    awaitsFeedback: fc.boolean(),
  })
  .map((given) => SignOffRule.parse(given))

const act: fc.Arbitrary<SignOffAct> = fc.oneof(
  fc.record({
    kind: fc.constant('feedback' as const),
    id: fc.constantFrom('f1', 'f2', 'f3'),
    by: person,
    grade: fc.constantFrom('ok' as const, 'minor' as const, 'major' as const),
  }),
  fc.record({ kind: fc.constant('answer' as const), feedbackId: fc.constantFrom('f1', 'f2', 'f3') }),
  fc.record({
    kind: fc.constant('decide' as const),
    by: person,
    for: person,
    outcome: fc.constantFrom(...OUTCOMES),
    conditionCount: fc.constantFrom(0, 1),
  }),
  fc.record({ kind: fc.constant('restore' as const), by: person, for: person }),
  fc.record({
    kind: fc.constantFrom(
      'go_on' as const,
      'meet_condition' as const,
      'lapse' as const,
      'void' as const,
      'supersede' as const,
      'suspend' as const,
      'expire' as const,
    ),
  }),
)

function start(given: SignOffRule): SignOffCase {
  return {
    state: given.awaitsFeedback ? 'collecting_feedback' : 'awaiting_approval',
    rule: given,
    authorId: 'dee',
    consultedIds: ['cyd'],
    feedback: [],
    votes: [],
    restorations: [],
    openConditionCount: 0,
  }
}

/** Every step of a random history that was not refused: before, what was done, after. */
function history(given: SignOffRule, acts: readonly SignOffAct[]) {
  const steps: { before: SignOffCase; act: SignOffAct; after: SignOffCase }[] = []
  let current = start(given)
  for (const one of acts) {
    const next = signOffAfter(current, one)
    if (isRefused(next)) continue
    steps.push({ before: current, act: one, after: next })
    current = next
  }
  return steps
}

const histories = fc.tuple(rule, fc.array(act, { maxLength: 60 }))
const LIVE = ['approved', 'approved_with_conditions']

describe('a sign-off, over any history of acts', () => {
  test('invariant 10: is approved only with its quorum of distinct persons', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { after } of history(given, acts)) {
          const names = after.votes.flatMap((vote) => (vote.by === vote.for ? [vote.by] : [vote.by, vote.for]))
          expect(new Set(names).size).toBe(names.length)
          if (LIVE.includes(after.state)) expect(after.votes.length).toBeGreaterThanOrEqual(given.quorum)
        }
      }),
    )
  })

  test('invariant 10: is never decided by its author where the tier forbids it', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        if (!given.isAuthorExcluded) return
        for (const { after } of history(given, acts))
          expect(after.votes.some((vote) => vote.by === 'dee' || vote.for === 'dee')).toBe(false)
      }),
    )
  })

  test('takes votes in the order that was set', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { after } of history(given, acts)) {
          const ordered = after.votes.slice(0, given.order.length).map((vote) => vote.for)
          expect(ordered).toEqual(given.order.slice(0, ordered.length))
        }
      }),
    )
  })

  test('takes no vote while a major issue is unanswered', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { before, act: one } of history(given, acts)) {
          if (one.kind === 'decide')
            expect(before.feedback.some((item) => item.grade === 'major' && !item.isAnswered)).toBe(false)
        }
      }),
    )
  })

  test('comes back from suspension only by a restoration, or is voided, superseded or expired', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { before, act: one, after } of history(given, acts)) {
          if (before.state !== 'suspended' || after.state === 'suspended') continue
          expect(one.kind).toBe(
            { voided: 'void', superseded: 'supersede', expired: 'expire' }[String(after.state)] ?? 'restore',
          )
        }
      }),
    )
  })

  test('comes back only when as many persons restored it as had to sign, each once', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { before, act: one, after } of history(given, acts)) {
          if (one.kind !== 'restore') continue
          expect(after.state !== 'suspended').toBe(after.restorations.length >= given.quorum)
          expect(before.restorations.flatMap((vote) => [vote.by, vote.for])).not.toContain(one.by)
        }
      }),
    )
  })

  test('never leaves rejected, changes requested, superseded, voided, expired or lapsed', () => {
    const ends = ['rejected', 'changes_requested', 'superseded', 'voided', 'expired', 'lapsed']
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { before, after } of history(given, acts))
          if (ends.includes(before.state)) expect(after.state).toBe(before.state)
      }),
    )
  })

  test('with open conditions says so, and is whole when the last one is met', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) => {
        for (const { after } of history(given, acts)) {
          if (after.state === 'approved') expect(after.openConditionCount).toBe(0)
          if (after.state === 'approved_with_conditions') expect(after.openConditionCount).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('is always in a state that has a name', () => {
    fc.assert(
      fc.property(histories, ([given, acts]) =>
        history(given, acts).every(({ after }) => SIGN_OFF_STATES.includes(after.state)),
      ),
    )
  })
})

describe('a refusal to decide', () => {
  const open = start(SignOffRule.parse({ quorum: 2, order: ['ann', 'bob'], isAuthorExcluded: true }))
  test('says what is missing', () => {
    expect(decideRefusal(open, { by: 'bob', for: 'bob' })?.reason).toMatch(/Somebody else decides before you/)
    expect(decideRefusal({ ...open, rule: { ...open.rule, order: [] } }, { by: 'dee', for: 'dee' })?.reason).toMatch(
      /Who wrote this does not sign it/,
    )
    const once = signOffAfter(open, { kind: 'decide', by: 'ann', for: 'ann', outcome: 'approved', conditionCount: 0 })
    expect(isRefused(once) ? null : decideRefusal(once, { by: 'ann', for: 'ann' })?.reason).toMatch(
      /You have decided on this already/,
    )
    expect(decideRefusal({ ...open, state: 'collecting_feedback' }, { by: 'ann', for: 'ann' })?.reason).toMatch(
      /The consulted are heard first/,
    )
  })
})

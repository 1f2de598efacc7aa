import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeAct, ChangeState } from '#app/domain/change.ts'
import { CHANGE_STATES, changeAfter, ChangeForm, scopeOf } from '#app/domain/change.ts'
import type { DeliverableAct, DeliverableCase } from '#app/domain/deliverable.ts'
import { deliverableAfter } from '#app/domain/deliverable.ts'
import { nextRegisterStates, REGISTER_KINDS, REGISTER_STATES } from '#app/domain/register.ts'

describe('a change, over any history of acts', () => {
  const acts = fc.array(fc.constantFrom<ChangeAct>('propose', 'approve', 'reject', 'ask_for_changes', 'withdraw'), {
    maxLength: 30,
  })

  test('is applied at most once, only after it was proposed, and never leaves its end', () => {
    fc.assert(
      fc.property(acts, (history) => {
        let state: ChangeState = 'draft'
        let appliedCount = 0
        for (const act of history) {
          const next = changeAfter(state, act)
          if (typeof next !== 'string') continue
          expect(['applied', 'rejected', 'withdrawn']).not.toContain(state)
          if (next === 'applied') {
            appliedCount += 1
            expect(state).toBe('proposed')
          }
          state = next
        }
        expect(appliedCount).toBeLessThanOrEqual(1)
        expect(CHANGE_STATES).toContain(state)
      }),
    )
  })
})

describe('a deliverable, over any history of acts', () => {
  const acts = fc.array(fc.constantFrom<DeliverableAct>('submit', 'accept', 'return', 'take_back', 'withdraw'), {
    maxLength: 40,
  })

  test('is accepted only while it waits for it, counts every return, and stays accepted', () => {
    fc.assert(
      fc.property(acts, (history) => {
        let given: DeliverableCase = { state: 'planned', round: 0 }
        let returns = 0
        for (const act of history) {
          const next = deliverableAfter(given, act)
          if ('reason' in next) continue
          if (next.state === 'accepted') expect(given.state).toBe('submitted')
          expect(given.state).not.toBe('accepted')
          if (act === 'return') returns += 1
          given = next
        }
        expect(given.round).toBe(returns)
      }),
    )
  })
})

describe('the scope as it stands', () => {
  const content = {
    title: '',
    reason: '',
    addToScope: [],
    takeFromScope: [],
    pushToLater: [],
    newDeliverables: [],
    newTargetEnd: null,
    scheduleDays: 0,
    hours: 0,
    fee: '',
    criteria: '',
    data: '',
  }
  const problem = { inScope: ['ranking', 'reports'], outOfScope: ['pricing'] }

  test('is what was agreed, with what each applied change added, took out and pushed', () => {
    const scope = scopeOf(problem, [
      { number: 1, content: { ...content, addToScope: ['pricing'], pushToLater: ['reports'] } },
      { number: 2, content: { ...content, takeFromScope: ['pricing'] } },
    ])
    expect(scope.map(({ text, kind, changeNumber }) => [text, kind, changeNumber])).toEqual([
      ['ranking', 'in', null],
      ['reports', 'pushed', 1],
      ['pricing', 'removed', 2],
    ])
  })

  test('names no item twice, whatever the changes are', () => {
    const item = fc.constantFrom('a', 'b', 'c', 'd')
    const one = fc.record({ add: fc.uniqueArray(item), take: fc.uniqueArray(item), push: fc.uniqueArray(item) })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 6 }), (changes) => {
        const applied = changes.map(({ add, take, push }, index) => ({
          number: index + 1,
          content: { ...content, addToScope: add, takeFromScope: take, pushToLater: push },
        }))
        const texts = scopeOf({ inScope: ['a', 'b'], outOfScope: ['c'] }, applied).map(({ text }) => text)
        expect(new Set(texts).size).toBe(texts.length)
      }),
    )
  })
})

test('a change that changes nothing is not one', () => {
  const parsed = ChangeForm.safeParse({
    title: 'T',
    reason: 'R',
    addToScope: ' ',
    takeFromScope: '',
    pushToLater: '',
    newDeliverables: '',
    criteria: '',
    data: '',
  })
  expect(parsed.success ? null : parsed.error.issues[0]?.path).toEqual(['addToScope'])
})

test('nothing in a register comes back from its end', () => {
  for (const kind of REGISTER_KINDS) {
    for (const end of ['closed', 'refuted'] as const) expect(nextRegisterStates(kind, end)).toEqual([])
    for (const state of REGISTER_STATES)
      for (const next of nextRegisterStates(kind, state)) expect(next).not.toBe(state)
  }
})

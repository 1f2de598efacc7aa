import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadinessFacts } from '#app/domain/readiness.ts'
import { isReady, readinessGate, stateByRecord } from '#app/domain/readiness.ts'
import type { SeatAct, SeatCase } from '#app/domain/seat.ts'
import { isRefusal, raciFor, SEAT_STATES, seatAfter } from '#app/domain/seat.ts'
import { SEAT_FUNCTIONS } from '#app/domain/engagement.ts'

const people = ['ann', 'bob', 'cyd']
const act: fc.Arbitrary<SeatAct> = fc.oneof(
  fc.record({ kind: fc.constant('invite' as const), personId: fc.constantFrom(...people) }),
  fc.record({ kind: fc.constantFrom('accept' as const, 'decline' as const), by: fc.constantFrom(...people) }),
  fc.record({ kind: fc.constantFrom('deny' as const, 'vacate' as const, 'reopen' as const) }),
)

describe('a seat, over any history of acts', () => {
  test('has a person exactly while it is invited or accepted, and a refused act changes nothing', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let seat: SeatCase = { state: 'open', personId: null }
        for (const one of acts) {
          const next = seatAfter(seat, one)
          if (!isRefusal(next)) seat = next
          expect(seat.personId !== null).toBe(seat.state === 'invited' || seat.state === 'accepted')
        }
      }),
    )
  })

  test('is accepted only by the person who was invited last', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        let seat: SeatCase = { state: 'open', personId: null }
        let invited: string | null = null
        for (const one of acts) {
          const next = seatAfter(seat, one)
          if (isRefusal(next)) continue
          if (one.kind === 'invite') invited = one.personId
          if (next.state === 'accepted' && seat.state !== 'accepted') {
            expect(one).toEqual({ kind: 'accept', by: invited })
            expect(next.personId).toBe(invited)
          }
          seat = next
        }
      }),
    )
  })

  test('that was denied, declined or vacated is never accepted without being opened and invited anew', () => {
    for (const state of ['denied', 'declined', 'vacated', 'open'] as const) {
      expect(seatAfter({ state, personId: null }, { kind: 'accept', by: 'ann' })).toHaveProperty('reason')
    }
  })
})

const facts: fc.Arbitrary<ReadinessFacts & { sentForSignature: boolean }> = fc.record({
  problemAgreed: fc.boolean(),
  criteriaAgreedCount: fc.nat(3),
  seats: fc.array(
    fc.record({
      function: fc.constantFrom(...SEAT_FUNCTIONS),
      required: fc.boolean(),
      state: fc.constantFrom(...SEAT_STATES),
    }),
    { maxLength: 8 },
  ),
  isWaived: fc.boolean(),
  sentForSignature: fc.boolean(),
})

describe('the readiness gate', () => {
  test('lets an engagement become active only when the definition is agreed and every required seat accepted or waived', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const becomes = stateByRecord('readiness', given)
        const isDefined = given.problemAgreed && given.criteriaAgreedCount > 0
        const isSeated = given.seats.every((seat) => !seat.required || seat.state === 'accepted')
        expect(becomes).toBe(isDefined && (isSeated || given.isWaived) ? 'active' : 'readiness')
        expect(isReady(given)).toBe(becomes === 'active')
      }),
    )
  })

  test('names every required seat that is missing, and who can give it', () => {
    const gate = readinessGate({
      problemAgreed: true,
      criteriaAgreedCount: 1,
      seats: [
        { function: 'security', required: true, state: 'denied' },
        { function: 'sponsor', required: false, state: 'open' },
      ],
      isWaived: false,
    })
    expect(gate.filter((item) => !item.isMet).map((item) => item.label)).toEqual(['Security is at the table'])
    expect(gate.at(-1)?.because).toMatch(/sponsor can change that, or an executive waives/)
  })

  test('never takes an engagement back, and leaves every other state alone', () => {
    fc.assert(
      fc.property(
        facts,
        fc.constantFrom('active', 'paused', 'handover', 'operate', 'closed', 'cancelled'),
        (given, state) => stateByRecord(state, given) === state,
      ),
    )
  })
})

test('a seat’s word for one kind of thing counts before its general one', () => {
  const seat = { raci: 'I', raciByKind: { deliverable_version: 'A' } } as const
  expect(raciFor(seat, 'deliverable_version')).toBe('A')
  expect(raciFor(seat, 'criterion_version')).toBe('I')
})

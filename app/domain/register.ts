import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isClientAccountable, isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { day, line, prose } from './text.ts'

export const REGISTER_KINDS = ['risk', 'issue', 'assumption', 'dependency', 'action', 'decision'] as const
export type RegisterKind = (typeof REGISTER_KINDS)[number]

export const REGISTER_KIND_WORDS: Readonly<Record<RegisterKind, { readonly one: string; readonly many: string }>> = {
  risk: { one: 'Risk', many: 'Risks' },
  issue: { one: 'Issue', many: 'Issues' },
  assumption: { one: 'Assumption', many: 'Assumptions' },
  dependency: { one: 'Dependency', many: 'Dependencies' },
  action: { one: 'Action', many: 'Actions' },
  decision: { one: 'Decision', many: 'Decisions taken in meetings' },
}

/** First letters of the keys: R1, I1, A1, P1, T1 (to do), M1 (of a meeting). */
export const REGISTER_LETTERS: Readonly<Record<RegisterKind, string>> = {
  risk: 'R',
  issue: 'I',
  assumption: 'A',
  dependency: 'P',
  action: 'T',
  decision: 'M',
}

export const REGISTER_STATES = ['open', 'unvalidated', 'taken', 'confirmed', 'refuted', 'expired', 'closed'] as const
export type RegisterState = (typeof REGISTER_STATES)[number]

export const REGISTER_STATE_WORDS: Readonly<Record<RegisterState, string>> = {
  open: 'Open',
  unvalidated: 'Unvalidated',
  taken: 'Taken',
  confirmed: 'Confirmed',
  refuted: 'Refuted',
  expired: 'Expired',
  closed: 'Closed',
}

/** Where an entry begins, and where it can go from there. An assumption is confirmed or refuted, everything else is closed. */
const MOVES: Readonly<Record<RegisterKind, Readonly<Partial<Record<RegisterState, readonly RegisterState[]>>>>> = {
  risk: { open: ['closed'] },
  issue: { open: ['closed'] },
  dependency: { open: ['closed'] },
  action: { open: ['closed'] },
  decision: { taken: ['closed'] },
  assumption: {
    unvalidated: ['confirmed', 'refuted', 'expired'],
    expired: ['confirmed', 'refuted'],
    confirmed: ['refuted'],
  },
}

export function firstRegisterState(kind: RegisterKind): RegisterState {
  switch (kind) {
    case 'assumption':
      return 'unvalidated'
    case 'decision':
      return 'taken'
    default:
      return 'open'
  }
}

/** The states that an entry can be moved to. */
export function nextRegisterStates(kind: RegisterKind, from: RegisterState): readonly RegisterState[] {
  return MOVES[kind][from] ?? []
}

export const LEVELS = ['low', 'medium', 'high'] as const
export type Level = (typeof LEVELS)[number]

const optionalDay = (what: string) =>
  day(what)
    .nullable()
    .or(z.literal('').transform(() => null))
    .default(null)

export const RegisterForm = z.object({
  kind: z.enum(REGISTER_KINDS, { error: 'Choose what it is.' }),
  title: line(200, 'A title'),
  body: prose(4000, 'The description'),
  likelihood: z.enum(LEVELS).default('medium'),
  impact: z.enum(LEVELS).default('medium'),
  due: optionalDay('The day'),
  /** Keys of criteria that rest on it, with commas between. */
  restingOn: z
    .string()
    .max(2000, 'At most 2,000 characters.')
    .default('')
    .transform((text) => text.split(/[\s,;]+/).flatMap((key) => (key === '' ? [] : [key.toUpperCase()]))),
  audience: z.enum(['team', 'shared'], { error: 'Choose who sees it.' }).default('team'),
})
export type RegisterInput = z.infer<typeof RegisterForm>

export const RegisterMoveForm = z.object({
  to: z.enum(REGISTER_STATES, { error: 'Choose what it is now.' }),
  note: prose(2000, 'What happened', 1),
})

export function registerRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) ? null : { reason: 'The team keeps the registers; you can ask for something instead.' }
}

/**
 * An assumption is validated by a domain expert, by whoever is accountable at the client, or by the team on their word; an
 * action is done when whoever answers for it says so.
 */
export function settleRefusal(
  standing: Standing,
  item: { readonly kind: RegisterKind; readonly state: RegisterState; readonly ownerId: string | null },
  to: RegisterState,
): Refusal | null {
  const isOwnAction =
    item.kind === 'action' && standing.actor.kind === 'person' && item.ownerId === standing.actor.personId
  const mayValidate =
    item.kind === 'assumption' &&
    (isClientAccountable(standing) || standing.seats.some((seat) => seat.function === 'domain_expert'))
  if (!isTeam(standing) && !mayValidate && !isOwnAction)
    return { reason: 'The team, the domain expert or whoever is accountable at the client settles this.' }
  return nextRegisterStates(item.kind, item.state).includes(to)
    ? null
    : {
        reason: `What is ${REGISTER_STATE_WORDS[item.state].toLowerCase()} cannot become ${REGISTER_STATE_WORDS[to].toLowerCase()}.`,
      }
}

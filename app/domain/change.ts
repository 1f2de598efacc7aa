import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isLead, linesOf } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { bulleted } from './page-document.ts'
import type { SignOffState } from './sign-off-case.ts'
import { day, line, prose } from './text.ts'

export const CHANGE_STATES = ['draft', 'proposed', 'applied', 'rejected', 'withdrawn'] as const
export type ChangeState = (typeof CHANGE_STATES)[number]

export const CHANGE_STATE_WORDS: Readonly<Record<ChangeState, string>> = {
  draft: 'Draft',
  proposed: 'Waits for the client',
  applied: 'Approved by both and applied',
  rejected: 'Rejected',
  withdrawn: 'Withdrawn',
}

export type ChangeAct = 'propose' | 'approve' | 'reject' | 'ask_for_changes' | 'withdraw'

const MOVES: Readonly<Record<ChangeAct, readonly [readonly ChangeState[], ChangeState]>> = {
  propose: [['draft'], 'proposed'],
  approve: [['proposed'], 'applied'],
  reject: [['proposed'], 'rejected'],
  ask_for_changes: [['proposed'], 'draft'],
  withdraw: [['draft', 'proposed'], 'withdrawn'],
}

/** The state after an act, or why it is not possible. Nothing leaves applied, rejected or withdrawn. */
export function changeAfter(state: ChangeState, act: ChangeAct): ChangeState | Refusal {
  const [from, to] = MOVES[act]
  return from.includes(state)
    ? to
    : {
        reason: `What is ${CHANGE_STATE_WORDS[state].toLowerCase()} cannot become ${CHANGE_STATE_WORDS[to].toLowerCase()}.`,
      }
}

/** What a decision of the client does to a proposed change; null: nothing. */
export const CHANGE_ACT: Readonly<Record<SignOffState, ChangeAct | null>> = {
  collecting_feedback: null,
  awaiting_approval: null,
  approved: 'approve',
  approved_with_conditions: 'approve',
  changes_requested: 'ask_for_changes',
  rejected: 'reject',
  superseded: null,
  voided: 'ask_for_changes',
  suspended: null,
  expired: null,
  lapsed: null,
}

/** What a change does, and what it costs. Lists hold one item each; days are YYYY-MM-DD. */
export const ChangeContent = z.object({
  title: z.string(),
  reason: z.string(),
  addToScope: z.array(z.string()),
  takeFromScope: z.array(z.string()),
  pushToLater: z.array(z.string()),
  newDeliverables: z.array(z.string()),
  newTargetEnd: z.string().nullable(),
  scheduleDays: z.number().int(),
  hours: z.number(),
  fee: z.string(),
  criteria: z.string(),
  data: z.string(),
})
export type ChangeContent = z.infer<typeof ChangeContent>

const list = (what: string) => prose(4000, what).transform(linesOf)
const number = (what: string) =>
  z
    .literal('')
    .transform(() => 0)
    .or(z.coerce.number({ error: `${what} is a number.` }))
    .default(0)

export const ChangeForm = z
  .object({
    title: line(200, 'A title'),
    reason: prose(4000, 'The reason', 1),
    addToScope: list('What is added'),
    takeFromScope: list('What is taken out'),
    pushToLater: list('What is pushed to later'),
    newDeliverables: list('New deliverables'),
    newTargetEnd: day('The new target end')
      .nullable()
      .or(z.literal('').transform(() => null))
      .default(null),
    scheduleDays: number('The effect on the schedule').pipe(z.number().int('Whole days.').min(-3650).max(3650)),
    hours: number('The hours').pipe(z.number().min(-100_000).max(100_000)),
    fee: z.string().trim().max(120, 'At most 120 characters.').default(''),
    criteria: prose(2000, 'The effect on criteria'),
    data: prose(2000, 'The effect on data'),
  })
  .superRefine((form, check) => {
    const does = [form.addToScope, form.takeFromScope, form.pushToLater, form.newDeliverables].some(
      (one) => one.length > 0,
    )
    if (!does && form.newTargetEnd === null)
      check.addIssue({
        code: 'custom',
        path: ['addToScope'],
        message: 'Say what changes: something in the scope, a deliverable, or the target end.',
      })
  })

/** Exactly what is shown to whoever approves a change, in reading order. */
export function changeRows(content: ChangeContent): { term: string; value: string }[] {
  const items = (lines: readonly string[]) => bulleted(lines, '–')
  const signed = (value: number, unit: string) =>
    value === 0 ? 'none' : `${value > 0 ? '+' : '−'}${String(Math.abs(value))} ${unit}`
  return [
    { term: 'Why', value: content.reason },
    { term: 'Added to the scope', value: items(content.addToScope) },
    { term: 'Taken out of the scope', value: items(content.takeFromScope) },
    { term: 'Pushed to later', value: items(content.pushToLater) },
    { term: 'New deliverables', value: items(content.newDeliverables) },
    { term: 'New target end', value: content.newTargetEnd ?? '–' },
    { term: 'Effect on the schedule', value: signed(content.scheduleDays, 'days') },
    { term: 'Effect on the hours', value: signed(content.hours, 'h') },
    { term: 'Effect on the fee', value: content.fee === '' ? 'none' : content.fee },
    { term: 'Effect on criteria', value: content.criteria === '' ? 'none' : content.criteria },
    { term: 'Effect on data', value: content.data === '' ? 'none' : content.data },
  ]
}

export function changeRefusal(standing: Standing): Refusal | null {
  return isLead(standing)
    ? null
    : { reason: 'The engagement lead writes and proposes changes; you can ask for something instead.' }
}

/** A draft is its author's, the lead's, until it is proposed: to anybody else it is not there. */
export function mayReadChange(standing: Standing, state: ChangeState): boolean {
  return state !== 'draft' || changeRefusal(standing) === null
}

/** What the client has seen is withdrawn, with a reason; a draft of ours is written anew. */
export function withdrawChangeRefusal(
  standing: Standing,
  facts: { readonly state: ChangeState; readonly wasProposed: boolean },
): Refusal | null {
  const refusal = changeRefusal(standing)
  if (refusal) return { reason: 'Only the engagement lead withdraws a change.' }
  if (!facts.wasProposed) return { reason: 'Nobody was asked about this draft yet: write it anew instead.' }
  const next = changeAfter(facts.state, 'withdraw')
  return typeof next === 'string' ? null : next
}

/** One line of the scope as it stands: what was agreed, and what changes added, took out or pushed. */
export interface ScopeItem {
  readonly text: string
  readonly kind: 'in' | 'out' | 'added' | 'removed' | 'pushed'
  /** The change that did it; null for what the problem statement says. */
  readonly changeNumber: number | null
}

/** The scope as it stands after every applied change, in the order in which they were applied. */
export function scopeOf(
  problem: { readonly inScope: readonly string[]; readonly outOfScope: readonly string[] } | null,
  applied: readonly { readonly number: number; readonly content: ChangeContent }[],
): ScopeItem[] {
  let items: ScopeItem[] = [
    ...(problem?.inScope ?? []).map((text): ScopeItem => ({ text, kind: 'in', changeNumber: null })),
    ...(problem?.outOfScope ?? []).map((text): ScopeItem => ({ text, kind: 'out', changeNumber: null })),
  ]
  for (const { number: changeNumber, content } of applied) {
    const put = (texts: readonly string[], kind: ScopeItem['kind']) => {
      items = [
        ...items.filter((item) => !texts.includes(item.text)),
        ...texts.map((text): ScopeItem => ({ text, kind, changeNumber })),
      ]
    }
    put(content.takeFromScope, 'removed')
    put(content.pushToLater, 'pushed')
    put(content.addToScope, 'added')
  }
  return items
}

export const AskForm = z.object({ text: prose(4000, 'What you ask for', 1) })
export const AnswerAskForm = z.object({
  answer: prose(4000, 'The answer', 1),
  standing: z.enum(['in_scope', 'out_of_scope', 'question'], { error: 'Choose how it stands to the scope.' }),
})

export const ASK_WORDS = {
  in_scope: 'In the signed scope',
  out_of_scope: 'Outside of it: a change request follows',
  question: 'A question',
} as const

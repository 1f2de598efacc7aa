import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isLead, isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import { line, prose } from './text.ts'

export const CHECKLIST_PHASES = ['define', 'build', 'launch', 'operate'] as const
export type ChecklistPhase = (typeof CHECKLIST_PHASES)[number]

export const CHECKLIST_PHASE_WORDS: Readonly<Record<ChecklistPhase, string>> = {
  define: 'Before it is signed',
  build: 'While it is built',
  launch: 'Before it goes live',
  operate: 'While it is live',
}

/** What somebody said of an item; the newest counts. `off`: it does not apply here, and why. */
export const CHECKLIST_MARKS = ['open', 'done', 'off'] as const
export type ChecklistMark = (typeof CHECKLIST_MARKS)[number]

export const CHECKLIST_MARK_WORDS: Readonly<Record<ChecklistMark, string>> = {
  open: 'Open',
  done: 'Done',
  off: 'Switched off',
}

/** Items on the list of one engagement at most. */
export const CHECKLIST_ITEMS_MAX = 200

export const ChecklistItemForm = z.object({
  phase: z.enum(CHECKLIST_PHASES, { error: 'Choose when it is done.' }),
  label: line(300, 'What has to be done'),
})

export const ChecklistMarkForm = z.object({ mark: z.enum(['open', 'done'], { error: 'Choose one.' }) })
export const SwitchOffForm = z.object({ reason: prose(1000, 'The reason', 1) })

export function checklistRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) ? null : { reason: 'The team works through the checklist.' }
}

/** Leaving something out is the lead’s to answer for, and so is taking it in again. */
export function switchOffRefusal(standing: Standing): Refusal | null {
  return isLead(standing) ? null : { reason: 'Only the engagement lead switches something off or on.' }
}

import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { LifecycleStage } from './run.ts'
import { LIMITS } from './run.ts'
import { prose, startedFromHash } from './text.ts'

/** What people write about a run, beside what it logged. Each is a tag of the run, so that MLflow clients see the same. */
export const RUN_NOTES = ['hypothesis', 'note', 'conclusion'] as const
export type RunNote = (typeof RUN_NOTES)[number]
/** Empty: nobody wrote it. */
export type RunNotes = Readonly<Record<RunNote, string>>

export const RUN_NOTE_WORDS: Readonly<Record<RunNote, string>> = {
  hypothesis: 'Hypothesis',
  note: 'Note',
  conclusion: 'Conclusion',
}

/** MLflow's own tag for the note; its pages show it as the run's description. */
export const RUN_NOTE_TAGS: Readonly<Record<RunNote, string>> = {
  hypothesis: 'throughline.hypothesis',
  note: 'mlflow.note.content',
  conclusion: 'throughline.conclusion',
}

/** The note that a tag is; undefined for any other tag. */
export function noteOfTag(key: string): RunNote | undefined {
  return RUN_NOTES.find((note) => RUN_NOTE_TAGS[note] === key)
}

export function notesOf(tags: readonly { readonly key: string; readonly value: string }[]): RunNotes {
  const of = (note: RunNote) => tags.find(({ key }) => key === RUN_NOTE_TAGS[note])?.value ?? ''
  return { hypothesis: of('hypothesis'), note: of('note'), conclusion: of('conclusion') }
}

/** What is thought of a run is the team's to write, also of one that only its job may log to; clients read it. */
export function noteRefusal(standing: Standing, run: { readonly lifecycleStage: LifecycleStage }): Refusal | null {
  if (!isTeam(standing) || standing.seats.length === 0)
    return { reason: 'Only people with a seat on the team write about a run.' }
  return run.lifecycleStage === 'active' ? null : { reason: 'This run was deleted. Restore it before you write.' }
}

/** Browsers send a line's end as two characters, MLflow's clients as one: without this each would change the other's text. */
const text = (what: string) =>
  prose(LIMITS.tagValueLengthMax, what).transform((typed) => typed.replaceAll('\r\n', '\n'))

export const RunNotesForm = z.object({
  hypothesis: text('The hypothesis'),
  note: text('The note'),
  conclusion: text('The conclusion'),
  startedFrom: startedFromHash,
})

import { z } from 'zod'
import type { Refusal } from './errors.ts'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import { isStorable } from './text.ts'

const MINUTES_MAX = 24 * 60

/** What a line of work says: minutes, an optional `#key` of a criterion or deliverable, and the note. */
export interface WorkLine {
  readonly minutes: number
  readonly key: string | null
  readonly note: string
}

/**
 * Read one line such as `2h30 leakage fix #C2`, `45m call`, `1.5h #D1`. The duration comes first; `#KEY` may stand
 * anywhere; the rest is the note.
 * @returns the line, or one sentence that says what is wrong
 */
export function parseWorkLine(text: string): WorkLine | { readonly error: string } {
  const trimmed = text.trim()
  const duration =
    /^(?:(\d{1,2}(?:[.,]\d{1,2})?)\s*h(?:ours?|rs?)?\s*(\d{1,2})?\s*m?(?:in)?|(\d{1,4})\s*m(?:in(?:utes?)?)?)(?=\s|$)/i.exec(
      trimmed,
    )
  if (!duration) return { error: 'Begin with how long it took, such as 2h, 1h30 or 45m.' }
  const minutes = Math.round(
    duration[3] === undefined
      ? Number((duration[1] ?? '0').replace(',', '.')) * 60 + Number(duration[2] ?? 0)
      : Number(duration[3]),
  )
  if (minutes < 1 || minutes > MINUTES_MAX) return { error: 'One entry lasts between 1 minute and 24 hours.' }
  const rest = trimmed.slice(duration[0].length)
  const key = /(?:^|\s)#([A-Za-z]+\d+)\b/.exec(rest)?.[1]?.toUpperCase() ?? null
  const note = rest
    .replace(/(?:^|\s)#[A-Za-z]+\d+\b/, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if (note.length > 500) return { error: 'A note may have at most 500 characters.' }
  if (!isStorable(note)) return { error: 'The note holds characters that cannot be used.' }
  return { minutes, key, note }
}

export const WorkForm = z.object({ line: z.string().max(600, 'One line has at most 600 characters.') })

export function logWorkRefusal(standing: Standing): Refusal | null {
  return isTeam(standing) && standing.seats.length > 0
    ? null
    : { reason: 'Only people with a seat on the team log work here.' }
}

/** Whose entry it is may correct it; a running timer is stopped first. */
export function correctWorkRefusal(
  standing: Standing,
  entry: { readonly personId: string; readonly minutes: number | null },
): Refusal | null {
  const { actor } = standing
  if (actor.kind !== 'person' || actor.personId !== entry.personId)
    return { reason: 'Only the person who logged it corrects it.' }
  return entry.minutes === null ? { reason: 'Your timer runs; stop it first.' } : logWorkRefusal(standing)
}

/** An entry as the line that would log it: `2h15m leakage fix #C2`. */
export function workLineOf(entry: {
  readonly minutes: number
  readonly note: string
  readonly target: string | null
}): string {
  const [hours, rest] = [Math.floor(entry.minutes / 60), entry.minutes % 60]
  const time = hours === 0 ? `${String(rest)}m` : rest === 0 ? `${String(hours)}h` : `${String(hours)}h${String(rest)}m`
  return [time, entry.note, entry.target === null ? '' : `#${entry.target}`].filter((part) => part !== '').join(' ')
}

/** `135` as `2 h 15 min`. */
export function durationWords(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours === 0
    ? `${String(rest)} min`
    : rest === 0
      ? `${String(hours)} h`
      : `${String(hours)} h ${String(rest)} min`
}

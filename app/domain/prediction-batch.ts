import { z } from 'zod'
import type { Standing } from './engagement.ts'
import { isTeam } from './engagement.ts'
import type { Refusal } from './errors.ts'
import type { PlainSignature } from './openapi.ts'
import { FLOAT32_MAX, TEXT_LENGTH_MAX } from './prediction-limits.ts'

/** A file of rows that somebody wants answers for. */
export const BATCH_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type BatchState = (typeof BATCH_STATES)[number]

export const BATCH_STATE_WORDS: Readonly<Record<BatchState, string>> = {
  queued: 'Waits',
  running: 'Running',
  succeeded: 'Ready',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

export const BATCH_ROWS_MAX = 100_000
export const BATCH_BYTES_MAX = 64 * 1_048_576
/** Files of one engagement that wait or are answered at once: workers have other things to do beside them. */
export const BATCHES_OPEN_MAX = 2
/** Rows that are asked about at once. */
export const BATCH_CHUNK_ROWS = 1000
/** Rows that a page can lead to; the rest stands in the file. */
export const BATCH_ROWS_SHOWN_MAX = 1000
export const BATCH_ROWS_PER_PAGE = 50
/** The files of a batch go so many days after its end. */
export const BATCH_KEPT_DAYS = 30

export const isBatchEnded = (state: BatchState): boolean => state !== 'queued' && state !== 'running'

export function cancelBatchRefusal(state: BatchState): Refusal | null {
  return isBatchEnded(state) ? { reason: `This has ended already: ${BATCH_STATE_WORDS[state].toLowerCase()}.` } : null
}

/** @param openCount files of the engagement that wait or are answered */
export function openBatchesRefusal(openCount: number): Refusal | null {
  return openCount < BATCHES_OPEN_MAX
    ? null
    : {
        reason: `${String(openCount)} files of this engagement are not answered yet. Wait until one is ready, or cancel one.`,
      }
}

/** Whoever sits at the table may ask the model, and say what turned out to be true. */
export function askRefusal(standing: Standing): Refusal | null {
  return standing.seats.length > 0 || isTeam(standing)
    ? null
    : { reason: 'Only people at this engagement’s table ask here.' }
}

/** A cell of a row, as the model takes it. */
export type Cell = number | string | null

/**
 * A row that was typed, as the model takes it: numbers as numbers, what may be missing as null.
 * @returns the row, or what is wrong by the name of the field
 */
export function readRow(
  signature: PlainSignature,
  typed: Readonly<Record<string, string | undefined>>,
): { readonly row: Record<string, Cell> } | { readonly errors: Record<string, string> } {
  const row: Record<string, Cell> = {}
  const errors: Record<string, string> = {}
  for (const { name, type, required } of signature.inputs) {
    const text = (typed[name] ?? '').trim()
    if (text === '') {
      if (required) errors[name] = 'This is needed.'
      row[name] = null
    } else if (type === 'string') {
      if (text.length > TEXT_LENGTH_MAX)
        errors[name] = `This is longer than ${TEXT_LENGTH_MAX.toLocaleString('en-GB')} characters.`
      row[name] = text
    } else {
      const number = Number(text)
      if (Number.isFinite(number) && Math.abs(number) <= FLOAT32_MAX) row[name] = number
      else errors[name] = 'This is not a number.'
    }
  }
  return Object.keys(errors).length > 0 ? { errors } : { row }
}

/** What of a row lies outside of what the model has learned from, a sentence each: it answers, and nobody measured how well. */
export function beyondLearned(signature: PlainSignature, row: Readonly<Record<string, Cell>>): string[] {
  return signature.inputs.flatMap(({ name, min, max, allowed }) => {
    const value = row[name] ?? null
    const words = name.replaceAll('_', ' ')
    if (typeof value === 'number' && min !== undefined && max !== undefined && (value < min || value > max))
      return [`${words} ${String(value)} lies outside of ${String(min)} to ${String(max)}.`]
    if (typeof value === 'string' && allowed !== undefined && allowed.length > 0 && !allowed.includes(value))
      return [`${words} “${value}” was not among what it has learned from.`]
    return []
  })
}

/** The columns of the result beside those that came: names that the file does not use itself. */
export function resultColumns(columns: readonly string[]): { readonly answer: string; readonly problem: string } {
  const free = (name: string): string => (columns.includes(name) ? free(`${name}_`) : name)
  return { answer: free('answer'), problem: free('problem') }
}

/** What is wrong with a file before anything is asked; null: nothing. */
export function batchFileRefusal(
  signature: PlainSignature,
  profile: { readonly columns: readonly string[]; readonly rows: number },
): Refusal | null {
  const missing = signature.inputs.filter(({ name, required }) => required && !profile.columns.includes(name))
  if (missing.length > 0)
    return {
      reason: `This file has no column ${missing.map(({ name }) => name).join(', ')}. Download the empty file to see how it looks.`,
    }
  return profile.rows > BATCH_ROWS_MAX
    ? {
        reason: `A file may have ${BATCH_ROWS_MAX.toLocaleString('en-GB')} rows; this one has ${profile.rows.toLocaleString('en-GB')}.`,
      }
    : null
}

/** What turned out to be true of one answer. */
export const TruthForm = z.object({
  requestId: z.uuid('Open the page again: it did not say which answer is meant.'),
  row: z.coerce.number().int().min(0).max(BATCH_ROWS_MAX).default(0),
  value: z
    .string({ error: 'What turned out to be true is needed.' })
    .trim()
    .min(1, 'What turned out to be true is needed.')
    .transform(Number)
    .pipe(z.number({ error: 'This is a number; 1 or 0 for yes and no.' })),
})

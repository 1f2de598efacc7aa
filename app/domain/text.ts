import { z } from 'zod'
import { isWellFormed } from './canonical-json.ts'

/** Text that can be stored and shown: no U+0000, no lone surrogates, no bidirectional overrides. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && isWellFormed(text)
}

const BIDI = /[\u202A-\u202E\u2066-\u2069]/

/** One line a person typed: trimmed, normalised to NFC, between 1 and `max` characters. */
export function line(max: number, what = 'This') {
  return z
    .string({ error: `${what} is needed.` })
    .trim()
    .normalize('NFC')
    .min(1, `${what} is needed.`)
    .max(max, `${what} may have at most ${String(max)} characters.`)
    .refine(
      (text) => isStorable(text) && !BIDI.test(text) && !/[\r\n]/.test(text),
      `${what} holds characters that cannot be used.`,
    )
}

/** Several lines a person typed; may be empty unless `min` says otherwise. */
export function prose(max: number, what = 'This', min = 0) {
  return z
    .string({ error: `${what} is needed.` })
    .trim()
    .normalize('NFC')
    .min(min, `${what} is needed.`)
    .max(max, `${what} may have at most ${String(max)} characters.`)
    .refine((text) => isStorable(text) && !BIDI.test(text), `${what} holds characters that cannot be used.`)
}

/** A box of a form: sent as `yes` when it was ticked, and not at all when not. */
export const ticked = z
  .literal('yes')
  .optional()
  .transform((value) => value === 'yes')

/** An e-mail address, lower case, at most 254 characters (RFC 5321). */
export const emailAddress = z
  .string({ error: 'An e-mail address is needed.' })
  .trim()
  .toLowerCase()
  .max(254, 'This e-mail address is too long.')
  .pipe(z.email('This is not an e-mail address.'))

/** A finite number typed in a form. */
export function decimal(what: string) {
  return z
    .string({ error: `${what} is needed.` })
    .trim()
    .min(1, `${what} is needed.`)
    .max(40, `${what} is not a number.`)
    .transform(Number)
    .pipe(z.number({ error: `${what} is not a number.` }).refine(Number.isFinite, `${what} is not a number.`))
}

/** The hash of the text that a form started from; absent when the caller does not say. */
export const startedFromHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Open the page again: it did not say what it started from.')
  .optional()

/** Whether a text is a day of the calendar as YYYY-MM-DD, from the year 1 on: 30 February is none. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < '0001') return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** A calendar day as YYYY-MM-DD. */
export function day(what: string) {
  return z
    .string({ error: `${what} is needed.` })
    .trim()
    .refine(isDay, `${what} is not a date.`)
}

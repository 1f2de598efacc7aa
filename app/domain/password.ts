import type { Refusal } from './errors.ts'
import { isStorable } from './text.ts'

export const PASSWORD_LENGTH_MIN = 10
const PASSWORD_LENGTH_MAX = 256

/** Beginnings of what people type first; compared without case, digits and signs at the end. */
const COMMON = new Set([
  'password',
  'passwort',
  'qwerty',
  'qwertyuiop',
  'asdfghjkl',
  'letmein',
  'welcome',
  'admin',
  'administrator',
  'iloveyou',
  'monkey',
  'dragon',
  'football',
  'baseball',
  'sunshine',
  'princess',
  'changeme',
  'trustno',
  'superman',
  'throughline',
])

/**
 * Why a password cannot be used: too short, too long, too common, or made of what anybody knows about its owner.
 * No rules of composition (ASVS 5.0, 6.2.5).
 * @param context names and addresses that the password must not simply be
 */
export function passwordRefusal(password: string, context: readonly string[]): Refusal | null {
  if (password.length < PASSWORD_LENGTH_MIN)
    return { reason: `A password has at least ${String(PASSWORD_LENGTH_MIN)} characters.` }
  if (password.length > PASSWORD_LENGTH_MAX)
    return { reason: `A password has at most ${String(PASSWORD_LENGTH_MAX)} characters.` }
  if (!isStorable(password)) return { reason: 'The password holds characters that cannot be used.' }
  if (new Set(password).size < 4) return { reason: 'This password repeats too few characters.' }
  const bare = password
    .toLowerCase()
    .replace(/[^a-z]+$/, '')
    .replace(/^[^a-z]+/, '')
  if (COMMON.has(bare) || '01234567890123456789'.includes(password))
    return { reason: 'This password is among the first that anybody tries.' }
  const known = context
    .flatMap((text) => [text, text.split('@')[0] ?? ''])
    .map((text) => text.toLowerCase().replaceAll(' ', ''))
  if (known.some((text) => text.length > 3 && bare.replaceAll(' ', '') === text))
    return { reason: 'This password is a name or address that others know.' }
  return null
}

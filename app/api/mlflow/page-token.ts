import { AppError } from '#app/domain/errors.ts'
import { sha256 } from '#db/digest.ts'

/** Where a page ended, by the values that order the list. */
export type Position = readonly (string | null)[]

/**
 * Page tokens say after what the next page begins, and of which question: a token of another filter or order is refused.
 * They grant nothing, so they are not secret.
 */
export function pageTokenOf(question: unknown, position: Position): string {
  return Buffer.from(JSON.stringify({ after: position, of: digestOf(question) })).toString('base64url')
}

/** @returns the position, undefined without a token. @throws AppError `invalid` for a token that is not one of ours */
export function positionIn(question: unknown, token: string | null | undefined, length: number): Position | undefined {
  if (token === undefined || token === null || token === '') return undefined
  const position = readPosition(question, token)
  if (position?.length !== length)
    throw new AppError('invalid', 'Invalid page token, could not be read for this query.')
  return position
}

function readPosition(question: unknown, token: string): Position | null {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (typeof read !== 'object' || read === null || !('after' in read) || !('of' in read)) return null
    if (read.of !== digestOf(question) || !Array.isArray(read.after)) return null
    const list: readonly unknown[] = read.after
    return list.every((value) => value === null || (typeof value === 'string' && !value.includes('\u0000')))
      ? list.map((value) => (value === null ? null : String(value)))
      : null
  } catch {
    return null
  }
}

function digestOf(question: unknown): string {
  return sha256(JSON.stringify(question)).slice(0, 16)
}

/** How many results a page has. @throws AppError `invalid` */
export function limitOf(asked: number | null | undefined, byDefault: number, max: number): number {
  const limit = asked ?? byDefault
  if (limit < 1 || limit > max)
    throw new AppError(
      'invalid',
      `Invalid value ${String(limit)} for parameter 'max_results' supplied. It must be between 1 and ${String(max)}.`,
    )
  return limit
}

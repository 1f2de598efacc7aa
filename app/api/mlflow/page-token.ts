import { AppError } from '#app/domain/errors.ts'
import { sha256 } from '#db/digest.ts'

/**
 * Page tokens say where the next page begins, and of which question: a token of another filter or order is refused.
 * They grant nothing, so they are not secret.
 */
export function pageTokenOf(question: unknown, offset: number): string {
  return Buffer.from(JSON.stringify({ offset, of: digestOf(question) })).toString('base64url')
}

/** @returns the offset, 0 without a token. @throws AppError `invalid` */
export function offsetOf(question: unknown, token: string | null | undefined): number {
  if (token === undefined || token === null || token === '') return 0
  const invalid = new AppError('invalid', 'Invalid page token, could not be read for this query.')
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (typeof read !== 'object' || read === null || !('offset' in read) || !('of' in read)) throw invalid
    const { offset, of } = read
    if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0 || of !== digestOf(question))
      throw invalid
    return offset
  } catch {
    throw invalid
  }
}

function digestOf(question: unknown): string {
  return sha256(JSON.stringify(question)).slice(0, 16)
}

/** Why an expected failure happened. The doors (pages, API) map each code to a status; bugs throw anything else. */
export type ErrorCode = 'unauthenticated' | 'forbidden' | 'not_found' | 'invalid' | 'refused' | 'conflict' | 'limited'

/** A failure that a person can cause; `message` is a sentence shown to them. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** For `invalid`: one sentence by form field. */
  readonly fields: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; fields?: Record<string, string> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.fields = options.fields ?? {}
  }
}

/** The same form came a second time: what it asked for was done by the first. */
export class RepeatedRequest extends Error {
  constructor() {
    super('This was sent twice, and is recorded once.')
    this.name = 'RepeatedRequest'
  }
}

/** True for our error also when it was made by another bundle's copy of the class. */
export function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === 'AppError' && 'code' in error
}

/** Why an action is not allowed now, as one sentence for the person who asks. */
export interface Refusal {
  readonly reason: string
}

/** @throws AppError `refused` when there is a refusal */
export function ensure(refusal: Refusal | null): void {
  if (refusal) throw new AppError('refused', refusal.reason)
}

/** @throws AppError `not_found` when the value is absent; missing and forbidden look alike */
export function found<T>(value: T | null | undefined, what = 'This'): T {
  if (value === null || value === undefined) throw new AppError('not_found', `${what} does not exist.`)
  return value
}

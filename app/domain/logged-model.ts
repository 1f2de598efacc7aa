import { AppError } from './errors.ts'

/** As MLflow 3 names them, without its prefix. */
export const LOGGED_MODEL_STATUSES = ['PENDING', 'READY', 'FAILED'] as const
export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUSES)[number]

const ID = /^m-[0-9a-f]{32}$/

/**
 * The id of a logged model: `m-` and 32 lower-case hexadecimal digits.
 * @throws AppError `not_found`: any other text names nothing
 */
export function loggedModelId(text: string): string {
  if (!ID.test(text)) throw new AppError('not_found', `Logged model with ID '${text.slice(0, 100)}' not found.`)
  return text
}

import { AppError } from './errors.ts'
import { LIMITS } from './run.ts'

/**
 * Check the name of a metric, parameter or tag: not empty, not long, no path that leads elsewhere.
 * Source: MLflow 3, utils/validation.
 * @throws AppError `invalid`
 */
export function ensureKey(key: string, what: string): void {
  if (key === '') throw new AppError('invalid', `Invalid ${what} name: it is empty.`)
  if (key.length > LIMITS.keyLengthMax)
    throw new AppError(
      'invalid',
      `Invalid ${what} name: '${key.slice(0, 100)}' had length ${String(key.length)}, which exceeded length limit of ${String(LIMITS.keyLengthMax)}.`,
    )
  const isPath = key.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (isPath || !/^[\p{L}\p{N}_./\-: ]+$/u.test(key))
    throw new AppError(
      'invalid',
      `Invalid ${what} name: '${key.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colons(:) and slashes (/), and must be a simple path.`,
    )
}

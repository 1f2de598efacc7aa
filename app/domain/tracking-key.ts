import { AppError } from './errors.ts'
import { LIMITS } from './run.ts'

/**
 * Check the name of a metric, parameter or tag: not empty, not long, no path that leads elsewhere.
 * Source: MLflow 3, utils/validation.
 * @throws AppError `invalid`
 */
export function ensureKey(key: string, what: string): void {
  if (key === '' || key.length > LIMITS.keyLengthMax)
    throw new AppError(
      'invalid',
      `Invalid ${what} name: it has between 1 and ${String(LIMITS.keyLengthMax)} characters.`,
    )
  const isPath =
    key.startsWith('/') || key.includes('//') || key.split('/').some((part) => part === '.' || part === '..')
  if (isPath || !/^[\p{L}\p{N}_./\-: +@%#=~(),'&]+$/u.test(key))
    throw new AppError(
      'invalid',
      `Invalid ${what} name: '${key.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colons(:) and slashes (/), and must be a simple path.`,
    )
}

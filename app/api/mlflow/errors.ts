import type { ErrorCode } from '#app/domain/errors.ts'
import { isAppError } from '#app/domain/errors.ts'
import { isDatabaseAway, sqlStateOf } from '#db/client.server.ts'

/** MLflow's words and statuses for our codes; a duplicate is 400 there, and clients rely on it. */
const WORDS: Readonly<Record<ErrorCode, { readonly code: string; readonly status: number }>> = {
  unauthenticated: { code: 'UNAUTHENTICATED', status: 401 },
  forbidden: { code: 'PERMISSION_DENIED', status: 403 },
  not_found: { code: 'RESOURCE_DOES_NOT_EXIST', status: 404 },
  invalid: { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  refused: { code: 'INVALID_STATE', status: 400 },
  conflict: { code: 'RESOURCE_ALREADY_EXISTS', status: 400 },
  limited: { code: 'REQUEST_LIMIT_EXCEEDED', status: 429 },
}

/** An error in MLflow's form: `{ error_code, message }`. Anything that is not a person's doing says nothing of the inside. */
export function mlflowErrorResponse(error: unknown, report: (error: unknown) => void): Response {
  if (isAppError(error)) {
    const { code, status } = WORDS[error.code]
    return answer(code, error.message, status)
  }
  const state = sqlStateOf(error) ?? ''
  if (state.startsWith('22')) return answer('INVALID_PARAMETER_VALUE', 'A value cannot be stored.', 400)
  report(error)
  if (state === '57014' || isDatabaseAway(error))
    return answer('TEMPORARILY_UNAVAILABLE', 'The database is not available. Try again.', 503)
  return answer('INTERNAL_ERROR', 'Something went wrong here.', 500)
}

function answer(code: string, message: string, status: number): Response {
  return Response.json(
    { error_code: code, message },
    { status, headers: status === 401 ? { 'www-authenticate': 'Bearer' } : {} },
  )
}

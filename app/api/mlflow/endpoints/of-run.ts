import { AppError } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import { text } from '../wire.ts'

/** Clients send the old name of the id beside the new one. */
export const ofRun = { run_id: text.nullish(), run_uuid: text.nullish() }

/** @throws AppError `invalid` when none was sent, `not_found` when it is none of ours */
export function runIdOf(input: {
  readonly run_id?: string | null | undefined
  readonly run_uuid?: string | null | undefined
}): RunId {
  const id = input.run_id === null || input.run_id === undefined || input.run_id === '' ? input.run_uuid : input.run_id
  if (id === null || id === undefined || id === '')
    throw new AppError(
      'invalid',
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    )
  return toRunId(id.slice(0, 100))
}

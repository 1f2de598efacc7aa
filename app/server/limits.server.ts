import type { PersonActor } from '#app/domain/actor.ts'
import { isAppError } from '#app/domain/errors.ts'
import type { RequestContext } from './context.server.ts'

/**
 * Do what asks for a password again; a wrong one counts like a failed sign-in, so that it cannot be guessed here either.
 * @throws AppError `limited` after too many failures
 */
export async function countingFailures<T>(
  portal: RequestContext,
  { actor, password }: { actor: PersonActor; password: string },
  work: () => Promise<T>,
): Promise<T> {
  if (password === '') return work()
  const keys = [`again:${actor.personId}`]
  await portal.deps.limits.ensureAllowed(keys)
  try {
    return await work()
  } catch (error) {
    if (isAppError(error) && error.fields['password'] !== undefined) await portal.deps.limits.recordFailure(keys)
    throw error
  }
}

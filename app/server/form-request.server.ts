import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#app/domain/errors.ts'
import type { PersonId } from '#app/domain/ids.ts'
import type { FormRequest } from '#db/queries/form-requests.ts'
import { deleteFormRequest, findFormRequest, isClaimed, saveFormRequestLocation } from '#db/queries/form-requests.ts'
import type { Database } from '#db/types.ts'
import { logError } from './http-guard.server.ts'

const WAITS = 20
const WAIT_MS = 100

/** The form as one thing that happens once; null without the key that its page gave it. */
export function formRequestOf(
  personId: PersonId,
  sent: { readonly path: string; readonly values: Readonly<Record<string, string>> },
): FormRequest | null {
  if (!z.uuid().safeParse(sent.values['requestKey']).success) return null
  const typed = Object.entries(sent.values).sort(([a], [b]) => (a < b ? -1 : 1))
  const digest = createHash('sha256')
    .update(JSON.stringify([sent.path, typed]))
    .digest('hex')
  return { personId, digest }
}

/**
 * Do what a form asks for once: whoever sends the same form again, by a second click or by going back, is led to where
 * the first one led. What was refused may be sent again.
 * @throws Response that leads there
 */
export async function once<T>(
  { database, formRequest }: { readonly database: Database; readonly formRequest?: FormRequest },
  act: () => Promise<T>,
): Promise<T> {
  if (!formRequest) return act()
  const own = { personId: formRequest.personId }
  let answer: T
  try {
    answer = await act()
  } catch (error) {
    if (error instanceof Error && error.name === 'RepeatedRequest') throw await answerOfFirst(database, formRequest)
    if (isClaimed(formRequest)) await database.as(own, (tx) => deleteFormRequest(tx, formRequest))
    throw error
  }
  const location = answer instanceof Response ? answer.headers.get('location') : null
  // It is done, also when where it led cannot be kept: nothing may make it be done again.
  if (location !== null && isClaimed(formRequest))
    await database
      .as(own, (tx) => saveFormRequestLocation(tx, formRequest, location))
      .catch((error: unknown) => logError(error, 'where a form led'))
  return answer
}

async function answerOfFirst(database: Database, formRequest: FormRequest): Promise<Response> {
  for (let wait = 0; wait < WAITS; wait += 1) {
    const first = await database.as({ personId: formRequest.personId }, (tx) => findFormRequest(tx, formRequest))
    if (first === null)
      throw new AppError('conflict', 'This was sent twice at once, and the first was refused. Send it again.')
    if (first.location !== null) return new Response(null, { status: 302, headers: { location: first.location } })
    await sleep(WAIT_MS)
  }
  throw new AppError('conflict', 'This was sent twice, and is recorded once.')
}

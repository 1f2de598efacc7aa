import type { Json } from '#app/domain/canonical-json.ts'
import { canonicalJson } from '#app/domain/canonical-json.ts'
import { AppError } from '#app/domain/errors.ts'
import { sha256 } from '#db/digest.ts'

/** Which text a form started from: the hash of what it was filled with. */
export function draftHash(content: Json): string {
  return sha256(canonicalJson(content))
}

/**
 * Keep one person from writing over what another saved meanwhile. A caller that does not say what it started from is
 * not held up.
 * @throws AppError `conflict`
 */
export function ensureSameDraft(startedFrom: string | undefined, current: Json): void {
  if (startedFrom !== undefined && startedFrom !== draftHash(current))
    throw new AppError(
      'conflict',
      'Somebody saved another text meanwhile. Copy yours, open the page again, and put it in there.',
    )
}

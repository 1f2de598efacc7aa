import { actorOfToken } from '#app/commands/tokens.ts'
import type { TokenPurpose } from '#app/commands/tokens.ts'
import type { Actor } from '#app/domain/actor.ts'
import { sha256 } from '#db/digest.ts'
import type { Database } from '#db/types.ts'

/** A token that was revoked opens nothing after this. What its holder may see is asked of the database every time. */
const REMEMBERED_MS = 1000
const REMEMBERED_MAX = 2000

interface Remembered {
  readonly actor: Actor
  readonly until: number
}

/** By the digest of token, scope and use, the least recently checked first. */
const caches = new WeakMap<Database, Map<string, Remembered>>()

/**
 * Who a token stands for, remembered for a second. A job's token is checked every time: it ends with the job's lease, and
 * a worker that comes back after it must write nothing.
 * @throws AppError `unauthenticated`, `forbidden` for another scope, or `refused` for writing to an engagement that has ended
 */
export async function actorFor(
  database: Database,
  asked: TokenPurpose & { readonly token: string; readonly now: Date },
): Promise<Actor> {
  const cache = caches.get(database) ?? new Map<string, Remembered>()
  caches.set(database, cache)
  const key = sha256(`${asked.scope} ${asked.use} ${asked.token}`)
  const known = cache.get(key)
  if (known && known.until > asked.now.getTime()) return known.actor
  cache.delete(key)
  const actor = await actorOfToken(database, asked.token, asked, asked.now)
  if (actor.kind === 'person') {
    cache.set(key, { actor, until: asked.now.getTime() + REMEMBERED_MS })
    const [oldest] = cache.keys()
    if (cache.size > REMEMBERED_MAX && oldest !== undefined) cache.delete(oldest)
  }
  return actor
}

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Actor } from '#app/domain/actor.ts'

const WINDOW_SECONDS = 60
/** One for each limit that a token has; the web is one process. */
const limiters = new Map<number, RateLimiterMemory>()

/**
 * Count one request of a token.
 * @returns how many seconds its holder must wait; null: it is within what its token may
 */
export async function secondsToWait(actor: Actor): Promise<number | null> {
  const token = actor.kind === 'person' ? actor.token : undefined
  const limit = token?.requestsPerMinute ?? null
  if (token === undefined || limit === null) return null
  const limiter = limiters.get(limit) ?? new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS })
  limiters.set(limit, limiter)
  try {
    await limiter.consume(token.id)
    return null
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    return Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
  }
}

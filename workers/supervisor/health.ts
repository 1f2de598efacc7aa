import { setTimeout as sleep } from 'node:timers/promises'
import { isAnswering } from '#db/postgres.server.ts'

const HEALTH_EVERY_MS = 5_000
/** So many bad answers one after the other, and the web process is started afresh. */
const BAD_ANSWERS_MAX = 6

export interface Watched {
  /** Where the web process listens. */
  readonly origin: string
  readonly databaseUrl: string
  /** Start the web process afresh. */
  restart(): Promise<void>
}

/** Whether the web process says in time that it is ready for requests. */
export async function isHealthy(origin: string, msMax = HEALTH_EVERY_MS): Promise<boolean> {
  const answer = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(msMax) }).catch(() => null)
  await answer?.body?.cancel()
  return answer?.status === 200
}

/**
 * A process can live and not answer: start it afresh. Not while the database is away: a new process would have none
 * either, and what the old one still answers would not be answered meanwhile.
 * @returns stops watching
 */
export function watchHealth({ origin, databaseUrl, restart }: Watched, everyMs = HEALTH_EVERY_MS): () => void {
  const stopping = new AbortController()
  const watch = async () => {
    for (let badAnswers = 0; ;) {
      const pause = sleep(everyMs, undefined, { signal: stopping.signal })
      const look = async () => (await isHealthy(origin, everyMs)) || !(await isAnswering(databaseUrl, everyMs))
      const [isGood] = await Promise.all([look(), pause])
      badAnswers = isGood ? 0 : badAnswers + 1
      if (badAnswers < BAD_ANSWERS_MAX || stopping.signal.aborted) continue
      badAnswers = 0
      await restart()
    }
  }
  watch().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return () => stopping.abort()
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseAway } from '#db/client.server.ts'

/** Longer than the packaged database takes to start again. */
const PATIENCE_MS = 12_000
const AGAIN_MS = 100

/** Do it again while the database is away, for callers that wait. `work` must have no effect that may not happen twice. */
export async function whileDatabaseReturns<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() > deadline) throw error
    }
    await sleep(AGAIN_MS)
  }
}

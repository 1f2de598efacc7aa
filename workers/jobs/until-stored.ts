import { setTimeout as sleep } from 'node:timers/promises'

const SECONDS_MAX = 60
const WAIT_MS_MAX = 2000

/**
 * Do a write that must not be lost to a restart of the database: again after 100 ms, 200 ms … up to a minute. The write
 * is fenced, by the lease of a job or the state of a deployment, so that a second try after an answer that got lost writes
 * nothing twice.
 * @throws the last error when the minute is over
 */
export async function untilStored<T>(write: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + SECONDS_MAX * 1000
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    try {
      return await write()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(waitMs)
    }
  }
}

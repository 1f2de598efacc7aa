import { setTimeout as sleep } from 'node:timers/promises'
import { ModelError } from '../model.ts'
import type { Columns, Predictions } from '../protocol.ts'
import { questionOf } from '../wire.ts'
import { predictionsIn } from './line.ts'

const ANSWER_MS_MAX = 25_000
/** How long a question waits for a replica while none answers. */
const PATIENCE_MS = 8_000
const AGAIN_MS = 100
const HEALTH_MS = 2_000

/** Asks replicas of one revision in turn. A prediction changes nothing, so that the next one is asked when one is gone. */
export function replicaRing(secret: string) {
  let addresses: readonly string[] = []
  let turn = 0
  const headers = { 'x-serving-secret': secret, 'content-type': 'application/json' }

  return {
    /** @param known addresses such as `http://10.0.0.7:32768` */
    set(known: readonly string[]): void {
      addresses = known
    },
    count: () => addresses.length,

    /** Whether one of them is ready. */
    async isReady(): Promise<boolean> {
      const asked = addresses.map((address) =>
        fetch(address, { headers, signal: AbortSignal.timeout(HEALTH_MS) }).then(
          async (answer) => (await answer.body?.cancel(), answer.status === 200),
          () => false,
        ),
      )
      return (await Promise.all(asked)).includes(true)
    },

    /** @throws ModelError when none of them answers */
    async ask(columns: Columns): Promise<Predictions> {
      const body = JSON.stringify(questionOf(columns))
      const deadline = performance.now() + PATIENCE_MS
      for (let tried = 0; ; tried += 1) {
        const address = addresses[(turn += 1) % Math.max(1, addresses.length)]
        if (address !== undefined) {
          const signal = AbortSignal.timeout(ANSWER_MS_MAX)
          // A connection that breaks is no answer; whatever else was said is one.
          const raw: unknown = await fetch(address, { method: 'POST', headers, body, signal })
            .then((answer) => (answer.status === 200 ? answer.json() : null))
            .catch(() => null)
          if (raw !== null) return predictionsIn(raw, columns.rowCount)
        }
        if (performance.now() > deadline) throw new ModelError('No replica of the service answers.')
        if (tried >= addresses.length) await sleep(AGAIN_MS)
      }
    },
  }
}

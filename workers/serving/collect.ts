import { savePredictions, saveWindows } from '#db/queries/monitoring.ts'
import type { Database } from '#db/types.ts'
import type { Serving } from './client.ts'
import { collectWindows } from './client.ts'

/**
 * Brings what the serving process counts into the database, again and again. Every round is safe to repeat, so that a
 * collector that is killed loses nothing, and two of them count nothing twice.
 */
export function windowCollector(database: Database, serving: Serving) {
  let source = ''
  let afterSeq = 0
  return async (): Promise<void> => {
    const collected = await collectWindows(serving, afterSeq)
    if (collected.source !== source) {
      // Another process, which counts from one: what it said after our number is asked for again from its start.
      source = collected.source
      if (afterSeq > 0) {
        afterSeq = 0
        return
      }
    }
    const windows = collected.windows.map((window) => ({ ...window, source }))
    await database.as({}, async (tx) => {
      await saveWindows(tx, windows)
      await savePredictions(
        tx,
        collected.scores.map(({ seq: _seq, ...score }) => score),
      )
    })
    afterSeq = collected.scores.at(-1)?.seq ?? afterSeq
  }
}

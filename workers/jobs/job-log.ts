import type { JobLease, LogPiece } from '#db/queries/job-leases.ts'
import { appendJobLog } from '#db/queries/job-leases.ts'
import type { Database } from '#db/types.ts'
import { untilStored } from './until-stored.ts'

const FLUSH_MS = 250
const PIECE_LENGTH_MAX = 16_384
const BATCH_PIECES_MAX = 200

export interface JobLog {
  write(stream: LogPiece['stream'], text: string): void
  /** Write what is left, trying again while the database is away. Resolves also when the lease is lost by then. */
  close(): Promise<void>
}

/**
 * A job's log: gathered for a quarter of a second, written in order as the holder of the lease. What could not be
 * written stays and is tried again, so that the log is whole to the last byte received.
 */
export function openJobLog(database: Database, lease: JobLease): JobLog {
  const waiting: { stream: LogPiece['stream']; text: string }[] = []
  let isLost = false
  let writing: Promise<void> = Promise.resolve()

  const writeWaiting = async () => {
    while (waiting.length > 0 && !isLost) {
      const batch = waiting.splice(0, BATCH_PIECES_MAX)
      try {
        isLost = !(await database.as({}, (tx) => appendJobLog(tx, lease, batch)))
      } catch (error) {
        waiting.unshift(...batch)
        throw error
      }
    }
  }
  const flush = () => {
    writing = writing.catch(() => undefined).then(writeWaiting)
    return writing
  }
  const timer = setInterval(() => void flush().catch(() => undefined), FLUSH_MS)
  return {
    write(stream, text) {
      for (let at = 0; at < text.length; at += PIECE_LENGTH_MAX) {
        const part = text.slice(at, at + PIECE_LENGTH_MAX)
        const last = waiting.at(-1)
        if (last?.stream === stream && last.text.length + part.length <= PIECE_LENGTH_MAX) last.text += part
        else waiting.push({ stream, text: part })
      }
    },
    async close() {
      clearInterval(timer)
      await untilStored(flush)
    },
  }
}

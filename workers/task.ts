import type { TaskName, TaskPayload } from '#app/domain/tasks.ts'
import type { Blobs } from '#db/blobs.server.ts'
import type { Database } from '#db/types.ts'
import type { WorkerConfig } from './config.ts'
import type { Executor } from './executors/executor.ts'
import type { MailTransport } from './mail/transport.ts'

/** What every task may use. */
export interface TaskShell {
  readonly database: Database
  readonly blobs: Blobs
  readonly executor: Executor
  /** Null when no SMTP server is set: mail stays in the outbox. */
  readonly mail: MailTransport | null
  readonly config: WorkerConfig
  readonly workerId: string
  /** Set when the process is told to stop. */
  readonly signal: AbortSignal
  now(): Date
}

/** A task is shallow, may run twice, and is bounded in time. */
export type TaskHandler<Name extends TaskName> = (payload: TaskPayload<Name>, shell: TaskShell) => Promise<void>

/**
 * What people wait for is not tried longer than this: its end is told then, and they can ask anew. The queue tries eight
 * times, the last about 29 minutes after the first.
 */
export const PATIENCE_MS = 25 * 60_000

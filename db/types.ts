import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { EngagementId, PersonId } from '#app/domain/ids.ts'

/** An open transaction whose viewer is set. All queries take one. */
export type Tx = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0]

/** For whom a transaction sees and writes. Empty: for nobody, so that nothing is there. */
export interface Scope {
  readonly personId?: PersonId
  readonly engagementId?: EngagementId
  /** `auth`: the code that checks passwords, sessions and tokens. `job`: a job's own token. */
  readonly door?: 'auth' | 'job'
  /** Whatever is tried, nothing is written. */
  readonly isReadOnly?: boolean
}

/** Functions of tracking.sql, whose first three arguments are the viewer. */
export type ServerFunction = 'log_batch' | 'read_run' | 'start_run'
export type ServerArgument = string | number | Uint8Array | readonly string[] | readonly number[]

export interface Database {
  /** Call one of the functions as `scope`: prepared, one round trip, a transaction of its own; repeated as `as` is. */
  call<Row extends object>(
    scope: Scope,
    name: ServerFunction,
    given: readonly ServerArgument[],
  ): Promise<readonly Row[]>
  /** Run `work` in one transaction as `scope`; repeated on a deadlock or serialization failure, so `work` must have no other effect. */
  as<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /** @throws when the database does not answer */
  answers(): Promise<void>
  /**
   * Begin with new connections at once, and leave those of before: after a restart of the server one that died in the middle
   * of a write may be kept and never be used right again (porsager/postgres#1208).
   */
  renew(): Promise<void>
  close(): Promise<void>
}

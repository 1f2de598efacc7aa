import { sql } from 'drizzle-orm'
import type { TaskName, TaskPayload } from '#app/domain/tasks.ts'
import type { Tx } from '../types.ts'

/**
 * Put a task on the queue in the caller's transaction: it exists when, and only when, the transaction commits.
 * @param options.key tasks with one key are one task
 */
export async function enqueue<Name extends TaskName>(
  tx: Tx,
  name: Name,
  payload: TaskPayload<Name>,
  options: { key?: string; runAt?: Date } = {},
): Promise<void> {
  await tx.execute(
    sql`select app.enqueue(${name}, ${JSON.stringify(payload)}::json, ${options.key ?? null}, ${options.runAt?.toISOString() ?? null}::timestamptz)`,
  )
}

/** Take a name for the rest of the transaction, unless somebody else has it. */
export async function tryLock(tx: Tx, name: string): Promise<boolean> {
  const [row] = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(hashtext(${name})) as taken`)
  return row?.taken === true
}

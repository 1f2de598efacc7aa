import { sql } from 'drizzle-orm'
import type { Tx } from './types.ts'

/** Within `work` the transaction may read and write what only the sign-in door may: credentials, links, tokens, new people. */
export async function atAuthDoor<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  const [before] = await tx.execute<{ door: string }>(sql`select app.door() as door`)
  await tx.execute(sql`select set_config('app.door', 'auth', true)`)
  const result = await work()
  await tx.execute(sql`select set_config('app.door', ${before?.door ?? ''}, true)`)
  return result
}

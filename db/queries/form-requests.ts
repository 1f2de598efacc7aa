import { and, eq, lt } from 'drizzle-orm'
import type { PersonId } from '#app/domain/ids.ts'
import { formRequests } from '../schema/form-requests.ts'
import type { Tx } from '../types.ts'

export interface FormRequest {
  readonly personId: PersonId
  readonly digest: string
}

/** Forms of this process whose first transaction is committed. */
const claimed = new WeakSet<FormRequest>()

export const isClaimed = (request: FormRequest): boolean => claimed.has(request)

export function markClaimed(request: FormRequest): void {
  claimed.add(request)
}

const KEPT_MS = 24 * 3_600_000

/**
 * Take a form for this transaction; waits while another transaction has the same one.
 * @returns false when it was accepted before
 */
export async function claimFormRequest(tx: Tx, request: FormRequest, now: Date): Promise<boolean> {
  const { personId, digest } = request
  const old = lt(formRequests.at, new Date(now.getTime() - KEPT_MS))
  await tx.delete(formRequests).where(and(eq(formRequests.personId, personId), old))
  const claimed = await tx
    .insert(formRequests)
    .values({ personId, digest, at: now })
    .onConflictDoNothing()
    .returning({ digest: formRequests.digest })
  return claimed.length > 0
}

/** Keep where it led, for whoever sent it a second time. */
export async function saveFormRequestLocation(tx: Tx, request: FormRequest, location: string): Promise<void> {
  await tx.update(formRequests).set({ location }).where(isThis(request))
}

/** It was refused after all: it may be sent again. */
export async function deleteFormRequest(tx: Tx, request: FormRequest): Promise<void> {
  await tx.delete(formRequests).where(isThis(request))
}

/** Where a form led, null while nobody knows; null as a whole when it was refused after all. */
export async function findFormRequest(
  tx: Tx,
  request: FormRequest,
): Promise<{ readonly location: string | null } | null> {
  const [row] = await tx.select({ location: formRequests.location }).from(formRequests).where(isThis(request))
  return row ?? null
}

const isThis = ({ personId, digest }: FormRequest) =>
  and(eq(formRequests.personId, personId), eq(formRequests.digest, digest))

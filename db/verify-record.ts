import { linkFault } from '#app/domain/decision.ts'
import type { OrganisationId } from '#app/domain/ids.ts'
import type { Cryptography } from '#app/domain/record.ts'
import { noteFault } from '#app/domain/record.ts'
import type { ChainHead } from './queries/record.ts'
import { listChainHeads, listCheckpoints, listLinks, listStrayRows } from './queries/record.ts'
import type { Database, Tx } from './types.ts'

const PAGE = 500

export interface Verification {
  /** The first row that does not hold, in words; null when all of the record does. */
  readonly fault: string | null
  readonly recordCount: number
  readonly chainCount: number
  readonly checkpointCount: number
}

/**
 * Check every chain, every snapshot and every checkpoint of a database, and that nothing counts as signed without a record.
 * @param database of a role that sees everything
 * @param keyId the key that checkpoints must be of
 */
export function verifyDatabase(database: Database, keyId: string, by: Cryptography): Promise<Verification> {
  return database.as({}, async (tx) => {
    let recordCount = 0
    let checkpointCount = 0
    const heads = await listChainHeads(tx)
    const result = (fault: string | null) => ({ fault, recordCount, chainCount: heads.length, checkpointCount })
    for (const head of heads) {
      const chain = await verifyChain(tx, head, by)
      recordCount += chain.hashes.size
      if (chain.fault !== null) return result(chain.fault)
      const checkpoints = await verifyCheckpoints(tx, head.organisationId, { hashes: chain.hashes, keyId, by })
      checkpointCount += checkpoints.count
      if (checkpoints.fault !== null) return result(checkpoints.fault)
    }
    const [stray] = await listStrayRows(tx)
    return result(stray ? `Row ${stray.id} of ${stray.table}: ${stray.fault}.` : null)
  })
}

async function verifyChain(tx: Tx, head: ChainHead, by: Cryptography) {
  const hashes = new Map<number, string>()
  let before: { seq: number; hash: string } | null = null
  for (;;) {
    const links = await listLinks(tx, head.organisationId, { afterSeq: before?.seq ?? 0, limit: PAGE })
    for (const link of links) {
      const fault = linkFault(link, before, by.sha256)
      if (fault !== null)
        return { hashes, fault: `Record no. ${String(link.seq)} (row ${link.id} of decision_records): ${fault}.` }
      hashes.set(link.seq, link.hash)
      before = link
    }
    if (links.length < PAGE) break
  }
  const last = before ?? { seq: 0, hash: '0'.repeat(64) }
  return {
    hashes,
    fault:
      last.seq === head.seq && last.hash === head.hash
        ? null
        : `Record no. ${String(last.seq + 1)} of organisation ${head.organisationId}: the head says ${String(head.seq)} records, there are ${String(last.seq)}.`,
  }
}

async function verifyCheckpoints(
  tx: Tx,
  organisationId: OrganisationId,
  { hashes, keyId, by }: { hashes: ReadonlyMap<number, string>; keyId: string; by: Cryptography },
) {
  const checkpoints = await listCheckpoints(tx, organisationId, Number.MAX_SAFE_INTEGER)
  const count = checkpoints.length
  for (const checkpoint of checkpoints) {
    const name = /^records (\d+)$/m.exec(checkpoint.note)?.[1] ?? '?'
    const fault =
      checkpoint.keyId !== keyId || by.keyIdOf(checkpoint.publicKey) !== keyId
        ? 'it is not of this instance’s key'
        : !by.isSignedBy(checkpoint.publicKey, checkpoint.note, checkpoint.signature)
          ? 'its signature is false'
          : noteFault(checkpoint.note, organisationId, hashes)
    if (fault !== null) return { count, fault: `Checkpoint ${name} of organisation ${organisationId}: ${fault}.` }
  }
  return { count, fault: null }
}

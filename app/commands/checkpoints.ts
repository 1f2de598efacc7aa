import type { OrganisationId } from '#app/domain/ids.ts'
import { checkpointNote } from '#app/domain/record.ts'
import type { RecordKey } from '#db/record-key.server.ts'
import { findChainHead, insertCheckpoint } from '#db/queries/record.ts'
import type { Tx } from '#db/types.ts'

/** Sign how far an organisation's chain went. Safe to repeat: one checkpoint for each end of a chain. */
export async function signCheckpoint(
  tx: Tx,
  key: RecordKey,
  { organisationId, now }: { organisationId: OrganisationId; now: Date },
): Promise<void> {
  const head = await findChainHead(tx, organisationId)
  if (!head) return
  const note = checkpointNote({ ...head, at: now })
  await insertCheckpoint(tx, {
    organisationId,
    seq: head.seq,
    note,
    keyId: key.keyId,
    publicKey: key.publicKey,
    signature: key.sign(note),
    at: now,
  })
}

import { signCheckpoint as sign } from '#app/commands/checkpoints.ts'
import type { OrganisationId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { openRecordKey } from '#db/record-key.server.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Sign how far a chain went. Safe to repeat. */
export const signCheckpoint: TaskHandler<'sign_checkpoint'> = async (payload, shell) => {
  const key = await openRecordKey(shell.config.dataDir)
  const organisationId = toId<OrganisationId>(payload.organisationId)
  await shell.database.as({}, (tx) => sign(tx, key, { organisationId, now: shell.now() }))
}

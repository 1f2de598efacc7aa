import { settleSignOffDates } from '#app/commands/sign-off-dates.ts'
import type { SignOffId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import type { TaskHandler } from '#workers/task.ts'

/** Let a sign-off lapse or expire when it is time, or come back at its next date. Safe to repeat. */
export const settleSignOff: TaskHandler<'settle_sign_off'> = async (payload, shell) => {
  const signOffId = toId<SignOffId>(payload.signOffId)
  const origin = shell.config.publicOrigin
  await shell.database.as({}, (tx) => settleSignOffDates(tx, { signOffId, now: shell.now(), origin }))
}

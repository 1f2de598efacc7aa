import type { RetrainingMove } from '#app/domain/retraining.ts'
import { decideRetrainingRefusal, RETRAINING_STATE_WORDS } from '#app/domain/retraining.ts'
import { paths } from '#app/paths.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { findActor } from '#db/queries/people.ts'
import type { RetrainingRow } from '#db/queries/retrainings.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import { queueMail } from './accounts.ts'

/** Mail those who decide that it waits for them, and whoever asked, or whose schedule or rule did, how it ended. */
export async function tellOfRetraining(
  tx: Tx,
  retraining: RetrainingRow,
  move: RetrainingMove,
  input: { readonly now: Date; readonly origin: string },
): Promise<void> {
  const { engagementId, slug } = retraining
  const url = `${input.origin}${paths.retraining(engagementId, retraining.id)}`
  const send = (to: { name: string; email: string }, subject: string, label: string) =>
    queueMail(tx, { to, subject, body: move.reason, links: [{ label, url }], now: input.now })
  if (move.to === 'awaiting_approval') {
    const engagement = await getEngagement(tx, engagementId)
    const told = new Set<string>()
    for (const seat of await listSeats(tx, engagementId)) {
      if (seat.personId === null || seat.personName === null || seat.personEmail === null || told.has(seat.personId))
        continue
      const actor = await findActor(tx, seat.personId)
      if (actor === null) continue
      const standing = await getStanding(tx, actor, engagementId)
      if (decideRetrainingRefusal(standing, { engagement: engagement.state, state: move.to }) !== null) continue
      told.add(seat.personId)
      await send(
        { name: seat.personName, email: seat.personEmail },
        `Retrained: does the new model of ${slug} go live?`,
        'See it beside what is live',
      )
    }
  } else if (move.to !== 'judging') {
    const asker = await findActor(tx, retraining.requestedBy)
    if (asker !== null)
      await send(asker, `Retraining of ${slug}: ${RETRAINING_STATE_WORDS[move.to].toLowerCase()}`, 'See the retraining')
  }
}

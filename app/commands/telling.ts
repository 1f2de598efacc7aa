import type { EngagementRow } from '#db/queries/engagements.ts'
import type { SeatRow } from '#db/queries/seats.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import { queueMail } from './accounts.ts'

/** Mail one message to everybody at a table whom `isConcerned` picks, each person once. */
export async function tellSeats(
  tx: Tx,
  input: {
    readonly engagement: EngagementRow
    readonly isConcerned: (seat: SeatRow) => boolean
    readonly subject: string
    readonly body: string
    readonly links: readonly { readonly label: string; readonly url: string }[]
    readonly now: Date
  },
): Promise<void> {
  const told = new Set<string>()
  for (const seat of await listSeats(tx, input.engagement.id)) {
    if (seat.personEmail === null || seat.personName === null) continue
    if (told.has(seat.personEmail) || !input.isConcerned(seat)) continue
    told.add(seat.personEmail)
    await queueMail(tx, {
      to: { name: seat.personName, email: seat.personEmail },
      subject: input.subject,
      body: input.body,
      links: input.links,
      now: input.now,
    })
  }
}

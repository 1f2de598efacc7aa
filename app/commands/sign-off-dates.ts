import type { SignOffId } from '#app/domain/ids.ts'
import { raciFor } from '#app/domain/seat.ts'
import type { SignOffAct } from '#app/domain/sign-off-case.ts'
import { isRefused, signOffAfter } from '#app/domain/sign-off-case.ts'
import { paths } from '#app/paths.ts'
import { getEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { gatherSignOffCase, listConditions } from '#db/queries/sign-off-case.ts'
import type { SignOffRow } from '#db/queries/sign-offs.ts'
import { findSignOff, saveSignOffState } from '#db/queries/sign-offs.ts'
import { enqueue } from '#db/queries/tasks.ts'
import type { Tx } from '#db/types.ts'
import { settleSubject } from './settling.ts'
import { tellSeats } from './telling.ts'

/**
 * Let a sign-off lapse when a condition was not met in time, or expire when its time is over; otherwise come back at its
 * next date. Safe to repeat. A suspended or ended sign-off has no dates.
 */
export async function settleSignOffDates(
  tx: Tx,
  input: { readonly signOffId: SignOffId; readonly now: Date; readonly origin: string },
): Promise<void> {
  const signOff = await findSignOff(tx, input.signOffId)
  if (signOff === null) return
  const unmet = (await listConditions(tx, signOff.engagementId, signOff.id)).filter((one) => one.metAt === null)
  const [overdue] = unmet.filter((one) => endOf(one.due) <= input.now)
  const isOver = signOff.expiresAt !== null && signOff.expiresAt <= input.now
  if (overdue)
    await end(tx, signOff, { act: { kind: 'lapse' }, reason: `Not met by ${overdue.due}: ${overdue.text}`, ...input })
  else if (isOver)
    await end(tx, signOff, { act: { kind: 'expire' }, reason: 'The time for which it was given is over.', ...input })
  else {
    const dates = [...unmet.map((one) => endOf(one.due)), ...(signOff.expiresAt === null ? [] : [signOff.expiresAt])]
    const [next] = dates.sort((a, b) => a.getTime() - b.getTime())
    if (next)
      await enqueue(tx, 'settle_sign_off', { signOffId: signOff.id }, { key: `sign-off:${signOff.id}`, runAt: next })
  }
}

function endOf(day: string): Date {
  return new Date(`${day}T23:59:59.999Z`)
}

async function end(
  tx: Tx,
  signOff: SignOffRow,
  input: { readonly act: SignOffAct; readonly reason: string; readonly now: Date; readonly origin: string },
): Promise<void> {
  const next = signOffAfter(await gatherSignOffCase(tx, signOff), input.act)
  if (isRefused(next)) return
  const engagement = await getEngagement(tx, signOff.engagementId)
  await saveSignOffState(tx, signOff.id, { state: next.state, reason: input.reason, at: input.now })
  await settleSubject(tx, input.now, signOff, next.state)
  await recordEvent(tx, null, {
    kind: 'sign_off.changed',
    engagementId: engagement.id,
    subjectId: signOff.subjectId,
    summary: `“${signOff.title}” ${next.state === 'lapsed' ? 'lapsed' : 'expired'}: ${input.reason}`,
    at: input.now,
  })
  await tellSeats(tx, {
    engagement,
    isConcerned: (seat) => raciFor(seat, signOff.subjectType) !== 'I',
    subject: `${next.state === 'lapsed' ? 'Lapsed' : 'Expired'}: ${signOff.title}`,
    body: `${input.reason} It counts no more until a new version is signed.`,
    links: [{ label: 'Read it', url: `${input.origin}${paths.signOff(engagement.id, signOff.id)}` }],
    now: input.now,
  })
}

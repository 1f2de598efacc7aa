import type { PersonActor } from '#app/domain/actor.ts'
import { AppError } from '#app/domain/errors.ts'
import type { OutcomeInput } from '#app/domain/meeting.ts'
import { POINTS_MAX } from '#app/domain/meeting.ts'
import { newId } from '#db/new-id.ts'
import type { NewPoint } from '#db/queries/agendas.ts'
import { deletePoint, getPoint, insertPoints, listOpenItems, listPoints, savePoint } from '#db/queries/agendas.ts'
import { listRegister } from '#db/queries/registers.ts'
import { listSeats } from '#db/queries/seats.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import type { AtMeeting } from './meetings.ts'
import { inOpenMeeting } from './meetings.ts'
import { writeDown } from './registers.ts'

/** Put a point of one's own on the agenda. */
export async function addPoint(ctx: CommandContext<PersonActor>, input: AtMeeting & { text: string }): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, { id, audience }) => {
    const point = { id: newId(), text: input.text, subject: 'own', subjectId: null } as const
    await addToAgenda(tx, { id, audience, engagementId: engagement.id }, [point])
  })
}

/** Put on the agenda what is open by now and not on it yet. @returns how many points came */
export async function proposePoints(ctx: CommandContext<PersonActor>, input: AtMeeting): Promise<number> {
  return inOpenMeeting(ctx, input, async (tx, engagement, meeting) => {
    const items = await listOpenItems(tx, engagement.id, meeting)
    const points = items.map((item) => ({ ...item, id: newId() }))
    await addToAgenda(tx, { ...meeting, engagementId: engagement.id }, points)
    return points.length
  })
}

async function addToAgenda(
  tx: Tx,
  meeting: Parameters<typeof insertPoints>[1],
  points: readonly NewPoint[],
): Promise<void> {
  const count = (await listPoints(tx, [meeting.id])).length + points.length
  if (count > POINTS_MAX) throw new AppError('refused', `An agenda has at most ${String(POINTS_MAX)} points.`)
  await insertPoints(tx, meeting, points)
}

/**
 * Write what was said under a point.
 * @throws AppError `conflict` when another text was saved since the form was opened
 */
export async function writeMinutes(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { pointId: string; text: string; minutes: string; version: number },
): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, _engagement, meeting) => {
    const point = await getPoint(tx, meeting.id, input.pointId)
    if (!(await savePoint(tx, { ...input, id: point.id })))
      throw new AppError(
        'conflict',
        'Somebody wrote under this point meanwhile. Their text stands above the form; open the page again to write it into yours.',
      )
  })
}

/** Take a point from the agenda. Taking it away twice is harmless. @throws AppError `refused` when something was decided under it */
export async function removePoint(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { pointId: string },
): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, meeting) => {
    const isKept = (await listRegister(tx, engagement.id)).some((entry) => entry.meetingPointId === input.pointId)
    if (isKept) throw new AppError('refused', 'Something was decided or taken on under this point, so it stays.')
    await deletePoint(tx, meeting.id, input.pointId)
  })
}

/** Write a decision or an action of a meeting into its register, for whoever sees the meeting. */
export async function recordOutcome(
  ctx: CommandContext<PersonActor>,
  input: AtMeeting & { pointId: string; form: OutcomeInput },
): Promise<void> {
  await inOpenMeeting(ctx, input, async (tx, engagement, meeting) => {
    const point = await getPoint(tx, meeting.id, input.pointId)
    const { form } = input
    const owner = (await listSeats(tx, engagement.id)).find((seat) => seat.personId === form.ownerId)
    if (owner === undefined)
      throw new AppError('invalid', 'Nobody answers for it.', { fields: { ownerId: 'Choose a person with a seat.' } })
    await writeDown(tx, ctx, {
      engagementId: engagement.id,
      kind: form.kind,
      title: form.title,
      body: form.body,
      ownerId: owner.personId,
      likelihood: 'medium',
      impact: 'medium',
      due: form.due,
      meetingPointId: point.id,
      audience: meeting.audience,
    })
  })
}

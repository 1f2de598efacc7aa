import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { AppError, ensure } from '#app/domain/errors.ts'
import type { EngagementId, WorkEntryId } from '#app/domain/ids.ts'
import { correctWorkRefusal, logWorkRefusal, parseWorkLine, workLineOf } from '#app/domain/work.ts'
import { newId } from '#db/new-id.ts'
import { getEngagement, getStanding, lockEngagement } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import {
  deleteWorkEntry,
  findTimer,
  findWorkTarget,
  getWorkEntry,
  insertWorkEntry,
  saveTimerEnd,
  saveWorkEntry,
} from '#db/queries/work.ts'
import type { Tx } from '#db/types.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'

const MINUTES_MAX = 24 * 60

/** Log work in one line, such as `2h leakage fix #C2`. @returns its id @throws AppError `invalid` beside the line */
export async function logWork(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; line: string },
): Promise<WorkEntryId> {
  const parsed = parseWorkLine(input.line)
  if ('error' in parsed) throw atLine(parsed.error)
  return transact(ctx, async (tx) => {
    await ensureMayLog(tx, ctx, input.engagementId)
    const id = newId<WorkEntryId>()
    await insertWorkEntry(tx, {
      id,
      engagementId: input.engagementId,
      personId: ctx.actor.personId,
      ...(await targetOf(tx, input.engagementId, parsed.key)),
      startedAt: new Date(ctx.now.getTime() - parsed.minutes * 60_000),
      minutes: parsed.minutes,
      note: parsed.note,
      at: ctx.now,
    })
    return id
  })
}

/**
 * Correct an entry of one's own by the line it should have been; null removes it. What it was stays in the events.
 * @throws AppError `invalid` beside the line, `refused`, `not_found`
 */
export async function correctWork(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; entryId: WorkEntryId; line: string | null },
): Promise<void> {
  const parsed = input.line === null ? null : parseWorkLine(input.line)
  if (parsed && 'error' in parsed) throw atLine(parsed.error)
  await transact(ctx, async (tx) => {
    const engagement = await lockEngagement(tx, input.engagementId)
    const entry = await getWorkEntry(tx, engagement.id, input.entryId)
    ensure(correctWorkRefusal(await getStanding(tx, ctx.actor, engagement.id), entry))
    ensure(endedRefusal(engagement.state))
    const was = workLineOf({ ...entry, minutes: entry.minutes ?? 0 })
    if (parsed === null) await deleteWorkEntry(tx, entry.id)
    else
      await saveWorkEntry(tx, entry.id, {
        minutes: parsed.minutes,
        note: parsed.note,
        ...(await targetOf(tx, engagement.id, parsed.key)),
      })
    await recordEvent(tx, ctx.actor, {
      kind: 'work.logged',
      engagementId: engagement.id,
      subjectId: entry.id,
      summary: `${ctx.actor.name} ${parsed === null ? 'removed' : 'corrected'} an entry of work that was “${was}”.`,
      at: ctx.now,
    })
  })
}

/** Start the timer; a person has one. @throws AppError `refused` when one runs */
export async function startTimer(
  ctx: CommandContext<PersonActor>,
  input: { engagementId: EngagementId; note: string },
): Promise<void> {
  await transact(ctx, async (tx) => {
    await ensureMayLog(tx, ctx, input.engagementId)
    const isStarted = await insertWorkEntry(tx, {
      id: newId<WorkEntryId>(),
      engagementId: input.engagementId,
      personId: ctx.actor.personId,
      criterionId: null,
      deliverableId: null,
      startedAt: ctx.now,
      minutes: null,
      note: input.note,
      at: ctx.now,
    })
    if (!isStarted) throw new AppError('refused', 'Your timer runs already; stop it first.')
  })
}

/** Stop the timer; its note may name what the time was for, as in `leakage fix #C2`. At least one minute is logged. */
export async function stopTimer(ctx: CommandContext<PersonActor>, input: { note: string }): Promise<void> {
  await transact(ctx, async (tx) => {
    const timer = await findTimer(tx, ctx.actor.personId)
    if (!timer) throw new AppError('refused', 'No timer of yours is running.')
    const minutes = Math.min(
      MINUTES_MAX,
      Math.max(1, Math.round((ctx.now.getTime() - timer.startedAt.getTime()) / 60_000)),
    )
    const parsed = parseWorkLine(`${String(minutes)}m ${input.note === '' ? timer.note : input.note}`)
    if ('error' in parsed) throw atLine(parsed.error)
    await saveTimerEnd(tx, timer.id, {
      minutes,
      note: parsed.note,
      ...(await targetOf(tx, timer.engagementId, parsed.key)),
    })
  })
}

async function ensureMayLog(tx: Tx, ctx: CommandContext<PersonActor>, engagementId: EngagementId): Promise<void> {
  const engagement = await getEngagement(tx, engagementId)
  ensure(logWorkRefusal(await getStanding(tx, ctx.actor, engagement.id)))
  ensure(endedRefusal(engagement.state))
}

async function targetOf(tx: Tx, engagementId: EngagementId, key: string | null) {
  if (key === null) return { criterionId: null, deliverableId: null }
  const target = await findWorkTarget(tx, engagementId, key)
  if (!target) throw atLine(`There is no criterion or deliverable ${key} here.`)
  return target
}

function atLine(sentence: string): AppError {
  return new AppError('invalid', sentence, { fields: { line: sentence } })
}

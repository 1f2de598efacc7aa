import type { PersonActor } from '#app/domain/actor.ts'
import { endedRefusal } from '#app/domain/engagement.ts'
import { ensure, found } from '#app/domain/errors.ts'
import type { EngagementId, RunId } from '#app/domain/ids.ts'
import type { RunNotes } from '#app/domain/run-note.ts'
import { noteRefusal, notesOf, RUN_NOTE_TAGS, RUN_NOTES } from '#app/domain/run-note.ts'
import { getEngagement, getStanding } from '#db/queries/engagements.ts'
import { recordEvent } from '#db/queries/events.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { lockRun, removeTag, saveTags } from '#db/queries/runs.ts'
import type { CommandContext } from './context.ts'
import { transact } from './context.ts'
import { ensureSameDraft } from './drafts.ts'

/**
 * Write what is thought of a run. Every text that changes is kept whole in the event; the same texts again change nothing.
 * @param input.texts those that are not given stay; an empty one is taken away
 * @throws AppError `conflict` when somebody saved another text since `startedFrom`; `refused`, `not_found`
 */
export async function writeRunNotes(
  ctx: CommandContext<PersonActor>,
  input: {
    readonly engagementId: EngagementId
    readonly runId: RunId
    readonly texts: Partial<RunNotes>
    readonly startedFrom?: string | undefined
  },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const engagement = await getEngagement(tx, input.engagementId)
    const run = await lockRun(tx, engagement.id, input.runId)
    ensure(noteRefusal(await getStanding(tx, ctx.actor, engagement.id), run))
    ensure(endedRefusal(engagement.state))
    const before = notesOf(found((await loadRunDetails(tx, [run]))[0]).tags)
    const changed = RUN_NOTES.flatMap((note) => {
      const text = input.texts[note]
      return text === undefined || text === before[note] ? [] : [{ note, text }]
    })
    // Before the stale page is refused: what was saved by a double click is what was wanted.
    if (changed.length === 0) return
    ensureSameDraft(input.startedFrom, before)
    for (const { note, text } of changed) {
      if (text === '') await removeTag(tx, run.id, RUN_NOTE_TAGS[note])
      else await saveTags(tx, run, [{ key: RUN_NOTE_TAGS[note], value: text }])
    }
    await recordEvent(tx, ctx.actor, {
      kind: 'run.noted',
      engagementId: engagement.id,
      subjectId: run.id,
      summary: `${ctx.actor.name} wrote the ${changed.map(({ note }) => note).join(' and the ')} of the run ${run.name}.`,
      detail: Object.fromEntries(changed.map(({ note, text }) => [note, text])),
      at: ctx.now,
    })
  })
}

import { describe, expect } from 'vitest'
import { draftHash } from '#app/commands/drafts.ts'
import { writeRunNotes } from '#app/commands/run-notes.ts'
import { moveRun, startRun } from '#app/commands/tracking.ts'
import type { PersonActor } from '#app/domain/actor.ts'
import { found } from '#app/domain/errors.ts'
import type { RunId } from '#app/domain/ids.ts'
import { toRunId } from '#app/domain/ids.ts'
import type { RunNotes } from '#app/domain/run-note.ts'
import { notesOf, RunNotesForm } from '#app/domain/run-note.ts'
import { listEventsAbout } from '#db/queries/events.ts'
import { searchRunList } from '#db/queries/run-list.ts'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'
import { aJobActor, anEngagement, as } from '#test/support/factories.ts'
import { aRun, test } from '#test/support/http.ts'

const NONE: RunNotes = { hypothesis: '', note: '', conclusion: '' }

describe('what is written about a run', () => {
  test('is one thing on the page and in MLflow, also for a run that only its job logs to', async ({
    pools,
    fixture,
    client,
  }) => {
    const { engagementId, lead } = fixture
    const job = as(pools, await aJobActor(pools, fixture))
    const { run } = await startRun(job, { experimentId: '0', name: 'r', userName: '', startTime: null, tags: [] })
    const read = () =>
      pools.web.as({ personId: lead.personId }, async (tx) =>
        notesOf(found((await loadRunDetails(tx, [await getRun(tx, engagementId, run.id)]))[0]).tags),
      )
    await writeRunNotes(as(pools, lead), { engagementId, runId: run.id, texts: { ...NONE, note: 'From the page.' } })
    const { body } = await client.get('runs/get', { run_id: run.id })
    expect(JSON.stringify(body.run?.data?.tags)).toContain('"mlflow.note.content","value":"From the page."')

    const tag = { run_id: run.id, key: 'mlflow.note.content', value: 'From MLflow.\nTwo lines.' }
    expect((await client.post('runs/set-tag', tag)).body).toEqual({})
    expect(await read()).toEqual({ ...NONE, note: 'From MLflow.\nTwo lines.' })
    expect((await client.post('runs/set-tag', { ...tag, key: 'other' })).status).toBe(400)
    await client.post('runs/delete-tag', { run_id: run.id, key: 'mlflow.note.content' })
    expect(await read()).toEqual(NONE)
  })

  test('keeps every version in its event; a second tab does not write over the first; a double click is harmless', async ({
    pools,
    fixture,
    client,
  }) => {
    const { engagementId, lead } = fixture
    const runId = toRunId(await aRun(client))
    const save = (texts: Partial<RunNotes>, startedFrom?: string) =>
      writeRunNotes(as(pools, lead), { engagementId, runId, texts, startedFrom })
    const first = { ...NONE, hypothesis: 'It will be better.' }
    await save(first, draftHash(NONE))
    await save(first, draftHash(NONE))
    await expect(save({ ...NONE, hypothesis: 'Worse.' }, draftHash(NONE))).rejects.toMatchObject({ code: 'conflict' })
    await save({ ...first, conclusion: 'It was.' }, draftHash(first))
    const changes = await pools.web.as({ personId: lead.personId }, (tx) =>
      listEventsAbout(tx, engagementId, { kind: 'run.noted', subjectId: runId, limit: 10 }),
    )
    expect(changes.map(({ detail }) => detail)).toEqual([
      { conclusion: 'It was.' },
      { hypothesis: 'It will be better.' },
    ])
    const { rows } = await pools.web.as({ personId: lead.personId }, (tx) =>
      searchRunList(tx, engagementId, { filter: [], order: [], limit: 5 }),
    )
    expect(rows[0]?.notes).toEqual({ hypothesis: 'It will be better.', note: '', conclusion: 'It was.' })
  })

  test('is the team’s to write, on a run that is theirs and not deleted', async ({ pools, fixture, client }) => {
    const { engagementId, lead } = fixture
    const runId = toRunId(await aRun(client))
    const save = (who: PersonActor, of: RunId = runId) =>
      writeRunNotes(as(pools, who), { engagementId, runId: of, texts: { note: 'x' } })
    await expect(save(fixture.client)).rejects.toMatchObject({ code: 'refused', message: /seat on the team/ })
    await expect(save((await anEngagement(pools, lead, 'Third Mills')).client)).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(save(lead, toRunId('f'.repeat(32)))).rejects.toMatchObject({ code: 'not_found' })
    await moveRun(as(pools, { ...lead, onlyEngagementId: engagementId }), runId, 'deleted')
    await expect(save(lead)).rejects.toMatchObject({ code: 'refused', message: /deleted/ })
    expect(RunNotesForm.safeParse({ ...NONE, note: 'x'.repeat(8001) }).success).toBe(false)
    expect(RunNotesForm.parse({ ...NONE, note: 'a\r\nb' }).note).toBe('a\nb')
  })
})

import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { draftHash } from '#app/commands/drafts.ts'
import { writeRunNotes } from '#app/commands/run-notes.ts'
import { found } from '#app/domain/errors.ts'
import { toRunId } from '#app/domain/ids.ts'
import { isEnded } from '#app/domain/run.ts'
import { noteRefusal, notesOf, RunNotesForm } from '#app/domain/run-note.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { loadRunDetails } from '#db/queries/run-details.ts'
import { getRun } from '#db/queries/runs.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Write about a run · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const run = await getRun(tx, engagementId, toRunId(params['runId']))
  const notes = notesOf(found((await loadRunDetails(tx, [run]))[0]).tags)
  return {
    engagementId,
    run: { id: run.id, name: run.name, hasEnded: isEnded(run.state) },
    notes,
    startedFrom: draftHash(notes),
    refusal: noteRefusal(standing, run)?.reason ?? null,
  }
})

export const action = engagementAction(RunNotesForm, async ({ ctx, engagementId, params, form }) => {
  const { startedFrom, ...texts } = form
  const runId = toRunId(params['runId'])
  await writeRunNotes(ctx, { engagementId, runId, texts, startedFrom })
  return redirect(paths.run(engagementId, runId))
})

export default function WriteRunNotes() {
  const { engagementId, run, notes, startedFrom, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Runs', to: paths.runs(engagementId) },
          { label: run.name, to: paths.run(engagementId, run.id) },
        ]}
        title="What do you think of this run?"
        verdict="The client reads this too. Each change is kept with who made it and when."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <HiddenField name="startedFrom" value={startedFrom} />
        <TextArea
          name="hypothesis"
          label="Hypothesis"
          hint={
            run.hasEnded
              ? 'What was expected, and why. The run has ended: the page will say that this was written afterwards.'
              : 'What you expect, and why. Write it before the run ends.'
          }
          rows={4}
          defaultValue={notes.hypothesis}
          optional
        />
        <TextArea
          name="note"
          label="Note"
          hint="What others should know. MLflow shows it as the run’s description."
          rows={4}
          defaultValue={notes.note}
          optional
        />
        <TextArea
          name="conclusion"
          label="Conclusion"
          hint="What was learned, and what follows from it."
          rows={4}
          defaultValue={notes.conclusion}
          optional
        />
        <SubmitButton disabledReason={refusal}>Save</SubmitButton>
      </PostForm>
    </>
  )
}

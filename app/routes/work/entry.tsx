import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { correctWork } from '#app/commands/work.ts'
import type { WorkEntryId } from '#app/domain/ids.ts'
import { toId } from '#app/domain/ids.ts'
import { correctWorkRefusal, WorkForm, workLineOf } from '#app/domain/work.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { Visibility } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getWorkEntry } from '#db/queries/work.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Correct an entry · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const entry = await getWorkEntry(tx, engagementId, toId<WorkEntryId>(params['entryId']))
  return {
    engagementId,
    line: workLineOf({ ...entry, minutes: entry.minutes ?? 0 }),
    refusal: correctWorkRefusal(standing, entry)?.reason ?? null,
  }
})

const CorrectForm = WorkForm.extend({ verb: z.enum(['save', 'remove']).default('save') })

export const action = engagementAction(CorrectForm, async ({ ctx, engagementId, params, form }) => {
  const entryId = toId<WorkEntryId>(params['entryId'])
  await correctWork(ctx, { engagementId, entryId, line: form.verb === 'remove' ? null : form.line })
  return redirect(paths.work(engagementId))
})

export default function CorrectEntry() {
  const { engagementId, line, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Work', to: paths.work(engagementId) }]}
        title="Correct an entry"
        badge={<Visibility sharedWith="team" />}
        verdict="What it was stays in the events of the engagement."
      />
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextField name="line" label="What did you do?" defaultValue={line} hint="As when you logged it." />
        <div className="flex flex-wrap gap-3">
          <SubmitButton name="verb" value="save" disabledReason={refusal}>
            Save
          </SubmitButton>
          {refusal === null ? (
            <SubmitButton name="verb" value="remove" look="danger">
              Remove it
            </SubmitButton>
          ) : null}
        </div>
      </PostForm>
    </>
  )
}

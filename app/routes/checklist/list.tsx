import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData } from '@remix-run/react'
import { addChecklistItem } from '#app/commands/checklists.ts'
import {
  CHECKLIST_MARK_WORDS,
  CHECKLIST_PHASE_WORDS,
  CHECKLIST_PHASES,
  ChecklistItemForm,
  checklistRefusal,
  switchOffRefusal,
} from '#app/domain/checklist.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, SelectField, TextField } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { EmptyState, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listChecklist } from '#db/queries/checklists.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Checklist · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, now }) => ({
  engagementId,
  zone: actor.timeZone,
  items: await listChecklist(tx, engagementId, now),
  mayTick: checklistRefusal(standing) === null,
  maySwitch: switchOffRefusal(standing) === null,
}))

export const action = engagementAction(ChecklistItemForm, async ({ ctx, engagementId, form }) => {
  await addChecklistItem(ctx, { engagementId, ...form })
  return redirect(paths.checklist(engagementId))
})

const TONES = { open: 'risk', done: 'met', off: 'unknown' } as const

export default function Checklist() {
  const { engagementId, zone, items, mayTick, maySwitch } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const openCount = items.filter((item) => item.mark === 'open').length
  const offCount = items.filter((item) => item.mark === 'off').length
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Progress', to: paths.engagement(engagementId) }]}
        title="What must not be forgotten?"
        verdict={
          items.length === 0
            ? undefined
            : `${openCount === 0 ? 'Nothing is open' : `${String(openCount)} of ${String(items.length)} ${items.length === 1 ? 'item is' : 'items are'} open`}${offCount === 0 ? '.' : `, ${String(offCount)} switched off.`}`
        }
      />
      {items.length === 0 ? (
        <div className="mb-8">
          <EmptyState title="An empty checklist">
            Templates of engagements bring one along. Items of your own can be added; each can be switched off with a
            reason that stays in sight.
          </EmptyState>
        </div>
      ) : null}
      {CHECKLIST_PHASES.filter((phase) => items.some((item) => item.phase === phase)).map((phase) => (
        <Section key={phase} title={CHECKLIST_PHASE_WORDS[phase]}>
          <ul className="grid gap-2">
            {items
              .filter((item) => item.phase === phase)
              .map((item) => (
                <li
                  key={item.id}
                  className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-md border border-line bg-surface px-3 py-2"
                >
                  <div className="min-w-0">
                    <p className="flex flex-wrap items-baseline gap-x-3">
                      <Badge tone={TONES[item.mark]}>{CHECKLIST_MARK_WORDS[item.mark]}</Badge>
                      <span className="font-semibold wrap-anywhere">{item.label}</span>
                    </p>
                    {item.markedAt === null ? null : (
                      <p className="text-sm text-muted">
                        {item.markedByName}, <Time at={item.markedAt} zone={zone} />
                        {item.reason === '' ? '' : `: ${item.reason}`}
                      </p>
                    )}
                  </div>
                  <div className="flex flex-wrap items-center gap-3">
                    {maySwitch && item.mark !== 'off' ? (
                      <Link to={paths.checklistOff(engagementId, item.id)} className="text-sm">
                        Switch off<span className="sr-only">: {item.label}</span>
                      </Link>
                    ) : null}
                    {(item.mark === 'off' ? maySwitch : mayTick) ? (
                      <Form method="post" action={paths.checklistMark(engagementId, item.id)}>
                        <input type="hidden" name="mark" value={item.mark === 'open' ? 'done' : 'open'} />
                        <SubmitButton look="plain">
                          {item.mark === 'open' ? 'Done' : item.mark === 'done' ? 'Not done' : 'Switch on'}
                          <span className="sr-only">: {item.label}</span>
                        </SubmitButton>
                      </Form>
                    ) : null}
                  </div>
                </li>
              ))}
          </ul>
        </Section>
      ))}
      {!mayTick ? null : (
        <Section title="Add an item">
          <PostForm key={items.length} state={problem}>
            <TextField name="label" label="What has to be done" />
            <SelectField
              name="phase"
              label="When"
              defaultValue="define"
              options={CHECKLIST_PHASES.map((value) => ({ value, label: CHECKLIST_PHASE_WORDS[value] }))}
            />
            <SubmitButton look="plain">Add it</SubmitButton>
          </PostForm>
        </Section>
      )}
    </>
  )
}

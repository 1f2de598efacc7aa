import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData } from '@remix-run/react'
import { logWork } from '#app/commands/work.ts'
import { durationWords, logWorkRefusal, WorkForm } from '#app/domain/work.ts'
import { WorkTable } from '#app/features/work/work-table.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { Visibility } from '#app/ui/badge.tsx'
import { SubmitButton } from '#app/ui/button.tsx'
import { TextField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, PageHeader, Section } from '#app/ui/layout.tsx'
import { Time } from '#app/ui/time.tsx'
import { listJudgedVersions } from '#db/queries/evaluations.ts'
import { listDeliverables } from '#db/queries/deliverables.ts'
import { findTimer, listWork, sumWork } from '#db/queries/work.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Work · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, actor, now, url }) => ({
  engagementId,
  loggedId: url.searchParams.get('logged'),
  now,
  zone: actor.timeZone,
  refusal: logWorkRefusal(standing)?.reason ?? null,
  totals: await sumWork(tx, engagementId),
  entries: (await listWork(tx, engagementId)).map(({ personId, ...entry }) => ({
    ...entry,
    correctTo: personId === actor.personId && entry.minutes !== null ? paths.workEntry(engagementId, entry.id) : null,
  })),
  timer: await findTimer(tx, actor.personId),
  targets: [
    ...(await listJudgedVersions(tx, engagementId)).map(({ key, content }) => ({ key, name: content.name })),
    ...(await listDeliverables(tx, engagementId)).map(({ key, title }) => ({ key, name: title })),
  ].sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true })),
}))

export const action = engagementAction(WorkForm, async ({ ctx, engagementId, form }) => {
  const loggedId = await logWork(ctx, { engagementId, line: form.line })
  return redirect(`${paths.work(engagementId)}?logged=${loggedId}`)
})

export default function Work() {
  const { engagementId, loggedId, now, zone, refusal, totals, entries, timer, targets } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  const total = totals.onCriteria + totals.onDeliverables + totals.offScope
  return (
    <>
      <PageHeader
        title="Where did the time go?"
        badge={<Visibility sharedWith="team" />}
        verdict={
          total === 0
            ? 'No work is logged yet.'
            : `${durationWords(total)} in all: ${durationWords(totals.onCriteria)} on criteria, ${durationWords(totals.onDeliverables)} on deliverables, ${durationWords(totals.offScope)} off scope.`
        }
      />
      {totals.offScope === 0 ? null : (
        <Callout tone="risk">
          Off scope {durationWords(totals.offScope)}: time that names no criterion and no deliverable. Name one with #,
          as in “2h leakage fix #C1”.
        </Callout>
      )}
      <div className="grid gap-x-8 lg:grid-cols-2">
        <Section title="Log work in one line">
          {loggedId === null || problem !== null ? null : (
            <p role="status" className="mb-3 font-semibold text-met">
              Logged.
            </p>
          )}
          <PostForm key={loggedId} state={problem}>
            <TextField
              name="line"
              label="What did you do?"
              placeholder="1h30 leakage fix #C1"
              hint={
                targets.length === 0
                  ? 'Begin with how long it took.'
                  : `Begin with how long it took; name one of ${targets.map((target) => `#${target.key} ${target.name}`).join(', ')}.`
              }
            />
            <SubmitButton disabledReason={refusal}>Log it</SubmitButton>
          </PostForm>
        </Section>
        <Section title="Or run a timer">
          {timer === null ? (
            <Form method="post" action={paths.timer(engagementId)} className="max-w-2xl">
              <input type="hidden" name="verb" value="start" />
              <TextField name="note" label="What are you doing?" placeholder="leakage fix #C1" optional />
              <SubmitButton disabledReason={refusal}>Start the timer</SubmitButton>
            </Form>
          ) : (
            <Form method="post" action={paths.timer(engagementId)} className="max-w-2xl">
              <input type="hidden" name="verb" value="stop" />
              <p className="mb-3">
                Runs since <Time at={timer.startedAt} now={now} zone={zone} /> for{' '}
                <Link to={paths.work(timer.engagementId)}>{timer.engagementName}</Link>.
              </p>
              <TextField name="note" label="What was it for?" defaultValue={timer.note} optional />
              <SubmitButton>Stop and log</SubmitButton>
            </Form>
          )}
        </Section>
      </div>
      <Section title="Entries" aside={<Link to={paths.deliverables(engagementId)}>Deliverables</Link>}>
        <WorkTable entries={entries} csv={paths.workCsv(engagementId)} zone={zone} />
      </Section>
    </>
  )
}

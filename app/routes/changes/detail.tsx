import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Form, Link, useActionData, useLoaderData } from '@remix-run/react'
import { z } from 'zod'
import { draftChange } from '#app/commands/changes.ts'
import { draftHash } from '#app/commands/drafts.ts'
import {
  CHANGE_STATE_WORDS,
  ChangeForm,
  changeRefusal,
  changeRows,
  mayReadChange,
  withdrawChangeRefusal,
} from '#app/domain/change.ts'
import { isTeam } from '#app/domain/engagement.ts'
import { found } from '#app/domain/errors.ts'
import { isId, toId } from '#app/domain/ids.ts'
import { startedFromHash } from '#app/domain/text.ts'
import { ChangeFields } from '#app/features/changes/change-fields.tsx'
import { Threads } from '#app/features/threads.tsx'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { Badge } from '#app/ui/badge.tsx'
import { LinkButton, SubmitButton } from '#app/ui/button.tsx'
import { HiddenField, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { Callout, Definitions, PageHeader, Section } from '#app/ui/layout.tsx'
import { getChange } from '#db/queries/changes.ts'
import { listThreads } from '#db/queries/comments.ts'
import { listSignOffs } from '#db/queries/sign-offs.ts'

export const handle = { policy: 'engagement' }
export const meta: MetaFunction = () => [{ title: 'Change · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params, actor }) => {
  const asked = params['changeId'] ?? ''
  const refusal = changeRefusal(standing)
  const change = await getChange(tx, engagementId, found(isId(asked) ? asked : null, 'This change'))
  found(mayReadChange(standing, change.state) ? change : null, 'This change')
  const signOffs = await listSignOffs(tx, engagementId)
  return {
    engagementId,
    zone: actor.timeZone,
    threads: await listThreads(tx, engagementId, change.id, isTeam(standing)),
    change,
    startedFrom: draftHash(change.content),
    rows: changeRows(change.content),
    signOffId: signOffs.find((signOff) => signOff.subjectId === change.id && signOff.state !== 'voided')?.id ?? null,
    refusal: refusal?.reason ?? null,
    mayWithdraw:
      withdrawChangeRefusal(standing, {
        state: change.state,
        wasProposed: signOffs.some(({ subjectId }) => subjectId === change.id),
      }) === null,
  }
})

const ReworkedForm = z.intersection(ChangeForm, z.object({ startedFrom: startedFromHash }))

export const action = engagementAction(ReworkedForm, async ({ ctx, engagementId, params, form }) => {
  const changeId: string = toId(params['changeId'])
  const { startedFrom, ...content } = form
  await draftChange(ctx, { engagementId, changeId, content, startedFrom })
  return redirect(paths.change(engagementId, changeId))
})

export default function Change() {
  const { engagementId, zone, threads, change, startedFrom, rows, signOffId, refusal, mayWithdraw } =
    useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Scope', to: paths.scope(engagementId) }]}
        title={`Change ${String(change.number)}: ${change.content.title}`}
        badge={
          <Badge tone={change.state === 'applied' ? 'met' : change.state === 'proposed' ? 'accent' : 'unknown'}>
            {CHANGE_STATE_WORDS[change.state]}
          </Badge>
        }
        action={
          <>
            {change.state === 'draft' ? (
              <Form method="post" action={paths.proposeChange(engagementId, change.id)}>
                <SubmitButton disabledReason={refusal}>Propose it to the client</SubmitButton>
              </Form>
            ) : null}
            {mayWithdraw ? (
              <LinkButton to={paths.withdrawChange(engagementId, change.id)} look="danger">
                Withdraw
              </LinkButton>
            ) : null}
          </>
        }
      />
      {change.state === 'withdrawn' ? <Callout>It was withdrawn. {change.withdrawnReason}</Callout> : null}
      <Section title="What changes">
        <Definitions rows={rows} />
        {signOffId === null ? null : (
          <p className="mt-3">
            <Link to={paths.signOff(engagementId, signOffId)}>Read and decide, or read the decision</Link>
          </p>
        )}
      </Section>
      {change.state !== 'draft' ? null : (
        <Section title="Write it anew">
          <PostForm state={problem}>
            <HiddenField name="startedFrom" value={startedFrom} />
            <ChangeFields content={change.content} />
            <SubmitButton look="plain" disabledReason={refusal}>
              Save the draft
            </SubmitButton>
          </PostForm>
        </Section>
      )}
      <Threads threads={threads} writeTo={paths.comment(engagementId, 'change', change.id)} zone={zone} />
    </>
  )
}

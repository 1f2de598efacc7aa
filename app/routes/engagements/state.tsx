import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { moveEngagement, MoveForm } from '#app/commands/engagements.ts'
import { ENGAGEMENT_STATES, moveRefusal } from '#app/domain/engagement.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { RadioGroup, problemOf } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'State of the engagement · Throughline' }]

export const loader = engagementLoader(({ engagement, engagementId, standing }) => {
  const reachable = ENGAGEMENT_STATES.filter(
    (to) => to !== 'readiness' && moveRefusal(standing, engagement.state, to) === null,
  )
  const refusal = reachable.length === 0 ? (moveRefusal(standing, engagement.state, 'paused')?.reason ?? null) : null
  return Promise.resolve({ engagementId, state: engagement.state, reachable, refusal })
})

export const action = engagementAction(MoveForm, async ({ ctx, engagementId, form }) => {
  await moveEngagement(ctx, { engagementId, to: form.to })
  return redirect(paths.engagement(engagementId))
})

export default function EngagementState() {
  const { engagementId, state, reachable, refusal } = useLoaderData<typeof loader>()
  const problem = problemOf(useActionData<typeof action>())
  return (
    <>
      <PageHeader
        title="Where is this engagement?"
        verdict={
          <>
            It is {state}. It becomes active by itself when the problem and a criterion are signed, and goes into
            operation when its <Link to={paths.handover(engagementId)}>hand-over</Link> is.
          </>
        }
      />
      <PostForm state={problem}>
        {reachable.length === 0 ? null : (
          <RadioGroup name="to" label="Move it to" options={reachable.map((to) => ({ value: to, label: to }))} />
        )}
        <SubmitButton disabledReason={refusal}>Move</SubmitButton>
      </PostForm>
    </>
  )
}

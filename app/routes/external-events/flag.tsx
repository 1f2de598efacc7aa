import type { MetaFunction } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { resolveFlag } from '#app/commands/external-events.ts'
import { externalEventRefusal, ResolveFlagForm } from '#app/domain/external-event.ts'
import { toId } from '#app/domain/ids.ts'
import { paths } from '#app/paths.ts'
import { engagementAction, engagementLoader } from '#app/server/page.server.ts'
import { SubmitButton } from '#app/ui/button.tsx'
import { problemOf, TextArea } from '#app/ui/field.tsx'
import { PostForm } from '#app/ui/form-page.tsx'
import { PageHeader } from '#app/ui/layout.tsx'
import { getFlag } from '#db/queries/external-events.ts'

export const handle = { policy: 'team' }
export const meta: MetaFunction = () => [{ title: 'Decide on an endpoint · Throughline' }]

export const loader = engagementLoader(async ({ tx, engagementId, standing, params }) => {
  const flag = await getFlag(tx, engagementId, toId(params['flagId']))
  const done = flag.resolvedAt === null ? null : { reason: 'This was decided already.' }
  return { engagementId, flag, refusal: (externalEventRefusal(standing) ?? done)?.reason ?? null }
})

export const action = engagementAction(ResolveFlagForm, async ({ ctx, engagementId, params, form }) => {
  const { eventId } = await resolveFlag(ctx, { engagementId, flagId: toId(params['flagId']), reason: form.reason })
  return redirect(paths.externalEvent(engagementId, eventId))
})

export default function ResolveFlag() {
  const { engagementId, flag, refusal } = useLoaderData<typeof loader>()
  return (
    <>
      <PageHeader
        crumbs={[{ label: flag.eventTitle, to: paths.externalEvent(engagementId, flag.eventId) }]}
        title={`Does the endpoint ${flag.slug} go on?`}
        verdict="The reason stays on the record, and the flag is taken away."
      />
      <p className="prose-width mb-4">
        If it must not go on, roll it back or replace it on{' '}
        <Link to={paths.endpoint(engagementId, flag.endpointId)}>its page</Link> first.
      </p>
      <PostForm state={problemOf(useActionData<typeof action>())}>
        <TextArea name="reason" label="Why it may go on" rows={3} />
        <SubmitButton disabledReason={refusal}>It goes on</SubmitButton>
      </PostForm>
    </>
  )
}
